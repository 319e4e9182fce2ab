//! Impostors: invented brands, invented accounts; who is alerted, reviewed, watched, left alone.

use std::sync::OnceLock;

use vigie::impostor::{Beside, Level, Lookout, Picture, Suspicion, describe};
use vigie::keyword::{Brand, OfficialAccount};
use vigie::post::{Author, NetworkName};

mod conduct;
mod conformance;
mod evaluate;
mod hunt;
mod life;
mod pictures;
mod stamp;

fn brand(name: &str, official: &[&str], domain: &str) -> Brand {
    let official = official.iter().map(|text| {
        let (network, handle) =
            text.split_once(':').map_or((None, *text), |(network, handle)| (Some(network), handle));
        OfficialAccount {
            network: network.map(|name| NetworkName(name.to_owned().into())),
            handle: handle.to_owned(),
        }
    });
    Brand { official: official.collect(), domains: vec![domain.to_owned()], ..Brand::named(name, true) }
}

/// A bank, a shop whose name is also a river and a surname, a mutual with a short name.
fn lookout() -> &'static Lookout {
    static LOOKOUT: OnceLock<Lookout> = OnceLock::new();
    LOOKOUT.get_or_init(|| {
        Lookout::new(&[
            brand(
                "Zephyrine",
                &[
                    "x:ZephyrineFR",
                    "AskZephyrine",
                    "bluesky:zephyrine.bsky.social",
                    "mastodon:@zephyrine@social.example",
                ],
                "zephyrine.example",
            ),
            Brand { other_sense: true, ..brand("Varenne", &["varenne_shop"], "varenne.example") },
            brand("Ovia", &["ovia"], "ovia.example"),
            brand("Crédit Lunaire", &["creditlunaire"], "credit-lunaire.example"),
        ])
    })
}

fn author(handle: &str, name: &str, bio: &str) -> Author {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Author { handle: some(handle), display_name: some(name), bio: some(bio), ..Author::default() }
}

fn judge(network: &str, handle: &str, name: &str, bio: &str) -> Vec<Suspicion> {
    lookout().judge(&NetworkName(network.to_owned().into()), &author(handle, name, bio))
}

#[track_caller]
fn at_least(level: Level, cases: &[(&str, &str, &str)]) {
    for (handle, name, bio) in cases {
        let found = judge("x", handle, name, bio);
        assert!(
            found.first().is_some_and(|s| s.level >= level && s.likeness && s.claim),
            "{handle} | {name} | {bio}: {found:?}"
        );
    }
}

#[track_caller]
fn below_review(cases: &[(&str, &str, &str)]) {
    for (handle, name, bio) in cases {
        let found = judge("x", handle, name, bio);
        assert!(found.iter().all(|s| s.level == Level::Watch), "{handle} | {name} | {bio}: {found:?}");
    }
}

#[test]
fn a_name_in_other_letters_alerts() {
    at_least(
        Level::Alert,
        &[
            ("marie5521", "Zерhyrinе", ""),
            ("marie5521", "𝗭𝗲𝗽𝗵𝘆𝗿𝗶𝗻𝗲", ""),
            ("marie5521", "Zeph\u{200b}yrine", ""),
            ("marie5521", "Ze\u{323}phyrine Support", ""),
            ("marie5521", "ⓏⒺⓅⒽⓎⓇⒾⓃⒺ", ""),
            ("marie5521", "🅾🆅🅸🅰", ""),
            ("marie5521", "ΖΕΡΗΥRINE", ""),
            ("marie5521", "Crеdit Lunаire", ""),
        ],
    );
}

#[test]
fn a_help_desk_that_is_not_the_brands_is_caught() {
    at_least(
        Level::Alert,
        &[
            ("zephyrine_help24", "Zephyrine Support", ""),
            ("sav.zephyrine", "SAV Zephyrine", ""),
            ("zephyrine-kundenservice", "Zephyrine Kundenservice", ""),
            ("zephirine", "Zephyrine Service Client", "Envoyez-nous un MP"),
            ("0via_assistenza", "Ovia Assistenza", ""),
            ("notzephyrine_help", "Zephyrine Support", ""),
            ("soporte.zephyrine", "Zephyrine Soporte", ""),
            ("AskZephyrine_", "Ask Zephyrine", "Official Zephyrine help desk, DM us"),
            ("credit_lunaire_obsluga", "Credit Lunaire pomoc", ""),
        ],
    );
    at_least(
        Level::Review,
        &[
            ("zehpyrine", "Service clientèle", ""),
            ("zephyrine_77", "Help Center", ""),
            ("user99321", "Zephyrine", ""),
            ("paul881", "Paul | Conseiller Zephyrine", "Support Zephyrine, écrivez-nous sur WhatsApp"),
            ("zephyrlne", "Zephyrine", ""),
            ("kontakt5512", "Customer Support", "Official Zephyrine support. Message us on Telegram."),
        ],
    );
}

#[test]
fn a_lure_is_caught_and_voids_the_fan_label() {
    at_least(
        Level::Review,
        &[
            ("zephyrine_concours", "Zephyrine 🎁", ""),
            ("zephyrine.gewinnspiel", "Zephyrine Gewinnspiel", ""),
            ("zephyrinefans", "Zephyrine Fans", "Claim your Zephyrine reward now, link in bio"),
            ("zephyrine_cekilis", "Zephyrine çekiliş", ""),
        ],
    );
}

#[test]
fn likeness_without_a_claim_is_at_most_watched() {
    below_review(&[
        ("zephyrine_", "", ""),
        ("zephyrin", "", ""),
        ("zefyrine", "Zélie Fournier", "Photos de montagne"),
        ("zephyrine99", "Zélie", "DM for collabs"),
    ]);
}

#[test]
fn people_who_speak_for_themselves_are_left_alone() {
    below_review(&[
        ("notzephyrine", "Zephyrine (parodie)", ""),
        ("zephyrine_memes", "Unofficial Zephyrine", "Not affiliated with Zephyrine."),
        ("zephyrineclub", "Fans de Zephyrine", "Compte de fans"),
        ("lea_m", "Léa | Zephyrine", "Développeuse chez Zephyrine, avis perso"),
        ("tom_j", "Tom Jarvis", "Journalist. I cover Zephyrine and banks. DMs open, Signal on request."),
        ("stop_zephyrine", "Stop Zephyrine", "Collectif de clients en colère"),
        ("syndicat_zephyrine", "Syndicat CGT Zephyrine", ""),
        ("reparation_zephyrine", "Réparation Zephyrine Nantes", "Atelier indépendant, devis sur WhatsApp"),
        ("zephyrine_users", "Zephyrine users group", ""),
        ("acmefan", "Fan de Zephyrine", ""),
        ("zephyrine_nantes", "Bons plans Zephyrine Nantes", ""),
        ("marc_t", "Marc Tissot", "Ingénieur chez Zephyrine"),
        ("victimesdezephyrine", "Victimes de Zephyrine", ""),
        ("zephyrinewatch", "Zephyrine Watch", "Independent, run by volunteers"),
        ("fake_zephyrine", "Zephyrine (fake)", ""),
        ("julie_podcast", "The Zephyrine Podcast", "Weekly show"),
        ("exzephyrine", "Anna (ex-Zephyrine)", "Formerly support at Zephyrine"),
    ]);
}

#[test]
fn a_name_with_another_sense_needs_more_than_itself() {
    below_review(&[
        ("varenne75", "Varenne", ""),
        ("paul.varenne", "Paul Varenne", "Photographe, devis en MP"),
        ("la_varenne", "La Varenne", "Concours photo chaque été"),
    ]);
    at_least(
        Level::Review,
        &[
            ("varenne_sav", "Varenne", ""),
            ("marie5521", "Vаrenne", ""),
            ("varrenne", "Varenne", ""),
            ("user12", "Varenne", "Compte officiel Varenne, notre équipe vous répond"),
        ],
    );
}

#[test]
fn the_brands_own_accounts_are_acquitted() {
    let own = |network: &str, handle: &str| {
        assert_eq!(
            judge(network, handle, "Zephyrine Support", "Official Zephyrine help"),
            [],
            "{network} {handle}"
        );
    };
    own("x", "@zephyrinefr");
    own("youtube", "askzephyrine");
    own("bluesky", "zephyrine");
    own("bluesky", "Zephyrine.bsky.social");
    own("bluesky", "zephyrine.example");
    own("bluesky", "help.zephyrine.example");
    own("mastodon", "zephyrine@social.example");
    own("mastodon", "anyone@social.zephyrine.example");
    let linked = Author {
        verified_links: vec!["https://www.zephyrine.example/contact".to_owned()],
        ..author("zephyrine", "Zephyrine", "")
    };
    assert_eq!(lookout().judge(&NetworkName::known("mastodon"), &linked), []);
    let not_own = |network: &str, handle: &str| {
        assert!(!judge(network, handle, "Zephyrine Support", "").is_empty(), "{network} {handle}");
    };
    not_own("mastodon", "ZephyrineFR");
    not_own("instagram", "zephyrine.example");
    not_own("bluesky", "zephyrine.example.evil");
    not_own("bluesky", "notzephyrine.example");
    not_own("feed", "zephyrine.example.evil");
    // A feed names any address as its site: nobody has checked it, so it is neither acquitted nor told.
    for handle in ["zephyrine.example", "blog.zephyrine.example"] {
        not_own("feed", handle);
        assert_eq!(judge("feed", handle, "Zephyrine Support", "")[0].level, Level::Watch, "{handle}");
    }
    not_own("mastodon", "zephyrine@elsewhere.example");
    let forged = Author {
        verified_links: vec!["https://evil.example/?zephyrine.example".to_owned()],
        ..author("zephyrine1", "Zephyrine", "")
    };
    assert_ne!(lookout().judge(&NetworkName::known("mastodon"), &forged), []);
}

#[test]
fn acquittals_say_why_and_partners_are_left_alone() {
    let partner = OfficialAccount { network: None, handle: "zephyrine_shop_nantes".to_owned() };
    let own = Brand { partners: vec![partner], ..brand("Zephyrine", &["AskZephyrine"], "zephyrine.example") };
    let lookout = Lookout::new(&[own]);
    let why = |network: &str, handle: &str| {
        let network = NetworkName(network.to_owned().into());
        let stance = lookout.stance(&network, &author(handle, "Zephyrine Support", ""), Beside::default());
        assert!(stance.suspicions().is_empty() || stance.acquitted.is_none());
        stance.acquitted.map(|(_, why)| why.as_str())
    };
    assert_eq!(why("x", "askzephyrine"), Some("declared"));
    assert_eq!(why("bluesky", "aide.zephyrine.example"), Some("domain"));
    assert_eq!(why("x", "Zephyrine_Shop_Nantes"), Some("partner"));
    assert_eq!(why("x", "zephyrine_shop_nantes2"), None);
}

#[test]
fn a_copied_picture_counts_with_a_name_and_not_without() {
    let own: Picture = "af9b189c3be880d6".parse().unwrap();
    let brand = brand("Zephyrine", &["AskZephyrine"], "zephyrine.example");
    let lookout = Lookout::new(std::slice::from_ref(&brand)).with_pictures([(brand.id, vec![own])].into());
    let level = |name: &str, bio: &str, picture: &str| {
        let beside = Beside { picture: Some(picture.parse().unwrap()), now: None };
        let stance = lookout.stance(&NetworkName::known("x"), &author("marie5521", name, bio), beside);
        stance.suspicions().first().map(|suspicion| suspicion.level)
    };
    let (copy, other) = ("af9b189c3be880d1", "0123456789abcdef");
    assert_eq!(level("Zephyrine", "", copy), Some(Level::Alert));
    assert_eq!(level("Zephyrine", "", other), Some(Level::Review));
    assert_eq!(level("Marie", "", copy), None);
    assert!(level("Fan de Zephyrine", "Compte de fans, non officiel", copy) <= Some(Level::Watch));
}

#[test]
fn punycode_is_read() {
    let found = judge("bluesky", "xn--zhyrine-7gg3h.com", "Zephyrine", "");
    assert!(
        found.first().is_some_and(|s| s.signals.iter().any(|signal| signal.name == "handle_confusable")),
        "{found:?}"
    );
}

#[test]
fn signals_are_told_in_both_languages() {
    let found = judge("x", "marie5521", "Zерhyrinе", "");
    let signal = &found[0].signals[0];
    assert_eq!((signal.raw.as_str(), signal.folded.as_str()), ("Zерhyrinе", "zephyrine"));
    assert_eq!(found[0].score, found[0].signals.iter().map(|signal| signal.points).sum::<i32>());
    insta::assert_snapshot!(describe(signal, false), @"the display name reads as “zephyrine” but is written with other letters: “Zерhyrinе”");
    insta::assert_snapshot!(describe(signal, true), @"le nom affiché se lit « zephyrine » mais s’écrit avec d’autres lettres : « Zерhyrinе »");
}

#[test]
fn hostile_names_are_read_in_bounded_time() {
    let start = std::time::Instant::now();
    for text in [
        "zephyrine".repeat(1_200),
        "rn".repeat(5_000),
        "\u{202e}\u{200b}".repeat(5_000),
        "e\u{301}".repeat(5_000),
        "sav".repeat(4_000),
        "\0\u{1b}[31m".to_owned(),
        "ﷺ".repeat(3_000),
    ] {
        judge("x", &text, &text, &text);
        judge("bluesky", &format!("xn--{text}"), "", &text);
        judge("mastodon", "@@@", &text, "");
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(judge("x", "", "", ""), []);
    assert_eq!(Lookout::new(&[]).judge(&NetworkName::known("x"), &author("zephyrine", "Zephyrine", "")), []);
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged(handle in "\\PC{0,30}", name in "[\\PC\\pM\\p{Cf}zephyrine]{0,40}", bio in "\\PC{0,60}") {
        for suspicion in judge("mastodon", &handle, &name, &bio) {
            for signal in &suspicion.signals {
                proptest::prop_assert!(!describe(signal, true).contains(&signal.name));
            }
        }
    }

    #[test]
    fn an_official_account_is_never_suspect(name in "\\PC{0,30}", bio in "\\PC{0,60}", upper in proptest::bool::ANY, at in proptest::bool::ANY) {
        let handle = if upper { "ASKZEPHYRINE" } else { "askzephyrine" };
        let handle = if at { format!("@{handle}") } else { handle.to_owned() };
        proptest::prop_assert_eq!(judge("x", &handle, &name, &bio), vec![]);
    }
}
