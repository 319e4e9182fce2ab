//! The text part: 72 columns laid out by hand, for people who read mail in a terminal or aloud.

use textwrap::{Options, WordSeparator, WordSplitter};

use super::clean::Piece;
use crate::share::Permille;

/// The width that survives being quoted a few times.
const WIDTH: usize = 72;

/// Lines of a mail.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A paragraph, wrapped.
    pub(super) fn say(&mut self, text: &str) -> &mut Lines {
        self.hang("", "", text)
    }

    /// A paragraph whose first line starts with `first` and whose others start with `rest`.
    pub(super) fn hang(&mut self, first: &str, rest: &str, text: &str) -> &mut Lines {
        let options = Options::new(WIDTH)
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        for line in textwrap::wrap(text, options) {
            self.raw(line.trim_end());
        }
        self
    }

    /// A line as it is: an address must not be broken.
    pub(super) fn raw(&mut self, line: &str) -> &mut Lines {
        self.0.push_str(line);
        self.0.push('\n');
        self
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> &mut Lines {
        self.raw("")
    }

    /// A heading with a line of `sign` under it.
    pub(super) fn heading(&mut self, text: &str, sign: char) -> &mut Lines {
        let width = textwrap::core::display_width(text).min(WIDTH);
        self.say(text).raw(&sign.to_string().repeat(width))
    }

    /// A line over the whole width.
    pub(super) fn rule(&mut self) -> &mut Lines {
        self.raw(&"-".repeat(WIDTH))
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// The same text cut or filled up to `width` columns.
pub(super) fn column(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut wide = 0;
    for c in text.chars() {
        let more = textwrap::core::display_width(c.encode_utf8(&mut [0; 4]));
        if wide + more > width {
            break;
        }
        out.push(c);
        wide += more;
    }
    out + &" ".repeat(width.saturating_sub(wide))
}

/// A bar of `width` signs.
pub(super) fn bar(Permille(part): Permille, width: usize) -> String {
    let full = (usize::from(part) * width).div_ceil(1000).min(width);
    "#".repeat(full) + &".".repeat(width - full)
}

/// A part of a post, its keywords in brackets.
pub(super) fn pieces(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() })
        .collect()
}
