//! `vigie networks`: the honest table of what can be heard, and what works instead where nothing can.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::output::Out;
use crate::network;

/// Columns of the text beside a name.
const WIDTH: usize = 84;
/// Columns of a name.
const NAME: usize = 13;

/// A network that Vigie cannot listen to yet.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Later {
    /// Its name.
    pub(super) name: &'static str,
    /// What works today, in one sentence.
    instead: &'static str,
}

const fn later(name: &'static str, instead: &'static str) -> Later {
    Later { name, instead }
}

/// Networks that Vigie cannot listen to yet, with what works today.
pub(super) const LATER: &[Later] = &[
    later("lemmy", "follow a community as a feed: url = \"https://SERVER/feeds/c/COMMUNITY.xml?sort=New\""),
    later(
        "discourse",
        "follow a forum as a feed: url = \"https://FORUM/posts.rss\" or \"https://FORUM/latest.rss\"",
    ),
    later("stackexchange", "follow a tag as a feed: url = \"https://SITE/feeds/tag/TAG\""),
    later(
        "github",
        "follow a project's releases as a feed: url = \"https://github.com/OWNER/NAME/releases.atom\"",
    ),
    later(
        "reddit",
        "follow a subreddit as a feed: url = \"https://www.reddit.com/r/NAME/new/.rss\"; Reddit answers about once a minute and refuses many data centres",
    ),
    later("nostr", "nothing yet"),
    later("gdelt", "nothing yet; follow the feeds of the newspapers that matter to you"),
    later("appstore", "nothing yet"),
    later("x", "nothing yet: reading it needs a paid key, and keys come later"),
    later("threads", "nothing yet: searching it needs an app that Meta has reviewed"),
    later(
        "instagram",
        "nothing yet: it needs an app that Meta has reviewed, and never gives all public posts",
    ),
    later(
        "facebook",
        "nothing yet: it needs an app that Meta has reviewed, and never gives all public posts",
    ),
    later("podcastindex", "follow a podcast as a feed: the address of its own RSS"),
    later("producthunt", "nothing yet"),
    later("tiktok", "nothing: it lets only approved researchers listen"),
    later("snapchat", "nothing: it offers no way to listen"),
    later("wechat", "nothing: it offers no way to listen"),
];

#[derive(Debug, Args)]
pub(super) struct Networks {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    /// Whether it can be followed today.
    supported: bool,
    /// Whether following it needs a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'static str>,
    /// The keys of its `[[source]]` section, beside `network` and `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'static str>,
}

impl Networks {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut out = Out::standard();
        if self.json {
            let supported = network::ALL.iter().map(|spec| Line {
                name: spec.name,
                supported: true,
                // None of the networks of the table asks for one today.
                needs_key: Some(false),
                about: Some(spec.about),
                keys: Some(spec.keys),
                instead: None,
            });
            let later = LATER.iter().map(|later| Line {
                name: later.name,
                supported: false,
                needs_key: None,
                about: None,
                keys: None,
                instead: Some(later.instead),
            });
            out.json(&supported.chain(later).collect::<Vec<_>>())?;
            return out.done();
        }
        out.line("Vigie listens to (none of these needs a key):")?;
        for spec in network::ALL {
            entry(&mut out, spec.name, spec.about)?;
            entry(&mut out, "", &format!("keys: {}", spec.keys.join(", ")))?;
            if !spec.aliases.is_empty() {
                entry(&mut out, "", &format!("also called: {}", spec.aliases.join(", ")))?;
            }
        }
        out.line("")?;
        out.line("not yet, and what works today:")?;
        for later in LATER {
            entry(&mut out, later.name, later.instead)?;
        }
        out.line("")?;
        out.line(
            "a feed is followed by a section [[source]] in vigie.toml, with network = \"feed\" and its url",
        )?;
        out.done()
    }
}

fn entry(out: &mut Out, name: &str, text: &str) -> anyhow::Result<()> {
    let mut name = name;
    for line in textwrap::wrap(text, textwrap::Options::new(WIDTH).break_words(false)) {
        out.line(&format!("  {name:<NAME$} {line}"))?;
        name = "";
    }
    Ok(())
}
