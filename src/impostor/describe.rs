//! Signals as sentences for mails and lists.

use super::Signal;

/// One plain sentence about a signal.
pub fn describe(signal: &Signal, french: bool) -> String {
    let (english, french_text) = match signal.name.as_str() {
        "handle_equal" => {
            ("the handle is the brand's name: “{raw}”", "l'identifiant est le nom de la marque : « {raw} »")
        }
        "handle_confusable" => (
            "the handle reads as “{folded}” but is written with other letters: “{raw}”",
            "l'identifiant se lit « {folded} » mais s'écrit avec d'autres lettres : « {raw} »",
        ),
        "handle_look_alike" => (
            "the handle “{raw}” has digits or letters that look like those of the brand",
            "l'identifiant « {raw} » contient des chiffres ou des lettres qui ressemblent à ceux de la marque",
        ),
        "handle_support" => (
            "the handle joins the brand to a word of customer service: “{raw}”",
            "l'identifiant joint à la marque un mot de service client : « {raw} »",
        ),
        "handle_lure" => (
            "the handle joins the brand to a lure: “{raw}”",
            "l'identifiant joint un appât à la marque : « {raw} »",
        ),
        "handle_digits" => (
            "the handle is the brand's name and digits: “{raw}”",
            "l'identifiant est le nom de la marque suivi de chiffres : « {raw} »",
        ),
        "handle_affix" => (
            "the handle is the brand's name and little else: “{raw}”",
            "l'identifiant est le nom de la marque à peu de chose près : « {raw} »",
        ),
        "handle_inside" => (
            "the handle contains the brand's name: “{raw}”",
            "l'identifiant contient le nom de la marque : « {raw} »",
        ),
        "handle_near" => (
            "the handle is a slip away from the brand's: “{raw}”",
            "l'identifiant est à une faute de frappe de celui de la marque : « {raw} »",
        ),
        "handle_domain" => (
            "the handle is a domain that is not the brand's: “{raw}”",
            "l'identifiant est un domaine qui n'est pas à la marque : « {raw} »",
        ),
        "display_name_equal" => {
            ("the display name is the brand's: “{raw}”", "le nom affiché est celui de la marque : « {raw} »")
        }
        "display_name_confusable" => (
            "the display name reads as “{folded}” but is written with other letters: “{raw}”",
            "le nom affiché se lit « {folded} » mais s'écrit avec d'autres lettres : « {raw} »",
        ),
        "display_name_accented" => (
            "the display name is the brand's with an accent: “{raw}”",
            "le nom affiché est celui de la marque avec un accent : « {raw} »",
        ),
        "display_name_look_alike" => (
            "the display name “{raw}” has digits or letters that look like those of the brand",
            "le nom affiché « {raw} » contient des chiffres ou des lettres qui ressemblent à ceux de la marque",
        ),
        "display_name_mixed" => (
            "the display name mixes alphabets to look like the brand's: “{raw}”",
            "le nom affiché mêle des alphabets pour ressembler à celui de la marque : « {raw} »",
        ),
        "display_name_near" | "display_name_near_long" => (
            "the display name is a slip away from the brand's: “{raw}”",
            "le nom affiché est à une faute de frappe de celui de la marque : « {raw} »",
        ),
        "display_name_support" => (
            "the display name joins the brand to customer service: “{raw}”",
            "le nom affiché joint la marque à un service client : « {raw} »",
        ),
        "display_name_agent" => (
            "the display name presents an agent of the brand: “{raw}”",
            "le nom affiché présente un agent de la marque : « {raw} »",
        ),
        "display_name_lure" => (
            "the display name joins the brand to a lure: “{raw}”",
            "le nom affiché joint un appât à la marque : « {raw} »",
        ),
        "display_name_names" => (
            "the display name contains the brand's name: “{raw}”",
            "le nom affiché contient le nom de la marque : « {raw} »",
        ),
        "display_name_title" => (
            "the display name is a bare title of customer service: “{raw}”",
            "le nom affiché est un simple titre de service client : « {raw} »",
        ),
        "bio_official" => {
            ("the profile says that it is official: “{raw}”", "le profil se dit officiel : « {raw} »")
        }
        "bio_support" => (
            "the profile offers the brand's customer service: “{raw}”",
            "le profil propose le service client de la marque : « {raw} »",
        ),
        "bio_lure" => (
            "the profile promises something to win or to get back: “{raw}”",
            "le profil promet un gain ou un remboursement : « {raw} »",
        ),
        "bio_contact" => (
            "the profile asks to talk elsewhere or in private: “{raw}”",
            "le profil invite à parler ailleurs ou en privé : « {raw} »",
        ),
        "bio_names" => ("the profile names the brand: “{raw}”", "le profil nomme la marque : « {raw} »"),
        "picture_copied" if signal.raw.is_empty() => {
            ("the picture is a copy of the brand's", "l'image est une copie de celle de la marque")
        }
        "picture_copied" => (
            "the picture is a copy of the brand's ({raw} of 64 bits of its hash differ)",
            "l'image est une copie de celle de la marque (écart : {raw} bits sur 64)",
        ),
        "account_young" => ("the account is young", "le compte est récent"),
        "account_few_followers" => ("the account has few followers", "le compte a peu d'abonnés"),
        "conduct_desk" => (
            "it answers the brand's customers as a help desk does: “{raw}”",
            "il répond aux clients de la marque comme un service client : « {raw} »",
        ),
        "conduct_private" => (
            "it asks the brand's customers to write in private: “{raw}”",
            "il demande aux clients de la marque d'écrire en privé : « {raw} »",
        ),
        "conduct_messenger" => (
            "it leads the brand's customers to another messenger: “{raw}”",
            "il mène les clients de la marque vers une autre messagerie : « {raw} »",
        ),
        "conduct_form" => (
            "it asks the brand's customers to fill in a form elsewhere: “{raw}”",
            "il demande aux clients de la marque de remplir un formulaire ailleurs : « {raw} »",
        ),
        "conduct_secret" => (
            "it asks the brand's customers for what must stay secret: “{raw}”",
            "il demande aux clients de la marque ce qui doit rester secret : « {raw} »",
        ),
        "conduct_remote" => (
            "it wants the brand's customers to hand over their device or wallet: “{raw}”",
            "il veut que les clients de la marque confient leur appareil ou leur portefeuille : « {raw} »",
        ),
        "conduct_call" => (
            "it asks the brand's customers to telephone: “{raw}”",
            "il demande aux clients de la marque de téléphoner : « {raw} »",
        ),
        "conduct_money" => (
            "it promises the brand's customers money: “{raw}”",
            "il promet de l'argent aux clients de la marque : « {raw} »",
        ),
        "conduct_urgent" => {
            ("it presses the brand's customers: “{raw}”", "il presse les clients de la marque : « {raw} »")
        }
        "conduct_same" => (
            "it tells several of the brand's customers the same: “{raw}”",
            "il dit la même chose à plusieurs clients de la marque : « {raw} »",
        ),
        "conduct_quick" => (
            "it answers the brand's customers within a quarter of an hour",
            "il répond aux clients de la marque en moins d'un quart d'heure",
        ),
        "not_speaking_for_it" => (
            "its answers speak for somebody else, or warn",
            "ses réponses parlent au nom d'un autre, ou mettent en garde",
        ),
        "not_sole_sense" => (
            "the name is also a person's, a place or a word",
            "le nom est aussi celui d'une personne, d'un lieu ou un mot",
        ),
        "not_labelled" => (
            "it says that it is a fan, a parody or not official",
            "le compte se dit fan, parodique ou non officiel",
        ),
        "not_staff_or_press" => (
            "it speaks as a person of the staff or the press",
            "le compte parle au nom d'un salarié ou de la presse",
        ),
        "not_third_party" => (
            "it speaks as a critic, a user group or a trade around the brand",
            "le compte parle en critique, en groupe d'usagers ou en professionnel autour de la marque",
        ),
        other => (other, other),
    };
    // As French is printed; a stranger's words, which come in below, stay as they are.
    let sentence = if french {
        french_text
            .replace('\'', "’")
            .replace("« ", "«\u{a0}")
            .replace(" »", "\u{a0}»")
            .replace(" :", "\u{a0}:")
    } else {
        english.to_owned()
    };
    let short = |text: &str| {
        let start: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
        if text.chars().count() > 80 { format!("{start}…") } else { start }
    };
    // One pass, so that a stranger's name that holds “{folded}” stays as it is.
    let mut out = String::new();
    let mut rest = sentence.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(&short(if slot == "folded" { &signal.folded } else { &signal.raw }));
        rest = after;
    }
    out + rest
}
