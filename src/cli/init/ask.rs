//! Questions on a terminal. Where nobody can answer, every answer is empty.

use std::io::{BufRead, Write};

use anyhow::Context as _;

use crate::cli::{Usage, clean};
use crate::fold;

/// Who asks, and where the answers come from.
pub(super) struct Asker<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    asking: bool,
}

impl<'a> Asker<'a> {
    /// Asks on `output` when `asking`.
    pub(super) fn new(input: &'a mut dyn BufRead, output: &'a mut dyn Write, asking: bool) -> Asker<'a> {
        Asker { input, output, asking }
    }

    /// One line, trimmed; `None` when nobody is asked or nothing was typed.
    pub(super) fn line(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        if !self.asking {
            return Ok(None);
        }
        write!(self.output, "{}: ", clean(question))?;
        self.output.flush()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line).context("failed to read the answer")?;
        if read == 0 {
            return Err(Usage("stopped before the last question; nothing was written".into()).into());
        }
        Ok(Some(line.trim().to_owned()).filter(|line| !line.is_empty()))
    }

    /// One line that may not be empty.
    pub(super) fn needed(&mut self, question: &str) -> anyhow::Result<String> {
        loop {
            if let Some(line) = self.line(question)? {
                return Ok(line);
            }
        }
    }

    /// Several answers on one line.
    pub(super) fn list(&mut self, question: &str) -> anyhow::Result<Vec<String>> {
        Ok(self.line(question)?.map(|line| split(&line)).unwrap_or_default())
    }

    /// Several words that can be found in a text; asked again until they can.
    pub(super) fn words(&mut self, question: &str) -> anyhow::Result<Vec<String>> {
        loop {
            let Some(line) = self.line(question)? else { return Ok(Vec::new()) };
            match findable(&line) {
                Ok(words) => return Ok(words),
                Err(error) => self.note(&error.to_string()),
            }
        }
    }

    /// Tells something between questions.
    pub(super) fn note(&mut self, text: &str) {
        if self.asking {
            // When this cannot be shown, neither can the next question, which says so.
            drop(writeln!(self.output, "{}", clean(text)));
        }
    }
}

fn split(line: &str) -> Vec<String> {
    line.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The words of a list separated by commas, each with something to find in it.
pub(super) fn findable(list: &str) -> Result<Vec<String>, Usage> {
    let words = split(list);
    match words.iter().find(|word| fold::fold(word).chars().all(|c| c == ' ' || c == fold::LINK)) {
        Some(word) => {
            Err(Usage(format!("\"{}\" has no letter, digit or emoji to find", word.escape_debug())))
        }
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        typed: &str,
        ask: impl FnOnce(&mut Asker<'_>) -> anyhow::Result<Vec<String>>,
    ) -> (Vec<String>, String) {
        let (mut input, mut output) = (typed.as_bytes(), Vec::new());
        let answer = ask(&mut Asker::new(&mut input, &mut output, true)).unwrap_or_default();
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_needed_answer_is_asked_for_again() {
        let (answer, shown) = asked("\n \nAcme\n", |asker| Ok(vec![asker.needed("Your brand")?]));
        assert_eq!(
            (answer, shown.as_str()),
            (vec!["Acme".to_owned()], "Your brand: Your brand: Your brand: ")
        );
    }

    #[test]
    fn words_without_letters_are_asked_for_again() {
        let (answer, shown) = asked("jus, !!\njus , fruit,\n", |asker| asker.words("Words"));
        assert_eq!(answer, ["jus", "fruit"]);
        assert_eq!(shown, "Words: \"!!\" has no letter, digit or emoji to find\nWords: ");
    }

    #[test]
    fn an_end_of_input_is_no_answer() {
        let (mut input, mut output) = (&b""[..], Vec::new());
        assert!(Asker::new(&mut input, &mut output, true).line("Your brand").is_err());
    }
}
