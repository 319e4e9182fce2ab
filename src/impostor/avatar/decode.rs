//! From the bytes of a picture to its hash. The bytes come from strangers: formats, sides, memory are bounded before
//! anything is decoded.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{GrayImage, ImageError, ImageFormat, ImageReader, Limits, Luma};
use thiserror::Error;

use super::Picture;

/// The largest file read, in bytes: profile pictures have a tenth of it.
pub const LARGEST: usize = 2 << 20;
/// The longest side decoded, in pixels: networks serve 1,000 at most.
const SIDE: u32 = 4_096;
/// Memory that decoding may take, in bytes: a picture of the longest sides in four colours.
const MEMORY: u64 = 80 << 20;
/// The side of the small copy that is hashed.
const SMALL: u32 = 128;
/// The side of the copy whose frequencies are taken, and how many of the lowest are kept each way.
const TAKEN: u32 = 16;
const KEPT: usize = 8;
/// Greys by which the lightest and the darkest place differ at least: less is a picture of one colour.
const CONTRAST: u8 = 12;

/// Why a picture cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The file is too large.
    #[error("the file is larger than {LARGEST} bytes")]
    TooLarge,
    /// It is none of the formats that networks serve.
    #[error("what came is no PNG, JPEG, GIF or WebP picture")]
    NoPicture,
    /// It is drawn by commands, which are not followed.
    #[error("an SVG is not drawn")]
    Drawing,
    /// It unfolds to more than is borne.
    #[error("the picture unfolds to more than {SIDE} pixels a side or {} MB", MEMORY >> 20)]
    TooWide,
    /// It is damaged.
    #[error("the picture is damaged or cut off")]
    Broken,
    /// Every place of it looks alike.
    #[error("the picture is of one colour")]
    OneColour,
}

/// The hash of a picture, as it came.
pub(super) fn read(bytes: &[u8]) -> Result<Picture, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let format = format(bytes)
        .ok_or_else(|| if is_drawing(bytes) { Unreadable::Drawing } else { Unreadable::NoPicture })?;
    let mut limits = Limits::no_limits();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| match error {
        ImageError::Limits(_) => Unreadable::TooWide,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => Unreadable::Broken,
    })?;
    let small = picture.thumbnail_exact(SMALL, SMALL).to_rgba8();
    drop(picture);
    // Networks put what shines through on white.
    let on_white = |grey: u8, alpha: u8| {
        let (grey, alpha) = (u32::from(grey), u32::from(alpha));
        u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let greys = imageops::grayscale_alpha(&small);
    let mut grey = GrayImage::new(SMALL, SMALL);
    for (to, from) in grey.pixels_mut().zip(greys.pixels()) {
        let image::LumaA([light, alpha]) = *from;
        *to = Luma([on_white(light, alpha)]);
    }
    hash(&grey)
}

/// The perceptual hash: signs of the lowest frequencies against their median (Zauner, "Implementation and
/// Benchmarking of Perceptual Image Hash Functions", 2010).
fn hash(grey: &GrayImage) -> Result<Picture, Unreadable> {
    let lights = || grey.pixels().map(|Luma([light])| *light);
    let contrast = lights().max().unwrap_or_default().abs_diff(lights().min().unwrap_or_default());
    if contrast < CONTRAST {
        return Err(Unreadable::OneColour);
    }
    let small = imageops::resize(grey, TAKEN, TAKEN, FilterType::Triangle);
    let lights: Vec<i64> = small.pixels().map(|Luma([light])| i64::from(*light)).collect();
    let frequencies = lowest(&lights);
    let mut sorted = frequencies.clone();
    sorted.sort_unstable();
    // twice the median, which lies between the two in the middle
    let middle: i64 = sorted.iter().skip(KEPT * KEPT / 2 - 1).take(2).sum();
    let bits = frequencies.chunks(KEPT).map(|row| {
        let signs = row.iter().zip(0..).map(|(value, place)| u64::from(value * 2 >= middle) << place);
        signs.sum::<u64>()
    });
    Ok(Picture(bits.fold(0, |all, row| all << 8 | row)))
}

/// The lowest frequencies of a square of `TAKEN` lights a side, `KEPT` a side: its cosine transform (DCT-II), in whole
/// numbers, so that what cancels out is nothing on every machine.
fn lowest(lights: &[i64]) -> Vec<i64> {
    let side = lights.len().isqrt().max(1);
    let along = |lights: &mut dyn Iterator<Item = i64>, frequency: usize| -> i64 {
        lights.enumerate().map(|(place, light)| light * cosine((2 * place + 1) * frequency)).sum()
    };
    let rows: Vec<Vec<i64>> = lights
        .chunks(side)
        .map(|row| (0..KEPT).map(|across| along(&mut row.iter().copied(), across)).collect())
        .collect();
    let both = |down: usize, across: usize| {
        along(&mut rows.iter().map(|row| row.get(across).copied().unwrap_or_default()), down)
    };
    (0..KEPT)
        .flat_map(|down| (0..KEPT).map(move |across| (down, across)))
        .map(|(down, across)| both(down, across))
        .collect()
}

/// The cosine of as many 64ths of a turn, times 2^14.
fn cosine(steps: usize) -> i64 {
    const QUARTER: [i64; 17] = [
        16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585, 10394, 9102, 7723, 6270, 4756, 3196,
        1606, 0,
    ];
    let value = |step: usize| QUARTER.get(step).copied().unwrap_or_default();
    match steps % 64 {
        step @ ..=16 => value(step),
        step @ 17..=32 => -value(32 - step),
        step @ 33..=48 => -value(step - 32),
        step => value(64 - step),
    }
}

/// The format of a picture, by its first bytes.
fn format(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(ImageFormat::Png),
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [b'G', b'I', b'F', b'8', ..] => Some(ImageFormat::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn is_drawing(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1_024)).unwrap_or_default();
    head.windows(4).any(|four| four.eq_ignore_ascii_case(b"<svg"))
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, Rgba, RgbaImage};

    use super::*;

    /// A mark of its own for each number: a coloured ground, a shape, a second one.
    fn logo(number: u32, side: u32) -> RgbaImage {
        let mut random = fastrand::Rng::with_seed(u64::from(number));
        let mut shapes: Vec<(u8, f32, f32, f32, [u8; 3])> = (0..random.u32(1..5))
            .map(|_| {
                let colour = [random.u8(..), random.u8(..), random.u8(..)];
                (random.u8(..3), random.f32(), random.f32(), 0.12 + random.f32() * 0.35, colour)
            })
            .collect();
        // Most marks stand in the middle.
        shapes[0].1 = 0.45 + random.f32() * 0.1;
        shapes[0].2 = 0.45 + random.f32() * 0.1;
        let ground = if random.bool() { [255; 3] } else { [random.u8(..), random.u8(..), random.u8(..)] };
        RgbaImage::from_fn(side, side, |x, y| {
            let [x, y, side] = [x, y, side].map(|pixels| f32::from(u16::try_from(pixels).unwrap()));
            let (x, y) = (x / side, y / side);
            let mut colour = ground;
            for (kind, cx, cy, size, own) in &shapes {
                let (dx, dy) = ((x - cx).abs(), (y - cy).abs());
                let inside = match kind {
                    0 => dx.hypot(dy) < *size,
                    1 => dx < *size && dy < size * 0.6,
                    _ => dx + dy < *size && dx.hypot(dy) > size * 0.4,
                };
                if inside {
                    colour = *own;
                }
            }
            Rgba([colour[0], colour[1], colour[2], 255])
        })
    }

    fn encoded(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(picture.clone());
        let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn distance(a: Picture, b: Picture) -> u32 {
        (a.0 ^ b.0).count_ones()
    }

    #[test]
    fn what_shines_through_is_white() {
        let on_white = logo(3, 200);
        let ground = *on_white.get_pixel(0, 0);
        let mut clear = on_white.clone();
        clear.pixels_mut().filter(|pixel| **pixel == ground).for_each(|pixel| *pixel = Rgba([0, 0, 0, 0]));
        let mut white = on_white;
        white.pixels_mut().filter(|pixel| **pixel == ground).for_each(|pixel| *pixel = Rgba([255; 4]));
        let [clear, white] =
            [clear, white].map(|picture| read(&encoded(&picture, ImageFormat::Png)).unwrap());
        assert!(distance(clear, white) <= 2);
    }

    /// Another's transform of the same square, in floating point.
    #[test]
    fn hashes_are_those_of_another_program() {
        let hasher = image_hasher::HasherConfig::with_bytes_type::<[u8; 8]>()
            .hash_size(8, 8)
            .hash_alg(image_hasher::HashAlg::Median)
            .resize_filter(FilterType::Triangle)
            .preproc_dct()
            .to_hasher();
        for number in 0..200 {
            let grey = DynamicImage::ImageRgba8(logo(number, SMALL)).to_luma8();
            let Ok(own) = hash(&grey) else { continue };
            let theirs = Picture(u64::from_be_bytes(hasher.hash_image(&grey).into_inner()));
            assert!(distance(own, theirs) <= 2, "mark {number}: {own} and {theirs}");
        }
    }

    #[test]
    fn what_is_no_picture_says_so() {
        let flat = RgbaImage::from_pixel(50, 50, Rgba([10, 20, 30, 255]));
        let whole = encoded(&logo(1, 100), ImageFormat::Png);
        for (bytes, expected) in [
            (Vec::new(), Unreadable::NoPicture),
            (b"<!doctype html><p>Not found".to_vec(), Unreadable::NoPicture),
            (b"<?xml version=\"1.0\"?>\n<SVG xmlns=\"x\"/>".to_vec(), Unreadable::Drawing),
            (vec![0; LARGEST + 1], Unreadable::TooLarge),
            (b"\x89PNG".to_vec(), Unreadable::Broken),
            (b"GIF89a".to_vec(), Unreadable::Broken),
            (whole[..whole.len() / 2].to_vec(), Unreadable::Broken),
            (encoded(&flat, ImageFormat::Png), Unreadable::OneColour),
            (encoded(&flat, ImageFormat::Jpeg), Unreadable::OneColour),
        ] {
            assert_eq!(read(&bytes), Err(expected), "{:?}", bytes.get(..20));
        }
    }

    #[test]
    fn a_bomb_is_not_unfolded() {
        // 20,000 by 20,000 pixels in a few kilobytes; and one within the sides whose rows would take more memory.
        let mut bomb = encoded(&RgbaImage::new(64, 64), ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
        let sum = crc(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&sum);
        assert_eq!(read(&bomb), Err(Unreadable::TooWide));
        let mut gif = encoded(&logo(1, 64), ImageFormat::Gif);
        gif[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(read(&gif), Err(Unreadable::TooWide));
        let flat = encoded(&RgbaImage::new(4_096, 4_096), ImageFormat::Png);
        assert!(flat.len() < LARGEST, "{}", flat.len());
        assert_eq!(read(&flat), Err(Unreadable::OneColour), "within the limits");
    }

    /// The checksum of a part of a PNG.
    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_pictures_do_no_harm(kind in 0_usize..4, at in 0..2_000_usize, byte: u8, end in 0..4_000_usize) {
            let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];
            let mut bytes = encoded(&logo(7, 40), format[kind]);
            let (at, end) = (at % bytes.len(), end % bytes.len());
            bytes[at] = byte;
            let _whole = read(&bytes);
            let _cut = read(&bytes[..end]);
        }
    }
}
