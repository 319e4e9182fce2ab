//! Bytes of a feed to text: byte order mark, HTTP charset, XML declaration, UTF-8, windows-1252.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far the XML declaration is looked for.
const DECLARATION: usize = 1024;

/// The text of a body. Never fails: what no encoding explains is read as windows-1252.
pub(super) fn text<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let text = by_mark(body).unwrap_or_else(|| by_label(body, content_type));
    // XML has no NUL; a feed with some is broken, not secret
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { text }
}

/// By the byte order mark, or by the zeros that wide encodings put around the first `<`.
fn by_mark(body: &[u8]) -> Option<Cow<'_, str>> {
    match body {
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(wide(rest, u32::from_be_bytes)),
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(wide(rest, u32::from_le_bytes)),
        [0, 0, 0, b'<' | b'{', ..] => Some(wide(body, u32::from_be_bytes)),
        [b'<' | b'{', 0, 0, 0, ..] => Some(wide(body, u32::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] | rest @ [0, b'<' | b'{', 0, _, ..] => {
            Some(UTF_16BE.decode_without_bom_handling(rest).0)
        }
        [0xff, 0xfe, rest @ ..] | rest @ [b'<' | b'{', 0, _, 0, ..] => {
            Some(UTF_16LE.decode_without_bom_handling(rest).0)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(utf8_or_western(rest)),
        _ => None,
    }
}

fn by_label<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let head = body.get(..DECLARATION).unwrap_or(body);
    let labels = [content_type.and_then(charset).map(str::to_owned), declared(head)];
    for encoding in labels.iter().flatten().filter_map(|label| Encoding::for_label(label.as_bytes())) {
        // a readable declaration cannot stand in a wide encoding
        if encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE {
            continue;
        }
        // servers call UTF-8 "iso-8859-1" by default; the reverse accident does not happen by chance
        if encoding.is_single_byte() && !body.is_ascii() && std::str::from_utf8(body).is_ok() {
            continue;
        }
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) {
            return text;
        }
    }
    utf8_or_western(body)
}

/// UTF-8 if it is, or if it nearly is: one bad byte must not turn every accent of a feed into rubbish.
fn utf8_or_western(body: &[u8]) -> Cow<'_, str> {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        good = good.saturating_add(chunk.valid().chars().filter(|one| !one.is_ascii()).count());
        // a sequence cut off by the end of the body is no sign of another encoding
        let cut = chunk.invalid().len() > 1 || chunk.invalid().is_empty();
        bad = bad.saturating_add(usize::from(!cut));
    }
    if bad == 0 || good >= bad.saturating_mul(4) {
        String::from_utf8_lossy(body)
    } else {
        WINDOWS_1252.decode_without_bom_handling(body).0
    }
}

/// UTF-32, which browsers (and so `encoding_rs`) have given up.
fn wide<'a>(body: &[u8], number: fn([u8; 4]) -> u32) -> Cow<'a, str> {
    body.as_chunks::<4>()
        .0
        .iter()
        .map(|four| char::from_u32(number(*four)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The charset of a `Content-Type`.
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// The encoding that the XML declaration names.
fn declared(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let (_, declaration) = head.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|one| matches!(one, '"' | '\''))?;
    value.split(quote).nth(1).map(|label| label.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], content_type: Option<&str>, expected: &str) {
        assert_eq!(text(body, content_type), expected);
    }

    #[test]
    fn the_order_is_mark_header_declaration_utf8_western() {
        check(b"\xef\xbb\xbf<a>\xc3\xa9</a>", Some("text/xml; charset=iso-8859-2"), "<a>é</a>");
        check(b"<a>\xe9\xe8</a>", Some("text/xml; charset=\"ISO-8859-1\""), "<a>éè</a>");
        let declared = b"<?xml version='1.0' encoding='koi8-r'?><a>\xd1</a>";
        check(declared, None, "<?xml version='1.0' encoding='koi8-r'?><a>я</a>");
        check(declared, Some("a/b;charset=windows-1251"), "<?xml version='1.0' encoding='koi8-r'?><a>С</a>");
        check("<a>é</a>".as_bytes(), Some("text/xml;charset=iso-8859-1"), "<a>é</a>");
        check(b"<a>caf\xe9</a>", Some("text/xml; charset=utf-8"), "<a>café</a>");
        check(b"<?xml encoding='nonsense'?>\x93", None, "<?xml encoding='nonsense'?>“");
    }

    #[test]
    fn wide_encodings_need_no_mark() {
        for wide in [
            "<a>é".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>(),
            "<a>é".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "<a>é".chars().flat_map(|one| u32::from(one).to_be_bytes()).collect(),
            "<a>é".chars().flat_map(|one| u32::from(one).to_le_bytes()).collect(),
            "\u{feff}<a>é".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            check(&wide, None, "<a>é");
        }
    }

    #[test]
    fn a_stray_byte_does_not_spoil_the_rest() {
        check(b"\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xb9 \xff", None, "éèàù \u{fffd}");
        check(b"<a>\xe2\x82", None, "<a>\u{fffd}");
    }
}
