//! The page: what it shows and runs, and to whom.

use super::*;

#[tokio::test]
async fn the_page_shows_what_is_kept_and_runs_nothing() {
    let open = Open::at("web-page").await;
    let nasty = "Molivelle <script>alert(1)</script> \" onload=x ' &amp; \u{202e}txet \u{1b}[2J";
    let mut hostile = post("9", nasty);
    hostile["title"] = format!("</title><script src=https://evil.example/x.js></script>{nasty}").into();
    hostile["author"] = json!({"id": "<img src=x onerror=alert(1)>", "handle": "<img src=x onerror=alert(2)>", "display_name": "<svg onload=alert(3)>"});
    hostile["lang"] = "en\" onclick=\"x".into();
    hostile["url"] = "javascript:alert(4)".into();
    assert_eq!(open.push("/ingest/<x>", &[], &hostile).status, 400);
    let batch = json!([hostile, post("1", "Un <em>Molivelle</em> tout simple")]);
    assert_eq!(open.push("/ingest", &[], &batch).status, 200);
    let english = open.get("/", &["Accept-Language: de, en;q=0.8"]);
    assert_eq!(english.status, 200);
    for header in [
        "content-security-policy: default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "x-frame-options: deny",
        "cache-control: no-store",
        "content-type: text/html; charset=utf-8",
    ] {
        assert!(english.head.contains(header), "{header} in\n{}", english.head);
    }
    assert!(!english.head.contains("access-control") && !english.head.contains("set-cookie"));
    for trace in [
        "<script",
        "<img",
        "<svg onload",
        "onerror=alert(1)>",
        "javascript:",
        "\u{202e}",
        "\u{1b}",
        " style=",
        "onclick=\"",
        "http-equiv",
    ] {
        assert!(!english.body.contains(trace), "{trace} in\n{}", english.body);
    }
    assert!(
        english.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
            && english.body.contains("<mark>Molivelle</mark>")
    );
    assert!(english.body.contains("lang=\"en\"") && english.body.contains("Open on agora.example"));
    let french = open.get("/?lang=fr", &["Accept-Language: en"]);
    assert!(
        french.body.contains("<html lang=\"fr\">") && french.body.contains("Ouvrir sur agora.example"),
        "{}",
        french.body
    );
    assert!(!french.body.contains(">example</span>") && !french.body.contains(">exemple</span>"));
    open.home.database().execute("UPDATE source SET example = 1 WHERE name = 'ingest'", []).unwrap();
    assert!(open.get("/?lang=fr", &[]).body.contains(">exemple</span>"));
    // Why a source is in trouble and what is missing is told in the reader's language too.
    let trouble = "UPDATE source SET network = 'lemmy', state = 'failing',
        reason = 'lemmy cannot answer now (status 503); Vigie tries again' WHERE name = 'ingest'";
    let gap = "INSERT INTO gap (source, \"from\", \"to\", reason)
        SELECT id, 1000 * (unixepoch() - 7200), 1000 * (unixepoch() - 3600), 'the search found more than it gives'
        FROM source WHERE name = 'ingest'";
    for sql in [trouble, gap] {
        assert_eq!(open.home.database().execute(sql, []).unwrap(), 1);
    }
    for (language, why, missing) in [
        (
            "en",
            "lemmy cannot answer now (status 503); Vigie tries again",
            "the search found more than it gives",
        ),
        (
            "fr",
            "lemmy ne peut pas répondre pour l’instant (statut 503)\u{a0}; Vigie réessaie",
            "la recherche a trouvé plus qu’elle ne donne",
        ),
    ] {
        let body = open.get(&format!("/?lang={language}"), &[]).body;
        assert!(body.contains(why) && body.contains(missing), "{body}");
    }
    // Looking changes nothing, and the first line of a request cannot do harm.
    assert_eq!(open.get("/?lang=%3Cscript%3E&lang=fr", &[]).status, 200);
    let sheet = open.get("/style.css", &[]);
    assert!(
        sheet.head.contains("content-type: text/css") && sheet.body.contains("prefers-color-scheme:dark")
    );
    assert_eq!(
        (
            open.get("/healthz", &[]).status,
            open.ask("POST /", &[&format!("Host: {}", open.address)], b"").status
        ),
        (200, 405)
    );
}

#[tokio::test]
async fn a_configured_token_guards_the_page_too() {
    let secret = "a long secret of ours";
    let open = Open::with("web-token", |command| {
        command.env("VIGIE_WEB_TOKEN", secret);
    })
    .await;
    assert!(!open.home.folder.join("vigie-data/ingest-token").exists());
    let asked = open.get("/", &[]);
    assert!(asked.status == 401 && asked.head.contains("www-authenticate: basic realm"), "{}", asked.head);
    assert!(!asked.body.contains("Molivelle"));
    let basic = |password: &str| {
        format!(
            "Authorization: Basic {}",
            base64::engine::general_purpose::STANDARD.encode(format!("anyone:{password}"))
        )
    };
    assert_eq!(open.get("/", &[&basic("wrong")]).status, 401);
    assert!(open.get("/", &[&basic(secret)]).body.contains("Molivelle"));
    assert_eq!(
        open.push_as(secret, "/ingest", &[], post("1", "Molivelle").to_string().as_bytes()).status,
        200
    );
    assert_eq!(open.get("/healthz", &[]).status, 200);
    assert!(!open.daemon.said().contains(secret));
}
