//! Who wrote it: the names, addresses and mail addresses that feeds write in many forms.

use super::element::Element;
use super::entry::{Person, resolve};
use super::markup;
use super::space::Space;
use super::xml::Around;
use crate::network::clean;

/// Elements that name the author of an entry, most exact first.
pub(super) const AUTHORS: &[(Space, &str)] = &[
    (Space::Core, "author"),
    (Space::Dublin, "creator"),
    (Space::Dublin, "author"),
    (Space::Itunes, "author"),
];
/// Elements that name the author of a feed.
pub(super) const FEED_AUTHORS: &[(Space, &str)] = &[
    (Space::Core, "author"),
    (Space::Dublin, "creator"),
    (Space::Dublin, "author"),
    (Space::Core, "managingeditor"),
    (Space::Itunes, "author"),
];

/// Longest name kept.
const NAME: usize = 200;

/// Most people kept beside the first.
const OTHERS: usize = 20;

/// The first person that one of these elements names, and the others named in the same way; somebody known by a mail
/// address only is the last choice.
pub(super) fn people_of(
    element: &Element,
    names: &[(Space, &'static str)],
    around: &Around<'_>,
) -> Option<(Person, Vec<Person>)> {
    let all = |(space, name): &(Space, &'static str)| -> Vec<Person> {
        element.all(*space, name).filter_map(|one| person(one, around)).collect()
    };
    let named = |person: &Person| person.name.as_deref().is_some_and(|name| !is_mail(name));
    // elements of other names tell of the same people once more
    let groups: Vec<Vec<Person>> = names.iter().map(all).filter(|group| !group.is_empty()).collect();
    let mut group = groups.iter().find(|group| group.iter().any(named)).or(groups.first())?.clone();
    let first = group.remove(group.iter().position(named).unwrap_or(0));
    let mut others: Vec<Person> = Vec::new();
    for other in group {
        if other != first && !others.contains(&other) && others.len() < OTHERS {
            others.push(other);
        }
    }
    Some((first, others))
}

fn person(element: &Element, around: &Around<'_>) -> Option<Person> {
    let part = |names: &[&'static str]| {
        names.iter().find_map(|name| element.words(Space::Core, name)).map(str::to_owned)
    };
    let uri = part(&["uri", "url", "homepage"]).or_else(|| {
        // blogs of old wrote it so
        let resource = element.attribute("rdf:resource")?;
        Some(resource.to_owned())
    });
    let uri = uri.and_then(|uri| resolve(around.base(element), &uri));
    let whole = part(&["name"]).or_else(|| part(&["email"])).or_else(|| {
        let text = if element.markup { crate::html::to_text(&element.text) } else { element.text.clone() };
        Some(text).filter(|text| !text.trim().is_empty())
    });
    Person::known(whole.as_deref().and_then(name_in), uri)
}

fn is_mail(part: &str) -> bool {
    part.contains('@') && !part.trim().contains(' ') && !part.trim().starts_with('@')
}

/// The name in `mail (Name)`, `Name (mail)`, `Name <mail>` or plain words; the mail address if it is all.
fn name_in(raw: &str) -> Option<String> {
    let raw = if markup::is_likely(raw) { crate::html::to_text(raw) } else { raw.to_owned() };
    let raw = clean::some_line(&raw, NAME)?;
    for (open, close) in [('(', ')'), ('<', '>'), ('[', ']')] {
        let Some((outside, inside)) = raw.split_once(open) else { continue };
        let inside = inside.trim_end().trim_end_matches(close).trim();
        let outside = outside.trim().trim_matches(['"', '\'']).trim();
        if is_mail(outside) && !inside.is_empty() {
            return Some(inside.to_owned());
        }
        if is_mail(inside) && !outside.is_empty() {
            return Some(outside.to_owned());
        }
    }
    let (mails, words): (Vec<&str>, Vec<&str>) = raw.split(' ').partition(|word| is_mail(word));
    let words = words.join(" ");
    let words = words.trim_matches([',', ';', '-', ' ']);
    let says = words.chars().any(char::is_alphanumeric);
    let mail = mails.first().map(|mail| mail.trim_start_matches("mailto:"));
    Some(mail.filter(|_| !says).unwrap_or(words).to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_among_mail_addresses() {
        for (raw, expected) in [
            ("ana@velora.example (Ana Brume)", "Ana Brume"),
            ("Ana Brume (ana@velora.example)", "Ana Brume"),
            ("\"Ana Brume\" <ana@velora.example>", "Ana Brume"),
            ("ana@velora.example Ana Brume", "Ana Brume"),
            ("ana@velora.example", "ana@velora.example"),
            ("mailto:ana@velora.example", "ana@velora.example"),
            ("Ana &amp; Léo", "Ana & Léo"),
            ("@ana Ana Brume", "@ana Ana Brume"),
            ("Ana (Paris)", "Ana (Paris)"),
            ("ana@velora.example ()", "ana@velora.example"),
        ] {
            assert_eq!(name_in(raw).as_deref(), Some(expected), "{raw}");
        }
        assert_eq!(name_in("  "), None);
    }
}
