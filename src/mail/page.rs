//! What every mail looks like: one column of 600 pixels, made of tables, in colours of [`super::theme`].
#![expect(clippy::needless_pass_by_value, reason = "markup is written where it is handed over")]

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::clean::{Link, Piece};
use super::theme::{
    ACCENT, BUTTON, CARD, EXAMPLE, FONT, INK, MARK, NOTE, PAGE, Paint, QUOTE, RULE, SOFT, TRACK, style_sheet,
};
use super::words::Language;
use crate::share::Permille;

/// Mail programs cut HTML parts at about 102 KB; what comes after is never read. How mails are ended and somebody's own name
/// come on top of this.
pub(super) const LIMIT: usize = 98_000;

/// The frame of a mail.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) language: Language,
    /// The subject.
    pub(super) title: &'a str,
    /// What lists of mails show beside the subject.
    pub(super) preheader: &'a str,
    /// What kind of mail it is, at the head.
    pub(super) label: &'a str,
    /// Cards, each a row.
    pub(super) body: Markup,
    /// Why the reader gets this and how to change it.
    pub(super) footer: &'a [String],
}

impl Page<'_> {
    pub(super) fn render(self) -> String {
        let whole = html! {
            (DOCTYPE)
            html lang=(self.language.code()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                    title { (self.title) }
                    style { (PreEscaped(style_sheet())) }
                }
                body class=(PAGE.class) style={ "margin:0;padding:0;" (PAGE) } {
                    div style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (self.preheader) }
                    (table(&PAGE, html! {
                        tr { td class="out" align="center" style="padding:24px 12px" {
                            table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"
                                style={ "width:100%;max-width:600px;text-align:left;font-size:16px;line-height:24px;word-break:break-word;overflow-wrap:anywhere;" (FONT) (INK) } class=(INK.class) {
                                (self.masthead())
                                (self.body)
                                tr { td style="padding:8px 24px 24px 24px" {
                                    @for line in self.footer {
                                        p class=(SOFT.class) style={ "margin:0 0 8px 0;font-size:14px;line-height:20px;" (SOFT) } { (line) }
                                    }
                                } }
                            }
                        } }
                    }))
                }
            }
        };
        whole.into_string()
    }

    fn masthead(&self) -> Markup {
        html! {
            tr { td style="padding:0 4px 12px 4px" { (table_plain(html! { tr {
                (PreEscaped(plain_name(&ACCENT.css())))
                td class=(SOFT.class) align="right" style={ "font-size:14px;line-height:24px;" (SOFT) } { (self.label) }
            } })) } }
        }
    }
}

/// The cell with the name at the head of every mail. It is found again by how it looks.
pub(super) fn plain_name(ink: &str) -> String {
    let cell = html! { td class=(ACCENT.class) style={ "font-size:20px;line-height:24px;font-weight:700;" (ink) } { "Vigie" } };
    cell.into_string()
}

/// The same with something else in it, on a ground of its own when there is one.
pub(super) fn name_cell(content: &Markup, ground: &str) -> String {
    let room =
        if ground.is_empty() { "" } else { "display:inline-block;padding:7px 14px;border-radius:8px;" };
    let class = if ground.is_empty() { ACCENT.class } else { "" };
    let ink = if ground.is_empty() { ACCENT.css() } else { String::new() };
    let cell = html! { td style="font-size:20px;line-height:24px;font-weight:700;" {
        span class=(class) style={ (room) (ink) (ground) } { (content) }
    } };
    cell.into_string()
}

/// A table over the whole width on a background.
pub(super) fn table(paint: &Paint, rows: Markup) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class=(paint.class) style=(paint.css()) { (rows) }
    }
}

/// A table over the whole width.
pub(super) fn table_plain(rows: Markup) -> Markup {
    html! { table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" { (rows) } }
}

/// A row that holds one card.
pub(super) fn card(content: Markup) -> Markup {
    row(CARD.class, "", content)
}

/// A row that holds one card with a coloured edge at the `top` or `left`.
pub(super) fn framed(side: &str, edge: &Paint, content: Markup) -> Markup {
    let class = format!("{} {}", CARD.class, edge.class);
    row(&class, &format!("border-{side}-width:4px;border-{side}-style:solid;{}", edge.css()), content)
}

fn row(class: &str, line: &str, content: Markup) -> Markup {
    html! {
        tr { td style="padding:0 0 12px 0" {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class=(class)
                style={ (CARD) (line) "border-radius:10px;border-collapse:separate" } {
                tr { td class="pad" style="padding:24px 26px" { (content) } }
            }
        } }
    }
}

/// The first card: what happened, in one line.
pub(super) fn hero(edge: &Paint, kicker: &str, headline: &str, below: Markup) -> Markup {
    framed(
        "top",
        edge,
        html! {
            p class=(SOFT.class) style={ "margin:0 0 6px 0;font-size:14px;line-height:20px;" (SOFT) } { (kicker) }
            h1 class={ "h1 " (INK.class) } style={ "margin:0;font-size:26px;line-height:33px;font-weight:700;" (INK) } { (headline) }
            (below)
        },
    )
}

/// The heading of a card.
pub(super) fn heading(text: &str) -> Markup {
    html! { h2 class=(INK.class) style={ "margin:0 0 14px 0;font-size:19px;line-height:26px;font-weight:700;" (INK) } { (text) } }
}

/// A line of second rank.
pub(super) fn soft(content: Markup) -> Markup {
    html! { p class=(SOFT.class) style={ "margin:4px 0 0 0;font-size:14px;line-height:21px;" (SOFT) } { (content) } }
}

/// A paragraph.
pub(super) fn paragraph(content: Markup) -> Markup {
    html! { p class=(INK.class) style={ "margin:10px 0 0 0;font-size:16px;line-height:24px;" (INK) } { (content) } }
}

/// A row that warns.
pub(super) fn note(content: Markup) -> Markup {
    html! {
        tr { td style="padding:0 0 12px 0" {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class=(NOTE.class)
                style={ (NOTE) "border-width:1px;border-style:solid;border-radius:10px;border-collapse:separate" } {
                tr { td class=(NOTE.class) style={ "padding:14px 18px;font-size:15px;line-height:22px;" (NOTE) "border-radius:10px" } { (content) } }
            }
        } }
    }
}

/// A small label.
pub(super) fn label(paint: &Paint, text: &str) -> Markup {
    html! {
        span class=(paint.class) style={ "padding:2px 9px;border-radius:10px;font-size:13px;line-height:20px;font-weight:600;white-space:nowrap;" (paint) } { (text) }
    }
}

/// The label of what comes from the shipped example.
pub(super) fn example(language: Language) -> Markup {
    html! { " " (label(&EXAMPLE, language.say("example", "exemple"))) }
}

/// A link in a line of text, with its host.
pub(super) fn link(link: &Link, text: &str) -> Markup {
    html! { a class=(ACCENT.class) href=(link.href) rel="noreferrer nofollow" style={ (ACCENT) "text-decoration:underline" } { (text) } }
}

/// A part of a post with its keywords marked.
pub(super) fn pieces(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @if piece.marked {
                strong class=(MARK.class) style={ (MARK) "padding:0 2px;border-radius:3px" } { (piece.text) }
            } @else { (piece.text) }
        }
    }
}

/// What a stranger said, keywords marked.
pub(super) fn quote(title: Option<&[Piece]>, text: &[Piece]) -> Markup {
    html! {
        @if title.is_some() || !text.is_empty() {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class=(QUOTE.class)
                style={ "margin:12px 0 0 0;" (QUOTE) "border-radius:8px;border-collapse:separate" } {
                tr { td class=(QUOTE.class) style={ "padding:12px 16px;font-size:16px;line-height:25px;" (QUOTE) "border-radius:8px" } {
                    @if let Some(title) = title { strong { (pieces(title)) } @if !text.is_empty() { br; } }
                    (pieces(text))
                } }
            }
        }
    }
}

/// A link to press, which says where it leads.
pub(super) fn button(link: &Link, text: &str) -> Markup {
    html! {
        table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:18px 0 0 0" { tr {
            td class=(BUTTON.class) style={ "border-radius:7px;" (BUTTON) } {
                a class=(BUTTON.class) href=(link.href) rel="noreferrer nofollow"
                    style={ "display:inline-block;padding:10px 18px;font-size:15px;line-height:20px;font-weight:600;text-decoration:none;border-radius:7px;" (BUTTON) } { (text) }
            }
        } }
    }
}

/// A bar that fills `part` of its width.
pub(super) fn bar(paint: &Paint, part: Permille, height: u16) -> Markup {
    // A share that is not nothing is always seen.
    let percent = if part.0 == 0 { 0 } else { part.0.div_ceil(10).clamp(1, 100) };
    let cell = format!("height:{height}px;font-size:0;line-height:0;border-radius:{}px;", height / 2);
    html! {
        table role="presentation" aria-hidden="true" width="100%" cellpadding="0" cellspacing="0" border="0" class=(TRACK.class)
            style={ (TRACK) "border-radius:" (height / 2) "px;border-collapse:separate" } { tr {
            @if percent > 0 { td class=(paint.class) width={ (percent) "%" } height=(height) style={ (cell) (paint) } { "\u{a0}" } }
            @if percent < 100 { td height=(height) style=(cell) { "\u{a0}" } }
        } }
    }
}

/// A picture that stands in the mail itself, as wide as its card at most.
pub(super) fn picture(id: &str, alt: &str, (width, height): (u32, u32)) -> Markup {
    html! {
        img src={ "cid:" (id) } alt=(alt) width=(width) height=(height) border="0"
            style={ "display:block;border:0;width:100%;max-width:" (width) "px;height:auto;margin:16px 0 0 0;border-radius:8px;font-size:14px;line-height:20px" };
    }
}

/// Figures beside their bars: what each is, the figure, and how much of the largest it is.
pub(super) fn bars(rows: &[(String, String, Permille, &Paint)]) -> Markup {
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:14px 0 0 0" {
            @for (name, figure, part, paint) in rows {
                tr {
                    td class=(SOFT.class) width="34%" style={ "padding:4px 10px 4px 0;font-size:14px;line-height:20px;" (SOFT) } { (name) }
                    td class=(INK.class) width="16%" align="right" style={ "padding:4px 12px 4px 0;font-size:15px;line-height:20px;font-weight:700;white-space:nowrap;" (INK) } { (figure) }
                    td width="50%" style="padding:4px 0" { (bar(paint, *part, 10)) }
                }
            }
        }
    }
}

/// A line between two things of a card.
pub(super) fn rule() -> Markup {
    html! {
        (table_plain(html! { tr { td class=(RULE.class) height="1" style={ "border-top-width:1px;border-top-style:solid;padding:0 0 16px 0;font-size:0;line-height:0;" (RULE) } { "\u{a0}" } } }))
    }
}
