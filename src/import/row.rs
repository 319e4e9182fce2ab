//! A row of named values becomes a post.

use sha2::{Digest as _, Sha256};

use super::columns::{Column, Field};
use super::dates::Dates;
use super::places;
use crate::export;
use crate::html;
use crate::network::Page;
use crate::network::clean;
use crate::post::{Author, Counts, Kind, Media, NetworkName, Post};
use crate::time::Time;

/// What one record of a file gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Posts, deletions, edits, accounts.
    pub page: Page,
    /// When it was seen, where the file is an export of Vigie.
    pub seen: Option<Time>,
    /// The moment that decides its window, where the file is an export of Vigie.
    pub counted: Option<Time>,
}

impl Item {
    pub(super) fn post(post: Post) -> Item {
        Item { page: Page { posts: vec![post], ..Page::default() }, ..Item::default() }
    }
}

/// How the rows of one file are read.
#[derive(Debug)]
pub(super) struct Rows {
    /// What each column holds.
    pub(super) columns: Vec<Column>,
    /// The network of rows that name none.
    pub(super) network: Option<String>,
    /// The dates.
    pub(super) dates: Dates,
    /// Whether a row may have no date.
    pub(super) undated: bool,
    /// Whether the file is Vigie's own table of mentions.
    pub(super) own: bool,
    /// Whether `&`, `<` and `>` stand as entities in texts that are no HTML, as X gives them.
    pub(super) entities: bool,
}

impl Rows {
    /// The post of a row; `None` when nothing is written in it.
    ///
    /// # Errors
    /// When the row cannot be taken as it is, with what to do.
    pub(super) fn read(&self, cells: &[impl AsRef<str>]) -> Result<Option<Item>, String> {
        let filled = |wanted: Field| {
            let all = self.columns.iter().zip(cells).filter(move |(column, _)| column.field == Some(wanted));
            let filled = all.map(|(column, cell)| (column.rank, self.bare(cell.as_ref()).trim()));
            filled.filter(|(_, text)| !text.is_empty())
        };
        let cell = |wanted: Field| -> Option<&str> {
            filled(wanted).min_by_key(|(rank, _)| *rank).map(|(_, text)| text)
        };
        // Of a code and a name the surest that is understood.
        let place = |wanted: Field, read: fn(&str) -> Option<String>| {
            let read = filled(wanted).filter_map(|(rank, text)| Some((rank, read(text)?)));
            read.min_by_key(|(rank, _)| *rank).map(|(_, place)| place)
        };
        let line = |field: Field| cell(field).and_then(|text| clean::some_line(text, clean::LINE));
        let (mut text, mut links) =
            (clean::text(cell(Field::Text).unwrap_or_default(), clean::TEXT), Vec::new());
        if self.entities {
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        }
        if let Some(markup) = cell(Field::Html).filter(|_| text.is_empty()) {
            let plain = html::read(markup);
            (text, links) = (clean::text(&plain.text, clean::TEXT), plain.links);
        }
        let title = line(Field::Title);
        if text.is_empty() && title.is_none() {
            return Ok(None);
        }
        let published = self.published(cell(Field::Published), cell(Field::Clock))?;
        let permalink = line(Field::Url);
        let network = cell(Field::Network)
            .and_then(places::network)
            .or_else(|| self.network.clone())
            .or_else(|| permalink.as_deref().and_then(places::network_of).map(str::to_owned))
            .unwrap_or_else(|| crate::store::doors::IMPORT.to_owned());
        let mut post = Post::new(name(&network), String::new());
        post.text = text;
        post.title = title;
        post.published = published;
        post.summary = cell(Field::Summary).map(|text| clean::text(text, clean::TEXT));
        post.lang = place(Field::Lang, places::language);
        post.country = place(Field::Country, if self.own { own_country } else { places::country });
        post.edited = cell(Field::Edited).and_then(|text| self.dates.read(text).ok());
        post.author = author(&line, cell(Field::Followers), cell(Field::Verified));
        post.counts = counts(&cell);
        post.rating = cell(Field::Rating)
            .and_then(count)
            .and_then(|stars| u8::try_from(stars).ok())
            .filter(|stars| (1..=5).contains(stars));
        post.kind = match cell(Field::Kind).and_then(places::kind) {
            Some(kind) => kind,
            None if post.rating.is_some() => Kind::Review,
            None => Kind::default(),
        };
        post.reply_to = line(Field::ReplyTo);
        if post.reply_to.is_some() && post.kind == Kind::Post {
            post.kind = Kind::Reply;
        }
        links.extend(addresses(cell(Field::Links).unwrap_or_default()));
        post.links = links;
        let media = addresses(cell(Field::Media).unwrap_or_default());
        post.media = media.map(|url| Media { url: Some(url), ..Media::default() }).collect();
        let tags = cell(Field::Hashtags).unwrap_or_default();
        let tags = tags
            .split([',', ';', ' ', '|', '[', ']', '"', '\''])
            .map(|tag| tag.trim().trim_start_matches('#'));
        post.hashtags =
            tags.filter(|tag| !tag.is_empty()).filter_map(|tag| clean::some_line(tag, 200)).collect();
        let id = line(Field::Id).filter(|id| !is_rounded(id));
        post.native_id = id.unwrap_or_else(|| made_id(&post, permalink.as_deref()));
        post.permalink = permalink.filter(|address| places::network_of(address).is_some());
        let moment = |field: Field| cell(field).and_then(Time::parse);
        Ok(Some(Item { seen: moment(Field::Seen), counted: moment(Field::Counted), ..Item::post(post) }))
    }

    /// A cell without the apostrophe that Vigie's export puts before what a spreadsheet would run.
    fn bare<'c>(&self, raw: &'c str) -> &'c str {
        match raw.strip_prefix('\'') {
            Some(rest) if self.own && export::safe(rest) == raw => rest,
            _ => raw,
        }
    }

    fn published(&self, day: Option<&str>, clock: Option<&str>) -> Result<Option<Time>, String> {
        let Some(day) = day else {
            return if self.undated {
                Ok(None)
            } else {
                Err("it has no date; --no-dates takes such rows and counts them now".to_owned())
            };
        };
        // The hour in a column of its own, unless the day has one already.
        let both = clock
            .filter(|_| !day.contains(':'))
            .and_then(|clock| self.dates.read(&format!("{day} {clock}")).ok());
        match both.map_or_else(|| self.dates.read(day), Ok) {
            Ok(time) => Ok(Some(time)),
            Err(_) if self.undated && !day.contains(|c: char| c.is_ascii_digit()) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// A country as Vigie's own tables write it.
fn own_country(said: &str) -> Option<String> {
    crate::locale::country(said).map(str::to_owned)
}

/// The name of a network, as the table of networks has it.
pub(super) fn name(network: &str) -> NetworkName {
    crate::network::spec(network)
        .map_or_else(|| NetworkName(network.to_owned().into()), |spec| NetworkName::known(spec.name))
}

fn author(
    line: &impl Fn(Field) -> Option<String>,
    followers: Option<&str>,
    verified: Option<&str>,
) -> Option<Author> {
    let said = line(Field::Author).map(|handle| handle.trim_start_matches('@').to_owned());
    // A handle has no spaces: what has some is a name.
    let (handle, spoken) = match said.filter(|said| !said.is_empty()) {
        Some(said) if said.contains(' ') => (None, Some(said)),
        other => (other, None),
    };
    let display_name = line(Field::AuthorName).or(spoken);
    let native_id = line(Field::AuthorId)
        .filter(|id| !is_rounded(id))
        .or_else(|| handle.clone())
        .or_else(|| display_name.clone())?;
    Some(Author {
        native_id,
        handle,
        display_name,
        bio: line(Field::AuthorBio),
        avatar: line(Field::Avatar),
        url: line(Field::AuthorUrl),
        followers: followers.and_then(count).and_then(|count| u64::try_from(count).ok()),
        verified: verified.and_then(flag),
        ..Author::default()
    })
}

fn counts<'c>(cell: &impl Fn(Field) -> Option<&'c str>) -> Counts {
    let figure = |field: Field| cell(field).and_then(count);
    let mut counts = Counts {
        likes: figure(Field::Likes),
        reposts: figure(Field::Reposts),
        replies: figure(Field::Replies),
        quotes: figure(Field::Quotes),
        score: figure(Field::Score),
        views: figure(Field::Views),
    };
    // A sum of all stands in only where nothing else is given: nothing counts twice.
    if counts.reactions() == 0 && counts.score.is_none() {
        counts.score = figure(Field::Reactions).filter(|sum| *sum != 0);
    }
    counts
}

/// A number as people and programs write it: `1234`, `1,234`, `1 234`, `1.2K`, `12.0`. None when it is none.
pub(super) fn count(text: &str) -> Option<i64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{202f}').collect();
    let (digits, thousands) = match text.strip_suffix(['k', 'K']) {
        Some(rest) => (rest, 1_000),
        None => text.strip_suffix(['m', 'M']).map_or((text.as_str(), 1), |rest| (rest, 1_000_000)),
    };
    let parts: Vec<&str> = digits.split([',', '.']).collect();
    let sound = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = parts.split_first()?;
    let sign = if first.starts_with('-') { -1 } else { 1 };
    let first = first.strip_prefix(['-', '+']).unwrap_or(first);
    if !sound(&first) || !rest.iter().all(sound) {
        return None;
    }
    let grouped = thousands == 1
        && !rest.is_empty()
        && rest.iter().all(|part| part.len() == 3)
        && first.len() <= 3
        && first != "0";
    let whole: i64 =
        if grouped { [&[first], rest].concat().concat() } else { first.to_owned() }.parse().ok()?;
    let value = match rest {
        [part] if !grouped => {
            let tenths: i64 = part.get(..1)?.parse().ok()?;
            whole.checked_mul(thousands)?.checked_add(tenths * (thousands / 10))?
        }
        [] => whole.checked_mul(thousands)?,
        _ if grouped => whole,
        _ => return None,
    };
    Some(sign * value)
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "oui" | "vrai" | "1" => Some(true),
        "false" | "no" | "non" | "faux" | "0" => Some(false),
        _ => None,
    }
}

/// Web addresses in a list, whatever stands between them.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '[' | ']' | '"' | '\''))
        .filter(|part| places::network_of(part).is_some())
        .map(str::to_owned)
}

/// Whether a spreadsheet has rounded an identifier, as in `1.23457E+18`: then it is nobody's any more.
pub(super) fn is_rounded(id: &str) -> bool {
    let Some((digits, power)) = id.split_once(['E', 'e']) else { return false };
    let figures = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
    };
    digits.contains(['.', ',']) && figures(digits) && power.strip_prefix('+').is_some_and(figures)
}

/// Makes the texts of a post that somebody pushed fit to be kept: bounded, without control signs.
pub(super) fn tidy(post: &mut Post) {
    let line = |text: &mut Option<String>| {
        *text = text.as_deref().and_then(|text| clean::some_line(text, clean::LINE))
    };
    post.text = clean::text(&post.text, clean::TEXT);
    post.html = None;
    post.summary = post.summary.as_deref().map(|text| clean::text(text, clean::TEXT));
    post.native_id = clean::line(&post.native_id, clean::LINE);
    post.network = NetworkName(clean::line(post.network.as_str(), 40).into());
    let post_lines = [
        &mut post.title,
        &mut post.permalink,
        &mut post.lang,
        &mut post.reply_to,
        &mut post.repost_of,
        &mut post.quote_of,
        &mut post.root,
    ];
    post_lines.into_iter().for_each(line);
    if let Some(author) = &mut post.author {
        author.native_id = clean::line(&author.native_id, clean::LINE);
        let lines = [
            &mut author.handle,
            &mut author.display_name,
            &mut author.bio,
            &mut author.avatar,
            &mut author.url,
        ];
        lines.into_iter().for_each(line);
    }
}

/// An identifier for a post that came without: the same for the same address, else for the same author, moment
/// and words.
pub(super) fn made_id(post: &Post, address: Option<&str>) -> String {
    let mut hash = Sha256::new();
    match address {
        Some(address) => {
            hash.update(b"address\0");
            hash.update(address.trim().as_bytes());
        }
        None => {
            let author = post.author.as_ref().map_or("", |author| &author.native_id);
            let moment = post.published.map(|time| time.0.to_string()).unwrap_or_default();
            for part in [author, &moment, post.title.as_deref().unwrap_or_default(), &post.text] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
        }
    }
    let short: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("made-{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1234", Some(1234)),
            ("1,234", Some(1234)),
            ("1 234", Some(1234)),
            ("1\u{202f}234\u{a0}567", Some(1_234_567)),
            ("1.234.567", Some(1_234_567)),
            ("12.0", Some(12)),
            ("1.2K", Some(1200)),
            ("1,2 k", Some(1200)),
            ("3M", Some(3_000_000)),
            ("-5", Some(-5)),
            ("0", Some(0)),
            ("0.000", Some(0)),
            ("", None),
            ("n/a", None),
            ("1-2", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }

    #[test]
    fn rounded_identifiers_are_nobodys() {
        assert_eq!(
            ["1.23457E+18", "1,23E+17", "12345", "3e8f", "ABE+1"].map(is_rounded),
            [true, true, false, false, false]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_cell_is_read(text in "\\PC{0,12}|[0-9.,kKmM -]{0,12}") {
            let _read = (count(&text), is_rounded(&text));
        }
    }
}
