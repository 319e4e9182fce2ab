//! GraphQL: the questions asked of it, and what its answers hold.

use serde_json::Value;

use super::item;
use crate::network::Page;
use crate::network::json::{id, list, text, time};

/// Discussions by words, a page at a time.
pub(super) const SEARCH: &str = "query($words: String!, $after: String) { \
    search(type: DISCUSSION, query: $words, first: 100, after: $after) { \
    pageInfo { hasNextPage endCursor } nodes { __typename ... on Discussion { id url title body createdAt \
    lastEditedAt upvoteCount author { __typename login url avatarUrl ... on User { databaseId } \
    ... on Bot { databaseId } ... on Organization { databaseId } } comments { totalCount } \
    reactions { totalCount } labels(first: 20) { nodes { name } } } } } }";

/// Posts by their ids, once more. Those that are gone come as `null`.
pub(super) const AGAIN: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename \
    ... on Issue { id url title body createdAt lastEditedAt author { ...who } comments { totalCount } \
    reactions { totalCount } labels(first: 20) { nodes { name } } } \
    ... on PullRequest { id url title body createdAt lastEditedAt author { ...who } comments { totalCount } \
    reactions { totalCount } labels(first: 20) { nodes { name } } } \
    ... on Discussion { id url title body createdAt lastEditedAt upvoteCount author { ...who } \
    comments { totalCount } reactions { totalCount } labels(first: 20) { nodes { name } } } \
    ... on IssueComment { id url body createdAt lastEditedAt author { ...who } reactions { totalCount } } \
    ... on Release { id url name tagName description createdAt publishedAt author { ...who } } } } \
    fragment who on Actor { __typename login url avatarUrl ... on User { databaseId } ... on Bot { databaseId } \
    ... on Organization { databaseId } }";

/// Takes in everything below `data`; tells the times of what was found, when it is a list.
pub(super) fn read(data: &Value, page: &mut Page) -> Option<Vec<i64>> {
    let nodes = match data.get("search") {
        Some(search) => list(search, "nodes"),
        None => list(data, "nodes"),
    };
    let single = data.get("node").filter(|node| node.is_object());
    let mut times = Vec::new();
    for node in nodes.iter().chain(single) {
        if let Some(post) = item::of_graph(node) {
            times.extend(time(node, "createdAt").map(|time| time.0.div_euclid(1000)));
            page.posts.push(post);
        }
    }
    ["search", "nodes"].iter().any(|key| data.get(*key).is_some()).then_some(times)
}

/// The place of the next page.
pub(super) fn place(value: &Value) -> Option<String> {
    let info = value.get("data")?.get("search")?.get("pageInfo")?;
    (info.get("hasNextPage")?.as_bool()?).then(|| id(info, "endCursor")).flatten()
}

/// Whether it is the place in the pages that is refused.
pub(super) fn refuses_place(value: &Value) -> bool {
    list(value, "errors").iter().any(|error| {
        let kind = text(error, "type").unwrap_or_default();
        let words = text(error, "message").unwrap_or_default().to_lowercase();
        kind == "INVALID_CURSOR_ARGUMENTS" || words.contains("cursor") || words.contains("`after`")
    })
}
