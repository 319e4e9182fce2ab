//! What a Reddit source follows, and the address of each as a feed and in the API.

use crate::network::BuildError;

/// Subreddits joined in one address: it stays below 2,000 characters.
const JOINED: usize = 50;

/// One thing that is followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// New posts of subreddits, joined by `+`.
    Posts(String),
    /// New comments of the same.
    Comments(String),
    /// Posts that a search finds.
    Search(String),
    /// What a person writes.
    Person(String),
}

/// The things that a section names.
pub(super) fn targets(
    subreddits: &[String],
    comments: bool,
    searches: &[String],
    users: &[String],
) -> Result<Vec<Target>, BuildError> {
    let fault = |key: &str, reason: String| BuildError { key: key.to_owned(), reason };
    let mut names: Vec<String> = Vec::new();
    for subreddit in subreddits {
        let plain = subreddit.trim().trim_matches('/');
        let plain = plain.strip_prefix("r/").unwrap_or(plain);
        // several may be joined already
        for name in plain.split('+') {
            let fits = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '-' | '.' | ':');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(fault("subreddits", format!("`{subreddit}` is not the name of a subreddit")));
            }
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
    }
    let mut targets: Vec<Target> = Vec::new();
    for joined in names.chunks(JOINED).map(|some| some.join("+")) {
        if comments {
            targets.push(Target::Comments(joined.clone()));
        }
        targets.push(Target::Posts(joined));
    }
    for words in searches {
        let words = words.trim();
        if words.is_empty() || words.chars().count() > 512 {
            return Err(fault("searches", "a search has 1 to 512 characters".to_owned()));
        }
        targets.push(Target::Search(words.to_owned()));
    }
    for user in users {
        let name = person(user).ok_or_else(|| fault("users", format!("`{user}` is no name on Reddit")))?;
        targets.push(Target::Person(name));
    }
    let mut keys: Vec<String> = Vec::new();
    targets.retain(|target| {
        let key = target.key();
        let new = !keys.contains(&key);
        keys.extend(new.then_some(key));
        new
    });
    Ok(targets)
}

/// The name of a person without what people write before it.
pub(super) fn person(name: &str) -> Option<String> {
    let plain = name.trim().trim_matches('/');
    let plain = plain.strip_prefix("user/").or_else(|| plain.strip_prefix("u/")).unwrap_or(plain);
    let fits = |one: u8| one.is_ascii_alphanumeric() || matches!(one, b'_' | b'-');
    (!plain.is_empty() && plain.bytes().all(fits)).then(|| plain.to_owned())
}

impl Target {
    /// What the cursor knows it by.
    pub(super) fn key(&self) -> String {
        match self {
            Target::Posts(names) => format!("r:{names}"),
            Target::Comments(names) => format!("c:{names}"),
            Target::Search(words) => format!("q:{words}"),
            Target::Person(name) => format!("u:{name}"),
        }
    }

    /// What a person calls it.
    pub(super) fn shown(&self) -> String {
        match self {
            Target::Posts(names) => format!("r/{names}"),
            Target::Comments(names) => format!("r/{names}/comments"),
            Target::Search(words) => format!("the search \"{words}\""),
            Target::Person(name) => format!("u/{name}"),
        }
    }

    pub(super) fn feed_path(&self) -> String {
        match self {
            Target::Posts(names) => format!("/r/{names}/new/.rss"),
            Target::Comments(names) => format!("/r/{names}/comments/.rss"),
            Target::Search(_) => "/search.rss".to_owned(),
            Target::Person(name) => format!("/user/{name}/.rss"),
        }
    }

    pub(super) fn api_path(&self) -> String {
        match self {
            Target::Posts(names) => format!("/r/{names}/new"),
            Target::Comments(names) => format!("/r/{names}/comments"),
            Target::Search(_) => "/search".to_owned(),
            Target::Person(name) => format!("/user/{name}/overview"),
        }
    }

    pub(super) fn params(&self) -> Vec<(&str, &str)> {
        let search = match self {
            Target::Search(words) => Some(("q", words.as_str())),
            Target::Posts(_) | Target::Comments(_) | Target::Person(_) => None,
        };
        let sorted = matches!(self, Target::Search(_) | Target::Person(_)).then_some(("sort", "new"));
        search.into_iter().chain(sorted).chain([("limit", "100")]).collect()
    }
}
