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

    /// One line as `read` understands it; on a terminal it is asked for again until it does.
    pub(super) fn answer<T>(
        &mut self,
        question: &str,
        read: impl Fn(&str) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        if !self.asking {
            return read("");
        }
        loop {
            write!(self.output, "{}: ", clean(question))?;
            self.output.flush()?;
            let mut line = String::new();
            if self.input.read_line(&mut line).context("failed to read the answer")? == 0 {
                return Err(Usage("stopped before the last question; nothing was written".into()).into());
            }
            match read(line.trim()) {
                Ok(answer) => return Ok(answer),
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

/// The parts of a list separated by commas.
pub(super) fn split(line: &str) -> Vec<String> {
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

    #[test]
    fn what_is_not_understood_is_asked_for_again() {
        let (mut input, mut output) = (&b"jus, !!\njus , fruit,\n"[..], Vec::new());
        let mut asker = Asker::new(&mut input, &mut output, true);
        assert_eq!(asker.answer("Words", |line| Ok(findable(line)?)).unwrap(), ["jus", "fruit"]);
        let shown = String::from_utf8(output).unwrap();
        assert_eq!(shown, "Words: \"!!\" has no letter, digit or emoji to find\nWords: ");
    }

    #[test]
    fn an_end_of_input_is_no_answer() {
        let (mut input, mut output) = (&b"Acme"[..], Vec::new());
        let mut asker = Asker::new(&mut input, &mut output, true);
        assert_eq!(asker.answer("Your brand", |line| Ok(line.to_owned())).unwrap(), "Acme");
        assert!(asker.answer("Your competitors", |line| Ok(line.to_owned())).is_err());
    }

    #[test]
    fn where_nobody_answers_nothing_is_asked() {
        let (mut input, mut output) = (&b"Acme"[..], Vec::new());
        let answer =
            Asker::new(&mut input, &mut output, false).answer("Your brand", |line| Ok(line.to_owned()));
        assert_eq!((answer.unwrap(), output), (String::new(), Vec::new()));
    }
}
