//! How a person ends all mails to an address: the last line of every mail but the one that asks, in both parts. Programs find
//! the same in the header (RFC 8058).

use maud::html;

use super::clean::short;
use super::theme::SOFT;
use super::words::Language;
use super::{Letter, Unsubscribe};

/// The end of the last line of every page.
const END: &str = "</p>";

impl Letter {
    /// Says at the end how mails to `address` are ended.
    pub fn leave(&mut self, way: &Unsubscribe, address: &str, language: Language) {
        let (href, link) = match way {
            Unsubscribe::Link(url) => (url.clone(), language.say("Unsubscribe", "Se\u{a0}désabonner")),
            Unsubscribe::Mail(_) => {
                (way.address(), language.say("Unsubscribe by e-mail", "Se\u{a0}désabonner par courriel"))
            }
        };
        let address = short(address, 120);
        let why = language.say(
            format!("To get no more mails of any kind at {address}:"),
            format!("Pour ne plus recevoir aucun message à {address}\u{a0}:"),
        );
        let line = html! {
            p class=(SOFT.class) style={ "margin:0 0 8px 0;font-size:14px;line-height:20px;" (SOFT) } {
                (why) " "
                a class=(SOFT.class) style={ (SOFT) "text-decoration:underline" } href=(href) rel="noreferrer nofollow" { (link) }
            }
        };
        if let Some(end) = self.html.rfind(END) {
            self.html.insert_str(end + END.len(), &line.into_string());
        }
        let mut lines = super::text::Lines::default();
        lines.say(&why).raw(&href);
        self.text += &lines.finish();
    }
}

impl Unsubscribe {
    /// The address that a link or a header leads to.
    pub(super) fn address(&self) -> String {
        match self {
            Unsubscribe::Link(url) => url.clone(),
            Unsubscribe::Mail(address) => {
                format!("mailto:{}?subject=unsubscribe", super::alert::encoded(address, "@.-_+"))
            }
        }
    }
}
