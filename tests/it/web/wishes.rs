//! The pages behind links in mails: looked at, pressed, and in whose name.

use super::*;

#[tokio::test]
async fn one_click_ends_the_mails_to_an_address_and_looking_ends_nothing() {
    let config = CONFIG.replace("[web]", "[alerts]\nwait = \"0s\"\nevery = \"0s\"\n[mail]\nto = [\"ana@acme.example\", \"bob@acme.example\"]\n[web]")
        .replace("hosts = [\"vigie.acme.example\"]", "public_url = \"https://vigie.acme.example/\"");
    let open = Open::configured("web-leave", &config, |_| {}).await;
    let now = |id: &str| json!({"network": "agora", "id": id, "text": "Molivelle again"});
    assert_eq!(open.push("/ingest", &[], &now("1")).status, 200);
    let to_ana = "SELECT count(*) FROM notice WHERE recipient = 'ana@acme.example' AND kind = 'alert'";
    until("two alerts", || {
        open.home.number("SELECT count(*) FROM notice WHERE kind = 'alert' AND state = 'sent'") == 2
    })
    .await;
    let token: String = open
        .home
        .database()
        .query_row("SELECT token FROM recipient WHERE address = 'ana@acme.example'", [], |row| row.get(0))
        .unwrap();
    // What the mail says, is where the wish is taken.
    let outbox = open.home.folder.join("vigie-data/outbox");
    let mails: Vec<String> = outbox
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .map(|path| std::fs::read_to_string(path).unwrap().replace("\r\n ", " "))
        .collect();
    let path = format!("/unsubscribe/{token}?lang=en");
    let headers = [
        format!("List-Unsubscribe: <https://vigie.acme.example{path}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned(),
    ];
    let mine = mails.iter().filter(|mail| headers.iter().all(|header| mail.contains(header))).count();
    assert_eq!(mine, 1, "{mails:?}");
    let host = "Host: vigie.acme.example";
    for _ in 0..2 {
        let page = open.ask(&format!("GET /unsubscribe/{token}?lang=fr"), &[host], b"");
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("Plus aucun de ces messages à ana@acme.example"), "{}", page.body);
        assert!(page.head.contains("form-action 'self'"), "{}", page.head);
    }
    assert_eq!(open.home.number("SELECT count(*) FROM recipient WHERE unsubscribed IS NOT NULL"), 0);
    let wrong = open.ask(&format!("POST /unsubscribe/{}?lang=en", "0".repeat(40)), &[host], b"");
    assert_eq!(wrong.status, 404);
    for _ in 0..2 {
        let click = open.ask(&format!("POST {path}"), &[host], b"List-Unsubscribe=One-Click");
        assert_eq!(click.status, 200, "{}", click.body);
        assert!(click.body.contains("ana@acme.example gets none of these mails"), "{}", click.body);
    }
    assert_eq!(open.push("/ingest", &[], &now("2")).status, 200);
    until("another alert", || {
        open.home.number("SELECT count(*) FROM notice WHERE kind = 'alert' AND state = 'sent'") == 3
    })
    .await;
    assert_eq!(open.home.number(to_ana), 1);
    let (code, told, _) = open.home.run(&["alerts", "recipients"]);
    assert_eq!(code, 0);
    assert!(
        told.contains("unsubscribed  ana@acme.example since ") && told.contains(": by the link in a mail"),
        "{told}"
    );
    assert!(told.contains("active        bob@acme.example\n"), "{told}");
    assert!(!told.contains(&token));
    let (_, told, _) = open.home.run(&["alerts", "recipients", "--resume", "ana@acme.example"]);
    assert_eq!(told, "ana@acme.example gets mails again\n");
    assert_eq!(open.push("/ingest", &[], &now("3")).status, 200);
    until("mails again", || open.home.number(to_ana) == 2).await;
    let (code, _, told) = open.home.run(&["alerts", "recipients", "--resume", "ann@acme.example"]);
    assert!(code == 2 && told.contains("nobody is called \"ann@acme.example\"; there are: ana@"), "{told}");
    open.daemon.kill();
}

#[tokio::test]
async fn pages_bear_the_name_that_mails_come_from() {
    let people = "[[recipient]]\naddress = \"ana@acme.example\"\nname = \"Agence <Lumen>\"\n";
    let mail = "[alerts]\nwait = \"0s\"\nevery = \"0s\"\n[mail]\nto = [\"ana@acme.example\", \"bob@acme.example\"]\n";
    let config = CONFIG.replace("[web]", &format!("{mail}{people}[web]")).replace(
        "hosts = [\"vigie.acme.example\"]",
        "public_url = \"https://vigie.acme.example\"\nname = \"Studio Rive\"",
    );
    let open = Open::configured("web-names", &config, |_| {}).await;
    let now = json!({"network": "agora", "id": "1", "text": "Molivelle again"});
    assert_eq!(open.push("/ingest", &[], &now).status, 200);
    until("both are known", || open.home.number("SELECT count(*) FROM recipient") == 2).await;
    let token = |address: &str| -> String {
        let find = "SELECT token FROM recipient WHERE address = ?1";
        open.home.database().query_row(find, [address], |row| row.get(0)).unwrap()
    };
    let host = "Host: vigie.acme.example";
    let page = |method: &str, path: &str| open.ask(&format!("{method} {path}"), &[host], b"").body;
    let (ana, bob) = (token("ana@acme.example"), token("bob@acme.example"));
    for door in ["unsubscribe", "confirm"] {
        for method in ["GET", "POST"] {
            let hers = page(method, &format!("/{door}/{ana}?lang=en"));
            assert!(
                hers.contains("<p class=\"name\">Agence &lt;Lumen&gt;</p>")
                    && hers.contains("<title>Agence &lt;Lumen&gt;</title>")
                    && hers.contains("ana@acme.example"),
                "{hers}"
            );
            assert!(!hers.contains("Vigie") && !hers.contains("Studio Rive"), "{hers}");
            let his = page(method, &format!("/{door}/{bob}?lang=fr"));
            assert!(his.contains("<p class=\"name\">Studio Rive</p>") && !his.contains("Lumen"), "{his}");
            // A link that was cut off may be from either.
            let nobodys = page(method, &format!("/{door}/{}", "0".repeat(40)));
            for name in ["Vigie", "Lumen", "Studio"] {
                assert!(!nobodys.contains(name), "{nobodys}");
            }
        }
    }
    let whole = page("GET", "/");
    assert!(
        whole.contains("<p class=\"name\">Studio Rive</p>") && whole.contains("<title>Studio Rive</title>"),
        "{whole}"
    );
}

#[tokio::test]
async fn a_new_address_gets_one_mail_and_the_rest_once_it_agrees() {
    let config = CONFIG.replace("[web]", "[alerts]\nwait = \"0s\"\nevery = \"0s\"\n[mail]\nto = [\"ana@acme.example\"]\nconfirm = true\n[web]")
        .replace("hosts = [\"vigie.acme.example\"]", "public_url = \"https://vigie.acme.example\"");
    let open = Open::configured("web-confirm", &config, |_| {}).await;
    let now = |id: &str| json!({"network": "agora", "id": id, "text": "Molivelle again"});
    for id in ["1", "2"] {
        assert_eq!(open.push("/ingest", &[], &now(id)).status, 200);
    }
    until("a question", || {
        open.home.number("SELECT count(*) FROM notice WHERE kind = 'confirm' AND state = 'sent'") == 1
    })
    .await;
    let (_, told, _) = open.home.run(&["alerts", "recipients"]);
    assert!(
        told.starts_with("unconfirmed   ana@acme.example since ") && told.contains("asked, no answer yet"),
        "{told}"
    );
    let token: String =
        open.home.database().query_row("SELECT token FROM recipient", [], |row| row.get(0)).unwrap();
    let page = open.get(&format!("/confirm/{token}?lang=fr"), &[]);
    assert!(page.status == 200 && page.body.contains("Oui, je les veux"), "{}", page.body);
    assert_eq!(open.home.number("SELECT count(*) FROM notice"), 1);
    let host = "Host: vigie.acme.example";
    assert_eq!(open.ask(&format!("POST /confirm/{token}"), &[host], b"x=y").status, 200);
    assert_eq!(open.push("/ingest", &[], &now("3")).status, 200);
    until("an alert", || {
        open.home.number("SELECT count(*) FROM notice WHERE kind = 'alert' AND state = 'sent'") == 1
    })
    .await;
    open.daemon.kill();
}
