//! Makes a printed report the same bytes each time: Chromium writes into a PDF when it was printed, and numbers the cells of
//! tables after whatever else it did before.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::time::Time;

/// The keys whose values are moments.
const MOMENTS: [&[u8]; 2] = [b"/CreationDate", b"/ModDate"];
/// The key of the two names of a file, in its trailer.
const NAMES: &[u8] = b"/ID";

/// How names of cells begin; eight digits follow.
const CELL: &[u8] = b"(node";

/// Puts `at` in the place of the moments of printing, and names that follow from the rest of the bytes in the place of
/// drawn ones. No length changes, so the offsets inside the file hold.
pub(super) fn timeless(pdf: &mut [u8], at: Time) {
    for key in MOMENTS {
        for start in places(pdf, key) {
            moment(pdf.get_mut(start..).unwrap_or_default(), at);
        }
    }
    cells(pdf);
    let places = places(pdf, NAMES);
    for start in &places {
        names(pdf.get_mut(*start..).unwrap_or_default(), b"0");
    }
    let print: String = Sha256::digest(&*pdf).iter().map(|byte| format!("{byte:02X}")).collect();
    for start in places {
        names(pdf.get_mut(start..).unwrap_or_default(), print.as_bytes());
    }
}

/// Where the value of each `key` begins.
fn places(pdf: &[u8], key: &[u8]) -> Vec<usize> {
    let found = pdf.windows(key.len()).enumerate().filter(|(_, window)| *window == key);
    found.map(|(place, _)| place + key.len()).collect()
}

/// Counts the cells anew, from one, in the order that they have: the file lists them in it.
fn cells(pdf: &mut [u8]) {
    const DIGITS: usize = 8;
    let named = places(pdf, CELL).into_iter().filter_map(|start| {
        let number = pdf.get(start..start + DIGITS)?;
        let closed = pdf.get(start + DIGITS) == Some(&b')');
        (closed && number.iter().all(u8::is_ascii_digit)).then(|| (start, number.to_vec()))
    });
    let named: Vec<(usize, Vec<u8>)> = named.collect();
    let all: BTreeSet<Vec<u8>> = named.iter().map(|(_, number)| number.clone()).collect();
    let places: Vec<Vec<u8>> = all.into_iter().collect();
    for (start, number) in named {
        let place = places.binary_search(&number).unwrap_or_default() + 1;
        let anew = format!("{place:0DIGITS$}");
        if let Some(to) = pdf.get_mut(start..start + DIGITS).filter(|to| to.len() == anew.len()) {
            to.copy_from_slice(anew.as_bytes());
        }
    }
}

/// What follows white space and this `opening`.
fn after<'a>(value: &'a mut [u8], opening: &[u8]) -> Option<&'a mut [u8]> {
    let space = value.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let opened = value.get(space..)?.starts_with(opening);
    if opened { value.get_mut(space + opening.len()..) } else { None }
}

/// Overwrites `(D:20261127023000+01'00')`: the digits by those of `at`, as many as there are, and the zone by UTC.
fn moment(value: &mut [u8], at: Time) {
    let Some(rest) = after(value, b"(D:") else { return };
    let Some(end) = rest.iter().position(|byte| *byte == b')') else { return };
    let rest = rest.get_mut(..end).unwrap_or_default();
    let known = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'\'' | b'Z');
    if !rest.iter().all(known) {
        return;
    }
    let digits = at.stamp().strftime("%Y%m%d%H%M%S").to_string();
    let mut digits = digits.bytes();
    let mut zone = false;
    for byte in rest {
        zone |= !byte.is_ascii_digit();
        match byte {
            b'0'..=b'9' if zone => *byte = b'0',
            b'0'..=b'9' => *byte = digits.next().unwrap_or(b'0'),
            b'-' => *byte = b'+',
            _ => {}
        }
    }
}

/// Overwrites the digits of `[<0A1B…> <0A1B…>]` by those of `with`, over and over.
fn names(value: &mut [u8], with: &[u8]) {
    let Some(rest) = after(value, b"[") else { return };
    let Some(end) = rest.iter().position(|byte| *byte == b']') else { return };
    let rest = rest.get_mut(..end).unwrap_or_default();
    let known =
        |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>');
    if !rest.iter().all(known) {
        return;
    }
    let mut digits = with.iter().cycle();
    for byte in rest.iter_mut().filter(|byte| byte.is_ascii_hexdigit()) {
        *byte = *digits.next().unwrap_or(&b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        timeless(&mut bytes, Time::parse("2026-03-15T00:00:00Z").unwrap());
        assert_eq!(bytes.len(), text.len());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_moment_of_printing_goes_wherever_it_stands() {
        let pdf = |moment: &str, name: &str| {
            format!(
                "%PDF-1.4\n1 0 obj\n<</Creator (Chromium)\n/CreationDate (D:{moment})\n/ModDate(D:{moment})>>\nendobj\n\
                 trailer\n<</Info 1 0 R /ID [<{name}> <{name}>]>>\nstartxref\n9\n%%EOF\n"
            )
        };
        let first = told(&pdf("20261127023000+00'00'", "00112233445566778899AABBCCDDEEFF"));
        let second = told(&pdf("20261128111213-05'30'", "FFEEDDCCBBAA99887766554433221100"));
        assert_eq!(first, second);
        assert!(
            first.contains("/CreationDate (D:20260315000000+00'00')\n/ModDate(D:20260315000000+00'00')"),
            "{first}"
        );
        assert!(!first.contains("0011223344556677") && first.contains("startxref\n9\n"), "{first}");
        // Another text is another file, and has another name.
        let other = told(&pdf("20261127023000Z", "00112233445566778899AABBCCDDEEFF"));
        let name = |pdf: &str| pdf.split_once("/ID [<").unwrap().1.get(..32).unwrap().to_owned();
        assert_ne!(name(&first), name(&other));
    }

    #[test]
    fn cells_are_counted_from_one_in_their_order() {
        assert_eq!(
            told(
                "/ID (node00000033)/Headers [(node00000033)(node00000040)]/ID (node00000040)(node7)(node00000009x"
            ),
            "/ID (node00000001)/Headers [(node00000001)(node00000002)]/ID (node00000002)(node7)(node00000009x"
        );
    }

    #[test]
    fn what_is_no_moment_stays() {
        for text in [
            "/CreationDate",
            "/ModDate (D:",
            "/ModDate (yesterday)",
            "/CreationDate (D:soon)",
            "/ID [a",
            "/ID 7",
        ] {
            assert_eq!(told(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_keep_their_length_and_no_more_changes(bytes: Vec<u8>, keys in "(/(CreationDate|ModDate|ID) ?[(\\[]?(D:)?[0-9<>)+' \\]]{0,9}){0,4}") {
            let mut pdf = [bytes.as_slice(), keys.as_bytes()].concat();
            let long = pdf.len();
            timeless(&mut pdf, Time(0));
            prop_assert_eq!(pdf.len(), long);
            let once = pdf.clone();
            timeless(&mut pdf, Time(0));
            prop_assert_eq!(pdf, once);
        }
    }
}
