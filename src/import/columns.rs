//! Columns of other programs' files, and what each is here: found by their names, in English and French.

use std::fmt;

use crate::fold;

mod names;

use names::FIELDS;

/// What a column or key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The network's own identifier of the post.
    Id,
    /// The network.
    Network,
    /// An address that a person can open.
    Url,
    /// The title.
    Title,
    /// The text.
    Text,
    /// The text as HTML.
    Html,
    /// A summary.
    Summary,
    /// The language.
    Lang,
    /// The country that the network or the other program states.
    Country,
    /// When it was published.
    Published,
    /// The hour, where it stands apart from the day.
    Clock,
    /// When it was changed.
    Edited,
    /// What kind of contribution it is.
    Kind,
    /// Handle of the author.
    Author,
    /// Native id of the author.
    AuthorId,
    /// Name of the author as shown.
    AuthorName,
    /// What the author says of itself.
    AuthorBio,
    /// Address of the author's profile.
    AuthorUrl,
    /// Address of the author's picture.
    Avatar,
    /// The author's followers.
    Followers,
    /// Whether the network vouches for the author.
    Verified,
    /// Likes.
    Likes,
    /// Times passed on.
    Reposts,
    /// Answers.
    Replies,
    /// Times quoted.
    Quotes,
    /// Points.
    Score,
    /// All reactions in one figure.
    Reactions,
    /// Views.
    Views,
    /// The rating of a review, one to five.
    Rating,
    /// Hashtags.
    Hashtags,
    /// Links.
    Links,
    /// Addresses of pictures and videos.
    Media,
    /// The post that it answers.
    ReplyTo,
    /// Vigie's own: when it was seen.
    Seen,
    /// Vigie's own: the moment that decides its window.
    Counted,
}

impl Field {
    /// Its name in `--map`.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, ..)| *field == self).map_or("", |(_, name, _)| name)
    }

    /// The field of this name.
    pub fn named(name: &str) -> Option<Field> {
        FIELDS.iter().find(|(_, known, _)| *known == name).map(|(field, ..)| *field)
    }

    /// The names of all fields.
    pub fn names() -> Vec<&'static str> {
        FIELDS.iter().map(|(_, name, _)| *name).collect()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A column, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// What it holds; `None` when it is left out.
    pub field: Option<Field>,
    /// Its place among the columns of one field: a later one is looked at where those before are empty.
    pub rank: usize,
}

/// A name of a column brought to one form: `likeCount`, `Like_Count` and `LIKE COUNT` are `like count`.
pub(super) fn simple(name: &str) -> String {
    let mut spaced = String::new();
    let mut small = false;
    for c in name.chars() {
        if c.is_uppercase() && small {
            spaced.push(' ');
        }
        small = c.is_lowercase() || c.is_numeric();
        spaced.push(c);
    }
    let folded = fold::fold(&spaced);
    let words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// The field that a name stands for, and how sure that is: 0 is surest.
fn field(name: &str) -> Option<(Field, usize)> {
    // In an object `user`, `name` is not the name of the account.
    if name == "user.name" {
        return Some((Field::AuthorName, 0));
    }
    let simple = simple(name);
    FIELDS
        .iter()
        .find_map(|(field, _, names)| Some((*field, names.iter().position(|known| *known == simple)?)))
}

/// Whether these are the columns of Vigie's own export of mentions.
pub(super) fn is_own(names: &[String]) -> bool {
    ["brand", "native_id", "counted", "matched", "version"]
        .iter()
        .all(|own| names.iter().any(|name| name == own))
}

/// How many names are known.
pub(super) fn known(names: &[String]) -> usize {
    names.iter().filter(|name| field(name).is_some()).count()
}

/// What each column holds: as `map` says, else by its name. Of several columns for one field the surest comes
/// first, the others where it is empty.
pub(super) fn assign(names: &[String], map: &[(String, Option<Field>)]) -> Vec<Column> {
    let own = is_own(names);
    let said = |name: &str| map.iter().find(|(column, _)| is_column(column, name)).map(|(_, field)| *field);
    let found: Vec<Option<(Field, usize)>> = names
        .iter()
        .map(|name| match said(name) {
            Some(said) => said.map(|field| (field, 0)),
            // The number of a mention, in Vigie's own export.
            None if own && name == "id" => None,
            None if own && name == "seen" => Some((Field::Seen, 0)),
            None if own && name == "counted" => Some((Field::Counted, 0)),
            // Said for another column, it is not looked for.
            None => field(name).filter(|(field, _)| !map.iter().any(|(_, said)| *said == Some(*field))),
        })
        .collect();
    let rank = |at: usize, field: Field, sure: usize| {
        let others = found.iter().enumerate().filter_map(|(place, found)| found.map(|found| (place, found)));
        others.filter(|(place, (same, other))| *same == field && (*other, *place) < (sure, at)).count()
    };
    let column = |(at, name): (usize, &String)| {
        let found = found.get(at).copied().flatten();
        Column {
            name: name.clone(),
            field: found.map(|(field, _)| field),
            rank: found.map_or(0, |(field, sure)| rank(at, field, sure)),
        }
    };
    names.iter().enumerate().map(column).collect()
}

/// Whether `said` names this column, capitals, accents and signs aside.
pub(super) fn is_column(said: &str, name: &str) -> bool {
    said == name || (!simple(said).is_empty() && simple(said) == simple(name))
}

/// Whether most names are French, so that dates are day first.
pub(super) fn is_french(names: &[String]) -> bool {
    const FRENCH: &[&str] = &[
        "auteur",
        "texte",
        "titre",
        "lien",
        "langue",
        "pays",
        "code pays",
        "contenu",
        "date de publication",
        "publie le",
        "heure",
        "abonnes",
        "partages",
        "commentaires",
        "j aime",
        "reponses",
        "vues",
        "nom",
        "utilisateur",
        "reseau",
        "adresse",
        "resume",
        "extrait",
        "sujet",
        "compte",
        "identifiant",
        "date et heure",
        "portee",
        "sentiment auteur",
        "nom complet",
    ];
    let french = names.iter().filter(|name| FRENCH.contains(&simple(name).as_str())).count();
    french >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str], map: &[(&str, Option<Field>)]) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let map: Vec<_> = map.iter().map(|(column, field)| ((*column).to_owned(), *field)).collect();
        let columns = assign(&names, &map);
        let words = columns.iter().map(|column| match (column.field, column.rank) {
            (Some(field), 0) => field.name().to_owned(),
            (Some(field), rank) => format!("{field}{}", rank + 1),
            (None, _) => "-".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn usual_exports_are_understood() {
        for (names, expected) in [
            (
                &["Date", "Auteur", "Texte", "Lien", "J’aime", "Nombre de partages", "Portée"][..],
                "published author text url likes reposts -",
            ),
            (
                &[
                    "Query Id",
                    "Date",
                    "Title",
                    "Snippet",
                    "Url",
                    "Page Type",
                    "Language",
                    "Author",
                    "Full Name",
                    "Full Text",
                ],
                "- published title text2 url network lang author author_name text",
            ),
            (
                &[
                    "Date",
                    "Headline",
                    "URL",
                    "Opening Text",
                    "Hit Sentence",
                    "Influencer",
                    "Language",
                    "Views",
                ],
                "published title url text2 text author lang views",
            ),
            (
                &[
                    "tweet_id",
                    "created_at",
                    "full_text",
                    "user.screen_name",
                    "retweetCount",
                    "favorite_count",
                ],
                "id published text author reposts likes",
            ),
            (
                &["ID", "Date", "Hour", "Title", "Content", "URL", "Followers count"],
                "id published time title text url followers",
            ),
            (
                &["Post Created", "Message", "Page Name", "URL", "Total Interactions", "Likes", "Comments"],
                "published text author url reactions likes replies",
            ),
            (
                &["native_id", "brand", "counted", "matched", "version", "seen", "text"],
                "id - counted - - seen text",
            ),
            (&["Date", "Message", "Pays", "Code pays", "Langue"], "published text country2 country lang"),
            (&["created_at", "text", "place.country_code"], "published text country"),
            (&["seen", "text"], "- text"),
        ] {
            assert_eq!(shown(names, &[]), expected, "{names:?}");
        }
    }

    #[test]
    fn what_is_said_comes_first() {
        assert_eq!(
            shown(&["Date", "Message", "Verbatim"], &[("verbatim", Some(Field::Text))]),
            "published - text"
        );
        assert_eq!(shown(&["Date", "Message", "Score"], &[("SCORE", None)]), "published text -");
    }

    #[test]
    fn every_name_stands_for_one_field() {
        let mut all: Vec<&str> = FIELDS.iter().flat_map(|(_, _, names)| names.iter().copied()).collect();
        assert!(
            all.iter().all(|name| simple(name) == *name),
            "{:?}",
            all.iter().find(|name| simple(name) != **name)
        );
        all.sort_unstable();
        assert_eq!(all.windows(2).find(|pair| pair[0] == pair[1]), None);
    }
}
