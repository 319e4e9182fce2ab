//! The files that `init` writes, with the comments of people who will change them.

use std::fmt::Write as _;

use super::Answers;
use crate::config::sources;
use crate::keyword::Brand;
use crate::mail::Language;

/// A text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A list of texts as TOML.
fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// One brand file.
pub(super) fn keywords(brand: &Brand) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    brand_file(&mut out, brand)?;
    Ok(out)
}

fn brand_file(out: &mut String, brand: &Brand) -> std::fmt::Result {
    writeln!(out, "# What to listen for. One file a brand: copy this one to follow another.\n")?;
    writeln!(out, "# The name shown in mails and digests.")?;
    writeln!(out, "brand = {}\n", quoted(&brand.name))?;
    writeln!(out, "# true: it is us; false: a competitor.")?;
    writeln!(out, "ours = {}\n", brand.ours)?;
    writeln!(
        out,
        "# What to find; one of these is enough. Capitals and accents do not matter, hashtags are found as well."
    )?;
    writeln!(out, "keywords = {}\n", list(&brand.keywords))?;
    writeln!(out, "# Words that mean something else: a post with one of them is left out.")?;
    writeln!(out, "unless = {}\n", list(&brand.unless))?;
    writeln!(
        out,
        "# When this list is not empty, one of its words must stand in the post too. Write every form out:"
    )?;
    writeln!(out, "# \"bike\" does not find \"bikes\".")?;
    writeln!(out, "context = {}\n", list(&brand.context))?;
    writeln!(
        out,
        "# Whether the name is also a person's name, a place or a common word: bearing it proves nothing then."
    )?;
    writeln!(out, "other_sense = {}\n", brand.other_sense)?;
    writeln!(
        out,
        "# What it is, in one line: tells it from others of that name. Posts that speak of something else are kept apart."
    )?;
    match &brand.about {
        Some(about) => writeln!(out, "about = {}", quoted(about))?,
        None => writeln!(out, "#about = \"Orange, the French telecom operator\"")?,
    }
    writeln!(
        out,
        "# How sure it must be, from 0 to 1, that a post with an ambiguous name is about it; 0 keeps none apart."
    )?;
    writeln!(out, "#threshold = 0.3\n")?;
    writeln!(out, "# Its own accounts: those that look like them and are not in this list are suspects.")?;
    writeln!(out, "#official = [\"mastodon:@name@server.example\", \"bluesky:@name.example\"]\n")?;
    writeln!(out, "# Its own sites.")?;
    writeln!(out, "#domains = [\"name.example\"]")
}

/// `vigie.toml`.
pub(super) fn configuration(answers: &Answers) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    config_file(&mut out, answers)?;
    Ok(out)
}

fn config_file(out: &mut String, answers: &Answers) -> std::fmt::Result {
    writeln!(
        out,
        "# Vigie. After a change: vigie check. What to listen for stands in keywords/, one file a brand.\n"
    )?;
    if let Some(data_dir) = &answers.data_dir {
        writeln!(out, "# Where everything is kept.")?;
        writeln!(out, "data_dir = {}\n", quoted(&data_dir.to_string_lossy()))?;
    }
    mail(out, answers)?;
    writeln!(out, "# A summary with the shares of voice: \"day\", \"week\", \"month\" or \"never\".")?;
    writeln!(out, "[digest]\nevery = \"week\"\non = \"monday\"\nat = \"08:00\"\n")?;
    writeln!(out, "[fetch]")?;
    writeln!(
        out,
        "# Whom the owner of a site can write to; sent with every request, and asked for by good manners."
    )?;
    // A header holds plain letters only.
    match answers.to.first().map(|first| first.email.to_string()).filter(|address| address.is_ascii()) {
        Some(address) => writeln!(out, "contact = {}\n", quoted(&format!("mailto:{address}")))?,
        None => writeln!(out, "#contact = \"mailto:ana@acme.example\"\n")?,
    }
    out.push_str(RULES);
    sources(out, answers)
}

fn mail(out: &mut String, answers: &Answers) -> std::fmt::Result {
    writeln!(out, "[mail]")?;
    if answers.to.is_empty() {
        writeln!(
            out,
            "# Who is told. Until then mails are written as files, which a mail program or a browser opens."
        )?;
        writeln!(out, "#to = [\"ana@acme.example\"]")?;
    } else {
        let to: Vec<String> = answers.to.iter().map(ToString::to_string).collect();
        writeln!(out, "# Who is told.\nto = {}", list(&to))?;
    }
    let sender = answers.to.first().filter(|_| answers.smtp.is_some());
    match sender {
        Some(first) => writeln!(
            out,
            "# In whose name; an address that the mail server lets you use.\nfrom = {}",
            quoted(&format!("Vigie <{}>", first.email))
        )?,
        None => writeln!(out, "# In whose name.\n#from = \"Vigie <vigie@acme.example>\"")?,
    }
    let language = if answers.language == Language::Fr { "fr" } else { "en" };
    writeln!(out, "# \"fr\" or \"en\".\nlanguage = {}", quoted(language))?;
    match &answers.zone {
        Some(zone) => writeln!(out, "zone = {}\n", quoted(zone))?,
        None => writeln!(out, "#zone = \"Europe/Paris\"\n")?,
    }
    match &answers.smtp {
        Some((host, port)) => {
            let near = host == "localhost"
                || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
            let tls = match port {
                465 => "implicit",
                587 => "starttls",
                _ if near => "none",
                _ => "starttls",
            };
            writeln!(out, "[mail.smtp]\nhost = {}\nport = {port}", quoted(host))?;
            writeln!(
                out,
                "# \"starttls\", \"implicit\" (TLS from the start), or \"none\" on this machine.\ntls = {}",
                quoted(tls)
            )?;
            writeln!(
                out,
                "# The account; its password goes into VIGIE_SMTP_PASSWORD, never into this file."
            )?;
            match &answers.smtp_user {
                Some(user) => writeln!(out, "user = {}\n", quoted(user)),
                None => writeln!(out, "#user = \"ana@acme.example\"\n"),
            }
        }
        None => {
            writeln!(
                out,
                "# The server that takes mails; the password goes into VIGIE_SMTP_PASSWORD, never into this file."
            )?;
            writeln!(
                out,
                "#[mail.smtp]\n#host = \"smtp.acme.example\"\n#port = 587\n#user = \"ana@acme.example\"\n"
            )
        }
    }
}

const RULES: &str = "\
# When someone is told at once. Without any rule all three kinds are told to everyone.
#[[rule]]
#on = \"new_mention\"                # or new_impostor, source_degraded
#brands = [\"acme\"]                 # file names in keywords/, without .toml

";

fn sources(out: &mut String, answers: &Answers) -> std::fmt::Result {
    writeln!(out, "# What is followed. `vigie check` tries each.\n")?;
    let mut last = String::new();
    for source in sources::usual(&answers.brands, false) {
        if !answers.networks.contains(&source.network.as_str()) {
            continue;
        }
        if source.network != last {
            writeln!(out, "# {}", comment(&source.network))?;
            last.clone_from(&source.network);
        }
        writeln!(out, "[[source]]\nnetwork = {}\nname = {}", quoted(&source.network), quoted(&source.name))?;
        for (key, value) in &source.section {
            writeln!(out, "{key} = {value}")?;
        }
        out.push('\n');
    }
    writeln!(out, "# Any other feed: a blog, a forum, a newspaper.")?;
    writeln!(
        out,
        "#[[source]]\n#network = \"feed\"\n#name = \"trade-press\"\n#url = \"https://news.example/feed.xml\""
    )
}

fn comment(network: &str) -> &'static str {
    match network {
        "hackernews" => "Hacker News: every story and comment, asked every minute.",
        "bluesky" => "Bluesky: every public post as it is written, by its event stream.",
        "mastodon" => "Mastodon: the brands' names as hashtags. Add words people use, or another base_url.",
        "feed" => "News searches for each brand, in French and in English.",
        _ => "",
    }
}
