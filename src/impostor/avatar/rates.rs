//! How often pictures are taken for copies, rightly and wrongly, by the bits in which they differ: measured on marks
//! drawn here, letters and shapes, as they are served by networks and as those who copy them change them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};

use super::{COPIED, Picture};

/// Marks drawn. Every pair of two counts, and every mark with each of its variants.
const MARKS: u32 = 60;
/// The side on which a mark is drawn, and that of most pictures made of it, in pixels.
const CANVAS: u32 = 192;
const SIDE: u32 = 96;
/// Bits up to which rates are told.
const BITS: u32 = 16;

/// Letters, five points wide and seven high, a row a number.
const LETTERS: [[u8; 7]; 20] = [
    [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
    [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e],
    [0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e],
    [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
    [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
    [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10],
    [0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f],
    [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
    [0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11],
    [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f],
    [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11],
    [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11],
    [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e],
    [0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10],
    [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
    [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
    [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
    [0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04],
    [0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11],
    [0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f],
];

type Colour = [u8; 3];

/// Whether a letter covers a place of its own square.
fn inked(letter: usize, x: f32, y: f32) -> bool {
    if !((0.0..1.0).contains(&x) && (0.0..1.0).contains(&y)) {
        return false;
    }
    let place = |at: f32, count: u8| (0..count).find(|place| at < f32::from(place + 1) / f32::from(count));
    let (x, y) = (place(x, 5).unwrap(), place(y, 7).unwrap());
    LETTERS[letter % LETTERS.len()][usize::from(y)] >> (4 - x) & 1 == 1
}

/// A part of a mark, in its colour.
#[derive(Clone)]
enum Part {
    /// A letter in a box of this middle and height.
    Letter(usize, f32, f32, f32),
    Disc(f32, f32, f32),
    Ring(f32, f32, f32, f32),
    /// A bar of this middle, half width, half height and slant.
    Bar(f32, f32, f32, f32, f32),
    Diamond(f32, f32, f32),
    /// Stripes of this width and slant.
    Stripes(f32, f32),
}

impl Part {
    fn covers(&self, x: f32, y: f32) -> bool {
        match *self {
            Part::Letter(letter, cx, cy, high) => {
                let wide = high * 0.72;
                inked(letter, (x - cx) / wide + 0.5, (y - cy) / high + 0.5)
            }
            Part::Disc(cx, cy, radius) => (x - cx).hypot(y - cy) < radius,
            Part::Ring(cx, cy, radius, thick) => ((x - cx).hypot(y - cy) - radius).abs() < thick,
            Part::Bar(cx, cy, wide, high, slant) => {
                let x = x - cx + (y - cy) * slant;
                x.abs() < wide && (y - cy).abs() < high
            }
            Part::Diamond(cx, cy, size) => (x - cx).abs() + (y - cy).abs() < size,
            Part::Stripes(wide, slant) => ((x + y * slant) / wide).rem_euclid(2.0) < 1.0,
        }
    }
}

/// A mark: its ground, and its parts from the back to the front.
#[derive(Clone)]
struct Mark {
    ground: Colour,
    parts: Vec<(Part, Colour)>,
}

impl Mark {
    /// A mark of its own for each number; every sixth is of one kind.
    fn new(number: u32) -> Mark {
        let mut random = fastrand::Rng::with_seed(u64::from(number) + 77);
        let ground = if random.u8(..3) == 0 { [255; 3] } else { colour(&mut random) };
        let mut ink = || loop {
            let ink = colour(&mut random);
            if grey(ink).abs_diff(grey(ground)) > 50 {
                return ink;
            }
        };
        let (first, second) = (ink(), ink());
        let letter = random.usize(..LETTERS.len());
        let mut near = |middle: f32, by: f32| middle + (random.f32() - 0.5) * by;
        let parts = match number % 6 {
            0 => vec![(Part::Letter(letter, 0.5, 0.5, near(0.66, 0.2)), first)],
            1 => vec![
                (Part::Disc(0.5, 0.5, near(0.42, 0.08)), first),
                (Part::Letter(letter, 0.5, 0.5, near(0.46, 0.1)), ground),
            ],
            2 => vec![
                (Part::Letter(letter, 0.3, 0.5, near(0.48, 0.1)), first),
                (Part::Letter(letter * 7 + 3, 0.7, 0.5, near(0.48, 0.1)), second),
            ],
            3 => vec![
                (Part::Ring(near(0.5, 0.2), near(0.5, 0.2), near(0.3, 0.15), near(0.07, 0.05)), first),
                (Part::Bar(near(0.5, 0.4), near(0.5, 0.4), near(0.2, 0.2), 0.06, near(0.0, 2.0)), second),
            ],
            4 => vec![
                (Part::Diamond(near(0.5, 0.3), near(0.5, 0.3), near(0.33, 0.2)), first),
                (Part::Disc(near(0.5, 0.6), near(0.5, 0.6), near(0.15, 0.1)), second),
                (Part::Bar(near(0.5, 0.3), near(0.75, 0.2), near(0.3, 0.2), near(0.06, 0.04), 0.0), second),
            ],
            _ => vec![
                (Part::Stripes(near(0.25, 0.2), near(0.0, 3.0)), first),
                (Part::Disc(near(0.5, 0.4), near(0.5, 0.4), near(0.25, 0.15)), second),
            ],
        };
        Mark { ground, parts }
    }

    fn at(&self, x: f32, y: f32) -> Colour {
        let top = self.parts.iter().rev().find(|(part, _)| part.covers(x, y));
        top.map_or(self.ground, |(_, colour)| *colour)
    }

    /// Other colours, light where it was light.
    fn recoloured(&self, number: u32) -> Mark {
        let mut random = fastrand::Rng::with_seed(u64::from(number) + 7_000);
        let mut other = |was: Colour| loop {
            let new = colour(&mut random);
            if grey(new).abs_diff(grey(was)) < 40 {
                return new;
            }
        };
        let ground = if self.ground == [255; 3] { self.ground } else { other(self.ground) };
        // What has one colour keeps one.
        let mut known = vec![(self.ground, ground)];
        let mut parts = Vec::new();
        for (part, was) in &self.parts {
            let found = known.iter().find(|(old, _)| old == was).map(|(_, new)| *new);
            let new = found.unwrap_or_else(|| other(*was));
            known.push((*was, new));
            parts.push((part.clone(), new));
        }
        Mark { ground, parts }
    }

    fn draw(&self) -> RgbImage {
        RgbImage::from_fn(CANVAS, CANVAS, |x, y| Rgb(self.at(place(x, 0.5, CANVAS), place(y, 0.5, CANVAS))))
    }
}

/// Where a part of a pixel is, the whole side being one.
fn place(pixel: u32, part: f32, side: u32) -> f32 {
    (f32::from(u16::try_from(pixel).unwrap()) + part) / f32::from(u16::try_from(side).unwrap())
}

/// A picture of `side` made of the canvas, four samples a point, through what leads from its places to those of the
/// canvas; white where that leads nowhere.
fn made(canvas: &RgbImage, side: u32, through: &dyn Fn(f32, f32) -> Option<(f32, f32)>) -> RgbImage {
    let known = |x: f32, y: f32| {
        let lines = imageops::sample_nearest(canvas, x.clamp(0.0, 1.0), y.clamp(0.0, 1.0));
        lines.map_or([255; 3], |Rgb(colour)| colour)
    };
    RgbImage::from_fn(side, side, |x, y| {
        let mut sum = [0_u16; 3];
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let there = through(place(x, dx, side), place(y, dy, side));
            let colour = there.map_or([255; 3], |(x, y)| known(x, y));
            sum.iter_mut().zip(colour).for_each(|(sum, light)| *sum += u16::from(light));
        }
        Rgb(sum.map(|sum| u8::try_from(sum / 4).unwrap()))
    })
}

fn colour(random: &mut fastrand::Rng) -> Colour {
    [random.u8(..), random.u8(..), random.u8(..)]
}

fn grey([red, green, blue]: Colour) -> u8 {
    let sum = u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114;
    u8::try_from(sum / 1_000).unwrap()
}

fn plain(x: f32, y: f32) -> Option<(f32, f32)> {
    Some((x, y))
}

fn read(picture: RgbImage, quality: Option<u8>) -> Option<Picture> {
    let mut bytes = Cursor::new(Vec::new());
    match quality {
        Some(quality) => JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture).unwrap(),
        None => DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Png).unwrap(),
    }
    Picture::read(bytes.get_ref()).ok()
}

/// What others make of a mark, each with its name.
fn variants(mark: &Mark, canvas: &RgbImage, number: u32) -> Vec<(&'static str, Option<Picture>)> {
    let served = |quality| read(made(canvas, SIDE, &plain), Some(quality));
    let scaled = |side| read(made(canvas, side, &plain), Some(85));
    let bent = |through: &dyn Fn(f32, f32) -> Option<(f32, f32)>| read(made(canvas, SIDE, through), Some(85));
    let framed = |x: f32| (x - 0.06) / 0.88;
    let inside = |x: f32, y: f32| ((0.0..1.0).contains(&x) && (0.0..1.0).contains(&y)).then_some((x, y));
    let turned = |x: f32, y: f32| {
        let (sin, cos) = 3.0_f32.to_radians().sin_cos();
        let (x, y) = (x - 0.5, y - 0.5);
        (x * cos - y * sin + 0.5, x * sin + y * cos + 0.5)
    };
    vec![
        ("JPEG, quality 90", served(90)),
        ("JPEG, quality 40", served(40)),
        ("48 pixels wide", scaled(48)),
        ("200 pixels wide", scaled(200)),
        ("cropped by 5 %", bent(&|x, y| Some((0.025 + x * 0.95, 0.025 + y * 0.95)))),
        ("cropped by 5 % on one side", bent(&|x, y| Some((0.05 + x * 0.95, y)))),
        ("in a white border", bent(&|x, y| inside(framed(x), framed(y)))),
        ("turned by 3 degrees", bent(&|x, y| Some(turned(x, y)))),
        ("in other colours", read(made(&mark.recoloured(number).draw(), SIDE, &plain), Some(85))),
        ("mirrored", bent(&|x, y| Some((1.0 - x, y)))),
    ]
}

/// Parts in a thousand.
fn permille(part: usize, all: usize) -> usize {
    (part * 1_000).checked_div(all).unwrap_or_default()
}

#[test]
fn the_distance_keeps_copies_and_others_apart() {
    let marks: Vec<(u32, Mark)> = (0..MARKS).map(|number| (number, Mark::new(number))).collect();
    let read_all = |some: &[(u32, Mark)]| {
        some.iter()
            .map(|(number, mark)| {
                let canvas = mark.draw();
                let own = read(made(&canvas, SIDE, &plain), None).unwrap();
                (own, variants(mark, &canvas, *number))
            })
            .collect::<Vec<_>>()
    };
    // Drawing takes its time without optimisation.
    let (first, second) = marks.split_at(marks.len() / 2);
    let all = std::thread::scope(|scope| {
        let other = scope.spawn(|| read_all(second));
        let mut all = read_all(first);
        all.extend(other.join().unwrap());
        all
    });
    // Different marks: how many of all pairs are as near as this, and of those of one kind.
    let mut others: Vec<(bool, u32)> = Vec::new();
    for (place, (own, _)) in all.iter().enumerate() {
        for (other, (picture, _)) in all.iter().enumerate().skip(place + 1) {
            others.push((place % 6 == other % 6, own.distance(*picture)));
        }
    }
    // The same mark: how far each variant is.
    let mut kinds: Vec<(&str, Vec<u32>)> = Vec::new();
    for (own, variants) in &all {
        for (name, picture) in variants {
            let far = picture.map_or(64, |picture| own.distance(picture));
            match kinds.iter_mut().find(|(known, _)| known == name) {
                Some((_, distances)) => distances.push(far),
                None => kinds.push((name, vec![far])),
            }
        }
    }
    let beyond = |name: &str, bits: u32| {
        let (_, distances) = kinds.iter().find(|(known, _)| *known == name).unwrap();
        permille(distances.iter().filter(|far| **far > bits).count(), distances.len())
    };
    let within = |bits: u32, of_a_kind: bool| {
        let of = || others.iter().filter(|(same, _)| *same || !of_a_kind);
        permille(of().filter(|(_, far)| *far <= bits).count(), of().count())
    };
    println!("{} marks, {} pairs; in a thousand, by bits that may differ:", all.len(), others.len());
    let row = |name: &str, rate: &dyn Fn(u32) -> usize| {
        let rates: Vec<String> = (0..=BITS).step_by(2).map(|bits| format!("{:5}", rate(bits))).collect();
        println!("{name:42}{}", rates.join(""));
    };
    row("bits", &|bits| usize::try_from(bits).unwrap());
    row("others taken for copies", &|bits| within(bits, false));
    row("others of one kind taken for copies", &|bits| within(bits, true));
    for (name, _) in &kinds {
        row(&format!("missed: {name}"), &|bits| beyond(name, bits));
    }
    assert!(within(COPIED, false) <= 4, "others are taken for copies");
    assert!(within(COPIED, true) <= 25, "others drawn alike are taken for copies");
    // Twice the bits would be too many.
    assert!(within(COPIED * 2, true) > 40);
    for (name, most) in [
        ("JPEG, quality 90", 20),
        ("JPEG, quality 40", 60),
        ("200 pixels wide", 90),
        ("48 pixels wide", 150),
        ("cropped by 5 %", 220),
        ("turned by 3 degrees", 280),
        ("in other colours", 180),
    ] {
        assert!(beyond(name, COPIED) <= most, "{name}: {} in a thousand are missed", beyond(name, COPIED));
    }
}
