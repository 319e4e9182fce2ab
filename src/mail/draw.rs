//! What pages that are no mails draw alike.

use maud::{Markup, html};

use super::clean::Piece;
use crate::share::Permille;

/// French quotation marks kept with what they enclose.
pub(crate) fn unbroken(text: &str) -> String {
    text.replace("« ", "«\u{a0}").replace(" »", "\u{a0}»")
}

/// A part of a post with its keywords marked.
pub(crate) fn pieces(pieces: &[Piece]) -> Markup {
    html! { @for piece in pieces { @if piece.marked { mark { (piece.text) } } @else { (piece.text) } } }
}

/// A bar that fills `part` of its width. Drawn, since a strict policy lets no style stand in the page.
pub(crate) fn bar(part: Permille, class: &str) -> Markup {
    // A share that is not nothing is always seen.
    let width = if part.0 == 0 { 0 } else { part.0.max(8) };
    html! {
        svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" width="1000" height="10" {}
            rect class=(class) width=(width) height="10" {}
        }
    }
}
