//! Nothing that networks, streams and fetches say of trouble stays English for a French reader: the sentences are read
//! in the code itself, so that a new one is missed here before a reader meets it.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use vigie::mail::{Language, reason};

/// Small words: a text that has one of them is a sentence, not a name or a query.
const SMALL: &[&str] = &[
    "the", "it", "is", "of", "this", "or", "and", "with", "again", "from", "for", "which", "no", "not", "to",
    "neither", "its", "under", "has", "have",
];
/// Those that no French sentence has.
const ENGLISH: &[&str] = &[
    "the", "it", "is", "of", "this", "with", "again", "from", "which", "without", "has", "have", "not", "are",
];
/// Calls and literals whose texts are for other places: the configuration's faults and the table of networks are told
/// by commands, and what is looked for in answers is not said at all.
const ELSEWHERE: &[&str] = &[
    "BuildError",
    "Closed",
    "Offer",
    "Secret",
    "Spec",
    "contains",
    "debug",
    "error",
    "info",
    "warn",
    "fault",
    "hints",
    "matches",
    "replace",
    "speaks_of",
    "split_once",
    "starts_with",
    "wrong",
    "write",
    "write_str",
];
/// Sentences that are no reason, or come together with others only.
const EXCEPT: &[&str] = &[
    "it asks for fewer requests (status {status})",
    "query again {{ {parts}}} {}",
    "the search \"{words}\"",
    "{detail} with {}: {rest}",
    "is not one of",
    "not a valid",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The texts of a piece of code that may be said of a source.
fn said(code: TokenStream, texts: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let skipped = match &tokens[at] {
            TokenTree::Punct(sign) if sign.as_char() == '#' => 1 + called(&tokens, at + 1),
            TokenTree::Ident(name) if name == "mod" => 3,
            TokenTree::Ident(name) if ELSEWHERE.contains(&name.to_string().as_str()) => {
                1 + called(&tokens, at + 1)
            }
            // `let reason = ...; fault(key, reason)`: the words of a fault
            TokenTree::Ident(name) if name == "let" => ahead(&tokens, at),
            _ => 0,
        };
        if skipped == 0 {
            match &tokens[at] {
                TokenTree::Group(group) => said(group.stream(), texts),
                TokenTree::Literal(literal) => texts.extend(text(literal)),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
        at += skipped.max(1);
    }
}

/// How many tokens make up what stands here in brackets, `!` before them or not.
fn called(tokens: &[TokenTree], at: usize) -> usize {
    let is_group = |at: usize| matches!(tokens.get(at), Some(TokenTree::Group(_)));
    let is_sign = matches!(tokens.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == '!');
    match (is_group(at), is_sign && is_group(at + 1)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 0,
    }
}

/// How many tokens a statement has when the next one makes a fault of the configuration of it.
fn ahead(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';');
    let rest = &tokens[at..];
    let Some(length) = rest.iter().position(ends) else { return 0 };
    let next = rest[length + 1..].iter().take_while(|token| !ends(token));
    let named: String = next.map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let is_fault = ["fault (", "wrong (", "BuildError {"].iter().any(|call| named.contains(call));
    if is_fault { length + 1 } else { 0 }
}

fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut signs = inner.chars().peekable();
    while let Some(sign) = signs.next() {
        match (sign, signs.peek()) {
            ('\\', Some('\n')) => while signs.next_if(|sign| sign.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                signs.next();
                text.push('\n');
            }
            ('\\', Some(_)) => text.extend(signs.next()),
            (sign, _) => text.push(sign),
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    // codes of languages are short words as well
    let long = words.iter().any(|word| word.len() > 3);
    let sentence = long && words.len() > 2 && words.iter().any(|word| SMALL.contains(word));
    (sentence && !EXCEPT.contains(&text.as_str())).then_some(text)
}

/// The text with words in its holes.
fn filled(text: &str) -> String {
    let mut said = String::new();
    let mut inside = false;
    for sign in text.chars() {
        match sign {
            '{' => {
                inside = true;
                said.push_str("X7");
            }
            '}' => inside = false,
            sign if !inside => said.push(sign),
            _ => {}
        }
    }
    said
}

/// Whether a frame has these words, for those that are only the end of a sentence.
fn framed(text: &str, frames: &str) -> bool {
    let longest = text
        .split(['{', '}'])
        .map(|piece| piece.trim_matches([' ', ',', ';', ':']))
        .max_by_key(|piece| piece.len());
    longest.is_some_and(|piece| piece.contains(' ') && frames.contains(piece))
}

#[test]
fn every_sentence_about_a_source_has_its_french() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let frames: Vec<String> = std::fs::read_to_string(root.join("src/mail/reasons.txt"))
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let english: String = frames.iter().step_by(2).map(|line| format!("{line}\n")).collect();
    let mut paths = vec![root.join("src/source.rs")];
    for folder in ["src/network", "src/source", "src/fetch"] {
        files(&root.join(folder), &mut paths);
    }
    let mut missing = Vec::new();
    let mut count = 0;
    for path in paths {
        let mut texts = Vec::new();
        let code: TokenStream = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        said(without_tests(code), &mut texts);
        for text in texts {
            count += 1;
            let whole = filled(&text);
            let known = |said: &str| reason(said, Language::Fr) != said;
            let mixed = || {
                let french = reason(&whole, Language::Fr).into_owned();
                french.split(|one: char| !one.is_alphabetic()).any(|word| ENGLISH.contains(&word))
            };
            let whole_sentence = known(&whole);
            if (whole_sentence && mixed())
                || (!whole_sentence && !known(&format!("X7{whole}")) && !framed(&text, &english))
            {
                missing.push(format!("{}: {text}", path.strip_prefix(root).unwrap().display()));
            }
        }
    }
    assert!(count > 200, "only {count} sentences were found: the reader of code is broken");
    assert!(missing.is_empty(), "not in src/mail/reasons.txt:\n{}", missing.join("\n"));
}

/// The code without what is only there for tests, which is the last of a file.
fn without_tests(code: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let is_test = |pair: &[TokenTree]| {
        matches!(&pair[0], TokenTree::Punct(sign) if sign.as_char() == '#')
            && matches!(&pair[1], TokenTree::Group(group)
                if group.delimiter() == Delimiter::Bracket && group.stream().to_string().replace(' ', "") == "cfg(test)")
    };
    let end = tokens.windows(2).position(is_test).unwrap_or(tokens.len());
    tokens.into_iter().take(end).collect()
}

/// Sentences as they are put together, of networks that say the most: nothing English but what the network said.
#[test]
fn sentences_put_together_are_french_to_the_end() {
    for (told, french) in [
        (
            "bluesky refuses the key (AuthenticationRequired: handle or app password is wrong: set `identifier` and `password` again (it said: Invalid identifier; or password)); make a new one and set it again",
            "bluesky refuse la clé (AuthenticationRequired\u{a0}: l’identifiant ou le mot de passe d’application est faux\u{a0}: renseignez à nouveau `identifier` et `password` (il a dit\u{a0}: Invalid identifier; or password))\u{a0}; créez-en une nouvelle et renseignez-la",
        ),
        (
            "facebook has not approved this (the permission or feature was not granted; code 10: \"(#10) No\"); ask it for the approval, or remove this source",
            "facebook n’a pas autorisé cela (l’autorisation ou la fonction n’a pas été accordée\u{a0}; code 10: \"(#10) No\")\u{a0}; demandez-lui l’autorisation, ou retirez cette source",
        ),
        (
            "threads has not approved this (every answer holds your own posts alone: without the approval of `threads_keyword_search` the search covers nothing else, so its silence means nothing); ask it for the approval, or remove this source",
            "threads n’a pas autorisé cela (chaque réponse ne contient que vos propres publications\u{a0}: sans l’autorisation de `threads_keyword_search`, la recherche ne couvre rien d’autre, et son silence ne veut rien dire)\u{a0}; demandez-lui l’autorisation, ou retirez cette source",
        ),
        (
            "mastodon has not approved this (the server shows its public feed of other servers only to people with an account there: set the secret `token`; or choose another `base_url`); ask it for the approval, or remove this source",
            "mastodon n’a pas autorisé cela (le serveur ne montre son flux public venu d’autres serveurs qu’à ceux qui y ont un compte\u{a0}: renseignez le secret `token`, ou choisissez un autre `base_url`)\u{a0}; demandez-lui l’autorisation, ou retirez cette source",
        ),
        (
            "failed to read posts from x: the answer is nothing that X says; Vigie tries again; if it stays so, check `base_url` of this source",
            "impossible de lire des publications de x\u{a0}: la réponse n’a rien d’une réponse de X\u{a0}; Vigie réessaie\u{a0}; si cela dure, vérifiez `base_url` de cette source",
        ),
        (
            "tumblr refuses the key (status 401: \"Unauthorized\"; the consumer key of an application stands at www.tumblr.com/oauth/apps); make a new one and set it again",
            "tumblr refuse la clé (statut 401\u{a0}: \"Unauthorized\"\u{a0}; la clé d’une application (consumer key) se trouve sur www.tumblr.com/oauth/apps)\u{a0}; créez-en une nouvelle et renseignez-la",
        ),
        (
            "podcastindex cannot answer now (this machine's clock is 12 minutes behind; Vigie signs with theirs, set yours right); Vigie tries again",
            "podcastindex ne peut pas répondre pour l’instant (l’horloge de cette machine retarde de 12 minutes\u{a0}; Vigie signe avec la leur, réglez la vôtre)\u{a0}; Vigie réessaie",
        ),
        (
            "#acme, #acmecloud wait: the 30 hashtags of seven days are used up",
            "#acme, #acmecloud attendent\u{a0}: les 30 hashtags de sept jours sont épuisés",
        ),
    ] {
        assert_eq!(reason(told, Language::Fr), french);
    }
}
