//! The form in which each chat takes a message: JSON that says the same as the mail, in few words. What strangers wrote
//! can call nobody and mark nothing up.

use serde_json::{Value, json};

use super::alert::Brief;
use super::clean::short;
use crate::alert::Content;

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any program of your own, signed.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A webhook of a Discord channel.
    Discord,
    /// A workflow of Microsoft Teams, which takes an adaptive card.
    Teams,
    /// An incoming webhook of Mattermost.
    Mattermost,
    /// A topic of ntfy, or of a server with its API.
    Ntfy,
}

impl Form {
    /// Every one, with the word used in configuration.
    pub const ALL: &'static [(&'static str, Form)] = &[
        ("webhook", Form::Webhook),
        ("slack", Form::Slack),
        ("discord", Form::Discord),
        ("teams", Form::Teams),
        ("mattermost", Form::Mattermost),
        ("ntfy", Form::Ntfy),
    ];

    /// The word used in configuration.
    pub fn word(self) -> &'static str {
        Form::ALL.iter().find(|(_, form)| *form == self).map_or("", |(word, _)| word)
    }
}

/// The body to send: `id` is the same at every attempt.
pub fn body(form: Form, id: &str, content: &Content, brief: &Brief, urgent: bool) -> Vec<u8> {
    match form {
        Form::Webhook => webhook(id, content, brief),
        Form::Slack => slack(brief),
        Form::Discord => discord(brief),
        Form::Teams => teams(brief),
        Form::Mattermost => mattermost(brief),
        Form::Ntfy => ntfy(brief, urgent),
    }
    .to_string()
    .into_bytes()
}

fn webhook(id: &str, content: &Content, brief: &Brief) -> Value {
    let kind = content.on.word();
    json!({"type": format!("alert.{kind}"), "id": id, "timestamp": brief.written, "subject": brief.title, "data": content})
}

/// The beginning of a text, lines kept.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Slack reads `&`, `<` and `>` as its own, in plain text too.
fn slack_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn slack(brief: &Brief) -> Value {
    let plain =
        |text: &str, most: usize| json!({"type": "plain_text", "text": cut(text, most), "emoji": false});
    let mut blocks = vec![json!({"type": "header", "text": plain(&brief.title, 150)})];
    for part in &brief.parts {
        blocks
            .push(json!({"type": "section", "text": plain(&format!("{}\n{}", part.head, part.text), 2_900)}));
        if let Some(link) = &part.link {
            // an address with these signs would end the link early
            let link = link.replace('|', "%7C").replace('>', "%3E").replace('<', "%3C");
            blocks.push(
                json!({"type": "context", "elements": [{"type": "mrkdwn", "text": format!("<{link}>")}]}),
            );
        }
    }
    blocks.push(json!({"type": "context", "elements": [plain(&brief.footer, 1_000)]}));
    json!({"text": slack_text(&brief.title), "blocks": blocks, "unfurl_links": false, "unfurl_media": false})
}

/// Markdown in which nothing of a stranger is marked up, and nobody is called.
fn unmarked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '(' | ')' | '#' | '<' | '>' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // a sign without width behind it, so that no name is called
            '@' => out.push_str("@\u{200b}"),
            ':' => out.push_str(":\u{200b}"),
            c => out.push(c),
        }
    }
    out
}

fn discord(brief: &Brief) -> Value {
    let embeds: Vec<Value> = brief
        .parts
        .iter()
        .map(|part| {
            let mut embed =
                json!({"title": short(&unmarked(&part.head), 250), "description": cut(&unmarked(&part.text), 1_200)});
            if let (Some(link), Some(fields)) = (&part.link, embed.as_object_mut()) {
                fields.insert("url".to_owned(), json!(link));
            }
            embed
        })
        .collect();
    let content =
        format!("**{}**\n{}", unmarked(&short(&brief.title, 300)), unmarked(&short(&brief.footer, 300)));
    json!({"content": content, "embeds": embeds, "allowed_mentions": {"parse": []}})
}

fn teams(brief: &Brief) -> Value {
    let block = |text: &str, more: Value| {
        let mut block = json!({"type": "TextBlock", "text": unmarked(text), "wrap": true});
        if let (Some(block), Some(more)) = (block.as_object_mut(), more.as_object()) {
            block.extend(more.clone());
        }
        block
    };
    let mut body = vec![block(&brief.title, json!({"size": "Large", "weight": "Bolder"}))];
    for part in &brief.parts {
        body.push(block(&part.head, json!({"weight": "Bolder", "separator": true})));
        body.push(block(&part.text, json!({})));
        if let Some(link) = &part.link {
            let action = json!({"type": "Action.OpenUrl", "title": host(link), "url": link});
            body.push(json!({"type": "ActionSet", "actions": [action]}));
        }
    }
    body.push(block(&brief.footer, json!({"isSubtle": true, "size": "Small"})));
    let card = json!({"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
        "version": "1.4", "body": body});
    json!({"type": "message", "attachments": [
        {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}]})
}

fn host(link: &str) -> String {
    super::clean::link(link).map_or_else(|| "…".to_owned(), |link| short(&link.host, 60))
}

fn mattermost(brief: &Brief) -> Value {
    let mut text = format!("#### {}\n", unmarked(&brief.title));
    for part in &brief.parts {
        text += &format!("**{}**\n{}\n", unmarked(&part.head), unmarked(&part.text));
        if let Some(link) = &part.link {
            text += &format!("<{link}>\n");
        }
    }
    text += &unmarked(&brief.footer);
    json!({"text": text})
}

fn ntfy(brief: &Brief, urgent: bool) -> Value {
    let lines: Vec<String> = brief.parts.iter().map(|part| format!("{}\n{}", part.head, part.text)).collect();
    // Longer messages become files there.
    let message = cut(&format!("{}\n{}", lines.join("\n"), brief.footer), 3_000);
    let mut body = json!({"title": short(&brief.title, 200), "message": message, "priority": if urgent { 5 } else { 3 }});
    let link = brief.parts.iter().find_map(|part| part.link.as_ref());
    if let (Some(link), Some(fields)) = (link, body.as_object_mut()) {
        fields.insert("click".to_owned(), json!(link));
    }
    body
}
