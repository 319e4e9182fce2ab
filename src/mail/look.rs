//! Mails in somebody else's clothes: a name, a logo and a colour in the place of Vigie's own.

use std::io::Cursor;

use image::ImageReader;

use super::clean::short;
use super::page;
use super::theme::{BUTTON, CARD, OURS};
use super::{Letter, Picture};

/// The largest logo, in bytes: it travels in every mail.
pub const LOGO: usize = 100_000;
/// The most that a logo is shown large.
const TALL: u32 = 44;
const WIDE: u32 = 240;
/// Letters of a name.
const NAME: usize = 60;
/// How far white letters must stand out from a colour (WCAG 2, AA).
const CONTRAST: f64 = 4.5;

/// How the mails of somebody look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// Who they are from, in the place of "Vigie".
    pub name: Option<String>,
    /// A picture in the place of that name.
    pub logo: Option<Logo>,
    /// The colour of what is ours, as `#rrggbb`.
    pub colour: Option<String>,
}

/// A picture at the head of mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
    /// The size at which it is shown.
    size: (u32, u32),
}

impl Logo {
    /// A logo from the bytes of a file.
    ///
    /// # Errors
    /// What is wrong with it, for a sentence that begins with its name.
    pub fn new(bytes: Vec<u8>) -> Result<Logo, String> {
        if bytes.len() > LOGO {
            return Err(format!(
                "has {} bytes, {LOGO} at most, since it travels in every mail: save it smaller",
                bytes.len()
            ));
        }
        let kind = match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            _ => {
                return Err("is no PNG and no JPEG picture, the two that every mail program shows".to_owned());
            }
        };
        let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
        let sides = reader.ok().and_then(|reader| reader.into_dimensions().ok());
        let Some((wide, tall)) = sides.filter(|(wide, tall)| *wide > 0 && *tall > 0) else {
            return Err("is damaged or cut off".to_owned());
        };
        // As tall as there is room for, but not larger than it is.
        let fit = |side: u32, other: u32, most: u32| side.saturating_mul(most) / other;
        let mut size = (fit(wide, tall, TALL.min(tall)), TALL.min(tall));
        if size.0 > WIDE {
            size = (WIDE, fit(tall, wide, WIDE).max(1));
        }
        Ok(Logo { kind, bytes, size: (size.0.max(1), size.1) })
    }
}

/// A colour as a style sheet takes it, in small letters.
fn colour(text: &str) -> Result<String, String> {
    channels(text)
        .map(|_| text.to_ascii_lowercase())
        .ok_or_else(|| "a colour is # and six hexadecimal digits, as in #0d7a86".to_owned())
}

/// A colour on which white letters can be read, and which can be read on white.
///
/// # Errors
/// When it is none, or too light.
pub fn readable(text: &str) -> Result<String, String> {
    let colour = colour(text)?;
    let found = channels(&colour).map_or(0.0, contrast_to_white);
    if found < CONTRAST {
        return Err(format!(
            "white letters on {colour} cannot be read well (contrast {found:.1}, at least {CONTRAST} is needed): choose a darker one"
        ));
    }
    Ok(colour)
}

/// A colour half way to white, to be seen on a dark page; what is no colour stays as it is.
pub fn lightened(colour: &str) -> String {
    channels(colour).map_or_else(
        || colour.to_owned(),
        |channels| {
            let [red, green, blue] = channels.map(|channel| channel / 2 + 128);
            format!("#{red:02x}{green:02x}{blue:02x}")
        },
    )
}

fn channels(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// The contrast to white, as WCAG 2 defines it.
fn contrast_to_white(channels: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = channels.map(linear);
    1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}

impl Look {
    /// Dresses a letter.
    pub fn dress(&self, letter: &mut Letter) {
        let name = short(self.name.as_deref().unwrap_or("Vigie"), NAME);
        if let Some(colour) = &self.colour {
            // What stands inline is the light mail; on dark screens the style sheet decides, whose colours suit them.
            for own in [BUTTON.back, OURS.back].into_iter().flatten() {
                letter.html = letter.html.replace(&format!("color:{};", own.0), &format!("color:{colour};"));
            }
        }
        let ink = match &self.colour {
            Some(colour) => format!("color:{colour};"),
            None => super::theme::ACCENT.css(),
        };
        let cell = match (&self.logo, &self.colour) {
            (Some(logo), _) => {
                let ground = CARD.back.map_or("#ffffff", |(light, _)| light);
                page::name_cell(&logo_picture(&name, logo.size), &format!("background-color:{ground};"))
            }
            // White on the colour, on light screens and on dark ones.
            (None, Some(colour)) => {
                page::name_cell(&maud::html! { (name) }, &format!("background-color:{colour};color:#ffffff;"))
            }
            (None, None) => page::name_cell(&maud::html! { (name) }, ""),
        };
        letter.html = letter.html.replacen(&page::plain_name(&ink), &cell, 1);
        if let Some(Logo { kind, bytes, .. }) = &self.logo {
            letter.pictures.push(Picture { id: LOGO_ID.to_owned(), kind, bytes: bytes.clone() });
        }
    }
}

const LOGO_ID: &str = "logo@vigie";

fn logo_picture(name: &str, (wide, tall): (u32, u32)) -> maud::Markup {
    maud::html! {
        img src={ "cid:" (LOGO_ID) } alt=(name) width=(wide) height=(tall) border="0" style={ "display:block;border:0;width:" (wide) "px;height:" (tall) "px;" };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_on_which_white_can_be_read() {
        assert_eq!(readable("#0A636D"), Ok("#0a636d".to_owned()));
        assert!((contrast_to_white([0, 0, 0]) - 21.0).abs() < 0.01);
        assert!(readable("#ffcc00").unwrap_err().contains("choose a darker one"));
        for wrong in ["0a636d", "#0a636", "#0a636g", "#0a6\u{e9}d", "red", ""] {
            assert!(readable(wrong).unwrap_err().contains("six hexadecimal digits"), "{wrong}");
        }
    }

    #[test]
    fn logos_are_small_pictures() {
        let mut bytes = Vec::new();
        let picture = image::RgbImage::from_pixel(400, 100, image::Rgb([10, 20, 30]));
        picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        assert_eq!(Logo::new(bytes.clone()).unwrap().size, (176, 44));
        assert!(Logo::new(bytes[..20].to_vec()).unwrap_err().contains("damaged"));
        assert!(Logo::new(b"GIF89a".to_vec()).unwrap_err().contains("no PNG"));
        bytes.resize(LOGO + 1, 0);
        assert!(Logo::new(bytes).unwrap_err().contains("save it smaller"));
    }
}
