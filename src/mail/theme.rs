//! The colours of mails, each for light and for dark screens, and the one style sheet. Every colour stands
//! inline as well, so that a mail program that drops style sheets shows the light mail whole.

/// A colour for light screens and one for dark screens, as `#rrggbb`.
pub type Pair = (&'static str, &'static str);

/// What one class of things looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    /// The class by which the style sheet changes it on dark screens.
    pub class: &'static str,
    /// Its background.
    pub back: Option<Pair>,
    /// Its text.
    pub ink: Option<Pair>,
    /// The line round it or beside it.
    pub line: Option<Pair>,
}

const NONE: Paint = Paint { class: "", back: None, ink: None, line: None };

/// Behind everything.
pub const PAGE: Paint = Paint { class: "pg", back: Some(("#e8edf1", "#0e151c")), ..NONE };
/// Behind one thing told.
pub const CARD: Paint = Paint { class: "cd", back: Some(("#fbfcfd", "#18232d")), ..NONE };
/// Behind what strangers said.
pub const QUOTE: Paint =
    Paint { class: "qt", back: Some(("#f0f4f7", "#202d39")), ink: Some(("#1b2733", "#e7ecf1")), line: None };
/// Text.
pub const INK: Paint = Paint { class: "ik", ink: Some(("#1b2733", "#e7ecf1")), ..NONE };
/// Text of second rank.
pub const SOFT: Paint = Paint { class: "sf", ink: Some(("#52606d", "#a7b5c1")), ..NONE };
/// Links and the name.
pub const ACCENT: Paint = Paint { class: "ac", ink: Some(("#0a636d", "#67cfd2")), ..NONE };
/// What is serious.
pub const ALARM: Paint = Paint { class: "al", ink: Some(("#a3311c", "#ffa08b")), ..NONE };
/// A keyword that was found.
pub const MARK: Paint =
    Paint { class: "mk", back: Some(("#fde491", "#6a5210")), ink: Some(("#1b2733", "#fdf4d3")), line: None };
/// What may be missing or wrong.
pub const NOTE: Paint = Paint {
    class: "nt",
    back: Some(("#fff3d6", "#33290f")),
    ink: Some(("#5f4207", "#f3da95")),
    line: Some(("#ecd9a4", "#5a4a1e")),
};
/// The label of what comes from the shipped example.
pub const EXAMPLE: Paint =
    Paint { class: "ex", back: Some(("#e5e1f6", "#332c57")), ink: Some(("#46358a", "#d4cbfb")), line: None };
/// The label of a brand.
pub const BRAND: Paint =
    Paint { class: "br", back: Some(("#d9eef0", "#143f43")), ink: Some(("#0a535c", "#a9e6e7")), line: None };
/// The label of something serious.
pub const DANGER: Paint =
    Paint { class: "dg", back: Some(("#fbe3dd", "#4a2018")), ink: Some(("#8c2715", "#ffc0b1")), line: None };
/// A link to press.
pub const BUTTON: Paint =
    Paint { class: "bt", back: Some(("#0a636d", "#67cfd2")), ink: Some(("#fbfcfd", "#0e151c")), line: None };
/// The bar of our brand.
pub const OURS: Paint = Paint { class: "bo", back: Some(("#0d7a86", "#45b8bd")), ..NONE };
/// The bar of a competitor.
pub const THEIRS: Paint = Paint { class: "bc", back: Some(("#75879a", "#7f93a7")), ..NONE };
/// The bar of what speaks ill.
pub const ILL: Paint = Paint { class: "bi", back: Some(("#c0452c", "#e8735a")), ..NONE };
/// What a bar does not fill.
pub const TRACK: Paint = Paint { class: "tk", back: Some(("#e2e8ed", "#263440")), ..NONE };
/// The line between two things.
pub const RULE: Paint = Paint { class: "rl", line: Some(("#dce3e9", "#2d3b48")), ..NONE };
/// The edge of a card that tells of a mention.
pub const EDGE: Paint = Paint { class: "ed", line: Some(("#0d7a86", "#45b8bd")), ..NONE };
/// The edge of a card that tells of something serious.
pub const EDGE_ALARM: Paint = Paint { class: "ea", line: Some(("#c0452c", "#e8735a")), ..NONE };

/// All of them.
pub const ALL: &[Paint] = &[
    PAGE, CARD, QUOTE, INK, SOFT, ACCENT, ALARM, MARK, NOTE, EXAMPLE, BRAND, DANGER, BUTTON, OURS, THEIRS,
    ILL, TRACK, RULE, EDGE, EDGE_ALARM,
];

/// Fonts that are already on the reader's machine.
pub(super) const FONT: &str =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

impl Paint {
    /// The light colours, to stand inline.
    pub(super) fn css(&self) -> String {
        self.rules(|(light, _)| light, "")
    }

    fn rules(&self, shade: fn(Pair) -> &'static str, end: &str) -> String {
        [("background-color", self.back), ("color", self.ink), ("border-color", self.line)]
            .into_iter()
            .filter_map(|(name, pair)| pair.map(|pair| format!("{name}:{}{end};", shade(pair))))
            .collect()
    }
}

impl maud::Render for Paint {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.css());
    }
}

/// The style sheet: narrow screens, and dark ones, where every inline colour is overruled.
pub(super) fn style_sheet() -> String {
    let dark = |prefix: &str| -> String {
        ALL.iter()
            .map(|paint| {
                format!("{prefix}.{}{{{}}}", paint.class, paint.rules(|(_, dark)| dark, "!important"))
            })
            .collect()
    };
    format!(
        ":root{{color-scheme:light dark;supported-color-schemes:light dark}}\
         @media(max-width:480px){{.pad{{padding:20px 18px!important}}.out{{padding:12px 8px!important}}\
         .h1{{font-size:22px!important;line-height:28px!important}}.dh{{display:none!important}}}}\
         @media(prefers-color-scheme:dark){{{}}}{}",
        dark(""),
        // Outlook on the web marks what it recolours.
        [PAGE, CARD, INK, SOFT]
            .iter()
            .map(|paint| {
                format!("[data-ogsc] .{}{{{}}}", paint.class, paint.rules(|(_, dark)| dark, "!important"))
            })
            .collect::<String>(),
    )
}

/// All colours as variables of a style sheet, for pages that are no mails: `--qt` for what a thing is, `--qt-ink` for
/// text on it, `--qt-line` round it; light, and dark where the screen is.
pub(crate) fn variables() -> String {
    let (light, dark) = (colours(|(light, _)| light), colours(|(_, dark)| dark));
    format!(":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")
}

fn colours(shade: fn(Pair) -> &'static str) -> String {
    ALL.iter()
        .flat_map(|paint| named(paint, shade))
        .map(|(name, colour)| format!("--{name}:{colour};"))
        .collect()
}

fn named(paint: &Paint, shade: fn(Pair) -> &'static str) -> Vec<(String, &'static str)> {
    let Paint { class, back, ink, line } = *paint;
    let all = [(class.to_owned(), back), (format!("{class}-ink"), ink), (format!("{class}-line"), line)];
    let mut named: Vec<(String, &'static str)> =
        all.into_iter().filter_map(|(name, pair)| Some((name, shade(pair?)))).collect();
    // What is only a text or only a line goes by its name alone.
    if back.is_none()
        && let Some((name, _)) = named.first_mut()
    {
        class.clone_into(name);
    }
    named
}
