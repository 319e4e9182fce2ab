//! Mentions as rows of a table.

use super::Cell;
use super::column::{Column, Kind, column};
use crate::matcher::{Field, Tag};
use crate::mention::Mention;

/// The columns of mentions: one row a mention. New ones come at the end.
#[rustfmt::skip]
pub const MENTION_COLUMNS: &[Column] = &[
    column("id", Kind::Whole, "Number of the mention in this data directory", "Numéro de la mention dans ce dossier de données"),
    column("brand", Kind::Text, "The brand it is about: the name of its file", "La marque concernée : le nom de son fichier"),
    column("network", Kind::Text, "The network the post stands on", "Le réseau où se trouve le message"),
    column("native_id", Kind::Text, "The network's own identifier of the post", "L'identifiant du message sur son réseau"),
    column("kind", Kind::Text, "Kind of contribution: post, reply, repost, quote, comment, article, question, answer, issue, video, review", "Type de contribution : post, reply (réponse), repost (partage), quote (citation), comment (commentaire), article, question, answer, issue (ticket), video, review (avis)"),
    column("lang", Kind::Text, "Language of the text as settled; empty where nobody can say", "Langue retenue du texte ; vide si nul ne peut le dire"),
    column("author_id", Kind::Text, "The network's own identifier of the author", "L'identifiant de l'auteur sur son réseau"),
    column("author_handle", Kind::Text, "Name the author uses on the network", "Nom d'usage de l'auteur sur le réseau"),
    column("author_name", Kind::Text, "Name shown to readers", "Nom affiché aux lecteurs"),
    column("title", Kind::Text, "Title, where the network has titles", "Titre, là où le réseau en a"),
    column("text", Kind::Text, "The text; empty where the network's terms let no text go further", "Le texte ; vide si les conditions du réseau interdisent de le transmettre"),
    column("keywords", Kind::Text, "Keywords found", "Mots clés trouvés"),
    column("tags", Kind::Text, "Where each stands: field, first and last byte, keyword", "Leur place : champ, premier et dernier octet, mot clé"),
    column("permalink", Kind::Link, "Address a person can open", "Adresse à ouvrir"),
    column("published", Kind::Moment, "When the network says it was published", "Date de publication selon le réseau"),
    column("edited", Kind::Moment, "When it was last changed", "Date de la dernière modification"),
    column("seen", Kind::Moment, "When Vigie saw it", "Date à laquelle Vigie l'a vu"),
    column("matched", Kind::Moment, "When it was recognised", "Date à laquelle il a été reconnu"),
    column("counted", Kind::Moment, "The moment that decides in which period it counts", "Le moment qui décide de la période où il compte"),
    column("reactions", Kind::Whole, "All reactions the network gives, views aside, added up", "Toutes les réactions données par le réseau, hors vues, additionnées"),
    column("source", Kind::Text, "The source that brought it", "La source qui l'a apporté"),
    column("example", Kind::Flag, "Whether it comes from the shipped example and not from the world", "S'il vient de l'exemple livré et non du monde réel"),
    column("version", Kind::Text, "Version of the brand's query that decided", "Version de la requête de la marque qui a décidé"),
    column("trace", Kind::Text, "The part of the query that held", "La partie de la requête qui est vraie"),
    column("declared_lang", Kind::Text, "Language that the network declares", "Langue déclarée par le réseau"),
    column("relevance", Kind::Real, "How sure it is that the post is about the brand, 0 to 1", "Certitude que le message concerne la marque, de 0 à 1"),
    column("relevance_rule", Kind::Text, "The rule that gave it", "La règle qui l'a donnée"),
    column("doubtful", Kind::Flag, "Whether that is under the brand's threshold: such mentions count nowhere", "Si elle est sous le seuil de la marque : une telle mention ne compte nulle part"),
    column("sentiment", Kind::Text, "positive, neutral or negative; empty where nothing of it is understood", "positive (favorable), neutral (neutre) ou negative (défavorable) ; vide si rien n'est compris"),
    column("summary", Kind::Text, "A summary beside the text", "Un résumé à côté du texte"),
    column("likes", Kind::Whole, "Likes, favourites, upvotes", "Mentions j'aime, favoris, votes"),
    column("reposts", Kind::Whole, "Times passed on", "Nombre de partages"),
    column("replies", Kind::Whole, "Answers or comments", "Réponses ou commentaires"),
    column("quotes", Kind::Whole, "Times quoted", "Nombre de citations"),
    column("score", Kind::Whole, "Points: up minus down votes", "Points : votes pour moins votes contre"),
    column("views", Kind::Whole, "Views", "Vues"),
    column("rating", Kind::Whole, "Rating of a review, one to five", "Note d'un avis, de un à cinq"),
    column("reply_to", Kind::Text, "Native id of the post it answers", "Identifiant du message auquel il répond"),
    column("hashtags", Kind::Text, "Its hashtags, without the sign", "Ses mots-dièse, sans le signe"),
    column("links", Kind::Text, "Targets of its links", "Cibles de ses liens"),
    column("author_url", Kind::Link, "Address of the author's profile", "Adresse du profil de l'auteur"),
    column("followers", Kind::Whole, "Followers of the author", "Abonnés de l'auteur"),
    column("country", Kind::Text, "Country that the network states, or else the region of the declared language: two letters; empty where neither is", "Pays indiqué par le réseau ou, à défaut, région de la langue déclarée : deux lettres ; vide si ni l'un ni l'autre"),
    column("topics", Kind::Text, "Topics of the configuration that it is about", "Thèmes de la configuration qu'il aborde"),
    column("story", Kind::Text, "The story it tells: network and native id of the post that told it first; copies of one text have the same", "L'histoire : réseau et identifiant du message qui l'a publiée en premier ; les copies d'un texte ont la même"),
];

/// The row of a mention that is about `topics`.
pub fn mention_row<'a>(mention: &'a Mention, topics: &[&str]) -> Vec<Cell<'a>> {
    let post = &mention.post;
    let author = post.author.as_ref();
    let counts = &post.counts;
    let list = |words: &[String]| match words {
        [] => Cell::Empty,
        words => Cell::Text(words.join(" ").into()),
    };
    vec![
        Cell::Whole(mention.id),
        Cell::text(Some(&mention.brand.0)),
        Cell::text(Some(post.network.as_str())),
        Cell::text(Some(&post.native_id)),
        Cell::word(post.kind.as_str()),
        Cell::text(mention.lang.as_deref()),
        Cell::text(author.map(|author| author.native_id.as_str())),
        Cell::text(author.and_then(|author| author.handle.as_deref())),
        Cell::text(author.and_then(|author| author.display_name.as_deref())),
        Cell::text(post.title.as_deref()),
        Cell::text(Some(&post.text)),
        Cell::Text(keywords(&mention.tags).into()),
        Cell::Text(tags(&mention.tags).into()),
        Cell::link(post.permalink.as_deref()),
        Cell::moment(post.published),
        Cell::moment(post.edited),
        Cell::Moment(mention.seen),
        Cell::Moment(mention.matched),
        Cell::Moment(mention.counted),
        Cell::whole((!counts.is_empty()).then(|| counts.reactions())),
        Cell::text(Some(&mention.source)),
        Cell::Flag(mention.example),
        Cell::word(mention.version.as_str()),
        Cell::text(Some(mention.trace.as_str()).filter(|trace| !trace.is_empty())),
        Cell::text(post.lang.as_deref()),
        Cell::Real(mention.relevance.share()),
        Cell::word(mention.relevance.rule.as_str()),
        Cell::Flag(mention.doubtful),
        mention.sentiment.map_or(Cell::Empty, |sentiment| Cell::word(sentiment.word())),
        Cell::text(post.summary.as_deref()),
        Cell::whole(counts.likes),
        Cell::whole(counts.reposts),
        Cell::whole(counts.replies),
        Cell::whole(counts.quotes),
        Cell::whole(counts.score),
        Cell::whole(counts.views),
        Cell::whole(post.rating),
        Cell::text(post.reply_to.as_deref()),
        list(&post.hashtags),
        list(&post.links),
        Cell::link(author.and_then(|author| author.url.as_deref())),
        Cell::whole(author.and_then(|author| author.followers)),
        post.stated_country().map_or(Cell::Empty, |country| Cell::Text(country.into())),
        if topics.is_empty() { Cell::Empty } else { Cell::Text(topics.join("; ").into()) },
        Cell::Text(mention.told_first().into()),
    ]
}

fn keywords(tags: &[Tag]) -> String {
    let mut found: Vec<&str> = Vec::new();
    for tag in tags {
        if !found.contains(&tag.keyword.as_str()) {
            found.push(&tag.keyword);
        }
    }
    found.join("; ")
}

fn tags(tags: &[Tag]) -> String {
    let field = |field| match field {
        Field::Title => "title",
        Field::Text => "text",
        Field::Summary => "summary",
        Field::Alt => "alt",
    };
    let all: Vec<String> = tags
        .iter()
        .map(|tag| format!("{} {}-{} {}", field(tag.field), tag.start, tag.end, tag.keyword))
        .collect();
    all.join("; ")
}
