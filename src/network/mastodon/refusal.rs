//! What a refusal of a Mastodon server means.

use super::NAME;
use crate::network::{Answer, ReadError, Trouble, json, status};

/// The error of an answer with a status of 400 and more. `token`: it was asked with one.
pub(super) fn of(answer: &Answer, token: bool) -> Option<ReadError> {
    if answer.status < 400 {
        return None;
    }
    let body = json::parse(&NAME, "posts", &answer.body).ok();
    let said = body.as_ref().and_then(|body| json::text(body, "error")).map(json::few_words);
    let user = said.as_ref().is_some_and(|said| {
        ["token", "authenticated user"].iter().any(|word| said.to_lowercase().contains(word))
    });
    let trouble = status::trouble(answer);
    let words = said.unwrap_or_else(|| format!("status {}", answer.status));
    if matches!(trouble, Some(Trouble::Auth)) || (user && trouble != Some(Trouble::Rate)) {
        if token {
            return Some(ReadError::refusal(&NAME, Trouble::Auth, format!("the server says \"{words}\"")));
        }
        let detail = format!(
            "the server shows this only to people with an account there: set the secret `token`, or choose another `base_url` (it says \"{words}\")"
        );
        return Some(ReadError::refusal(&NAME, Trouble::NotApproved, detail));
    }
    if trouble == Some(Trouble::BlockPage) {
        let detail = "a web page came instead of JSON: a block page, a bot check or a wrong address";
        return Some(ReadError { trouble: Trouble::BlockPage, ..ReadError::new(&NAME, "posts", detail) });
    }
    let detail = format!("the server answers \"{words}\"");
    let error = match trouble {
        Some(trouble) => ReadError::refusal(&NAME, trouble, detail),
        None => ReadError::new(&NAME, "posts", detail),
    };
    Some(error.until(matches!(answer.status, 429 | 503).then(|| status::until(answer)).flatten()))
}
