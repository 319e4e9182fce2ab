//! The picture of how mentions went, hour by hour, against the band of what is usual: a small PNG that stands in the mail
//! itself. Drawn by additions and square roots alone, so that it is the same on every machine.

use std::collections::BTreeMap;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use crate::alert::Course;

/// Twice the size at which it is shown: screens of today have twice the points.
const WIDTH: u32 = 2 * SHOWN_WIDTH;
const HEIGHT: u32 = 2 * SHOWN_HEIGHT;
/// The size at which it is shown.
pub(super) const SHOWN_WIDTH: u32 = 540;
pub(super) const SHOWN_HEIGHT: u32 = 120;
/// Room round the plot.
const MARGIN: f64 = 22.0;
/// Half the width of the line, and the radius of the dot at its end.
const LINE: f64 = 2.5;
const DOT: f64 = 9.0;
/// Edges are softened in eight steps of this: with few colours the picture is small, however restless the line.
const EDGE: u32 = 32;
/// So many colours can a PNG with a table of them have.
const COLOURS: usize = 256;

type Colour = [u8; 3];
/// A night sky: it stands on light cards and on dark ones, and is not turned round by mail programs that recolour.
const GROUND: Colour = [0x22, 0x31, 0x3f];
const FLOOR: Colour = [0x4a, 0x5d, 0x6e];
const BAND: Colour = [0x3f, 0x5a, 0x6e];
const STROKE: Colour = [0x6f, 0xdc, 0xde];
const END: Colour = [0xff, 0xa9, 0x94];

/// The picture of a course; `None` when there is nothing to draw.
pub(super) fn draw(course: &Course) -> Option<Vec<u8>> {
    let places = u32::try_from(course.hours.len()).ok().filter(|hours| *hours > 1)?;
    let most = course.hours.iter().flatten().chain(course.usual.iter().map(|(_, most)| most)).max()?;
    let (step, tall) = (
        (f64::from(WIDTH) - 2.0 * MARGIN) / f64::from(places - 1),
        (f64::from(HEIGHT) - 2.0 * MARGIN) / f64::from((*most).max(1)),
    );
    let floor = f64::from(HEIGHT) - MARGIN;
    let at = |place: u32, count: u32| (MARGIN + step * f64::from(place), floor - tall * f64::from(count));
    let points: Vec<Option<(f64, f64)>> =
        (0..).zip(&course.hours).map(|(place, count)| count.map(|count| at(place, count))).collect();
    let band: Vec<((f64, f64), (f64, f64))> = (0..)
        .zip(&course.usual)
        .map(|(place, (least, most))| (at(place, *least), at(place, *most)))
        .collect();
    let mut canvas = Canvas::new();
    for pair in band.windows(2) {
        if let [(low, high), (next_low, next_high)] = pair {
            canvas.fill((*low, *next_low), (*high, *next_high));
        }
    }
    canvas.line((MARGIN, floor), (f64::from(WIDTH) - MARGIN, floor), 1.0, FLOOR);
    for pair in points.windows(2) {
        if let [Some(from), Some(to)] = pair {
            canvas.line(*from, *to, LINE, STROKE);
        }
    }
    if let Some(end) = points.iter().rev().flatten().next() {
        canvas.line(*end, *end, DOT, END);
    }
    canvas.png()
}

struct Canvas(Vec<u8>);

impl Canvas {
    fn new() -> Canvas {
        let points = usize::try_from(WIDTH * HEIGHT).unwrap_or(0);
        Canvas(GROUND.repeat(points))
    }

    /// Lays a colour over one point; `part` of it is covered.
    fn lay(&mut self, (x, y): (u32, u32), colour: Colour, part: f64) {
        let start = usize::try_from(3 * (y * WIDTH + x)).unwrap_or(usize::MAX);
        let Some(point) = self.0.get_mut(start..).and_then(|rest| rest.get_mut(..3)) else { return };
        let part = u32::from(whole(part.clamp(0.0, 1.0) * 255.0, 255));
        let part = ((part + EDGE / 2) / EDGE * EDGE).min(255);
        for (there, own) in point.iter_mut().zip(colour) {
            let mixed = (u32::from(*there) * (255 - part) + u32::from(own) * part + 127) / 255;
            *there = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
    }

    /// A line with round ends, `half` as wide to each side.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), half: f64, colour: Colour) {
        let reach = half + 1.0;
        let side = |one: f64, other: f64, limit: u32| {
            let least = u32::from(whole(one.min(other) - reach, limit));
            let most = u32::from(whole(one.max(other) + reach + 1.0, limit));
            least..most.min(limit)
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx * dx + dy * dy;
        for y in side(from.1, to.1, HEIGHT) {
            for x in side(from.0, to.0, WIDTH) {
                let (px, py) = (f64::from(x) + 0.5 - from.0, f64::from(y) + 0.5 - from.1);
                let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
                let (ox, oy) = (px - along * dx, py - along * dy);
                let part = half + 0.5 - (ox * ox + oy * oy).sqrt();
                if part > 0.0 {
                    self.lay((x, y), colour, part);
                }
            }
        }
    }

    /// The band between two lower and two upper points.
    fn fill(&mut self, low: ((f64, f64), (f64, f64)), high: ((f64, f64), (f64, f64))) {
        let ((from, _), (to, _)) = low;
        for x in u32::from(whole(from, WIDTH))..u32::from(whole(to, WIDTH)) {
            let along = ((f64::from(x) + 0.5 - from) / (to - from)).clamp(0.0, 1.0);
            let between = |(a, b): ((f64, f64), (f64, f64))| a.1 + (b.1 - a.1) * along;
            // A band of nothing at all is still seen.
            let (bottom, top) = (between(low) + 1.5, between(high) - 1.5);
            for y in u32::from(whole(top - 1.0, HEIGHT))..u32::from(whole(bottom + 1.0, HEIGHT)) {
                let here = f64::from(y);
                let part = (bottom.min(here + 1.0) - top.max(here)).clamp(0.0, 1.0);
                self.lay((x, y), BAND, part);
            }
        }
    }

    /// With a table of its colours, which makes it a third smaller than three bytes a point.
    fn png(&self) -> Option<Vec<u8>> {
        let mut table: Vec<Colour> = Vec::new();
        let mut known: BTreeMap<Colour, u8> = BTreeMap::new();
        let mut points = Vec::with_capacity(self.0.len() / 3);
        for point in self.0.chunks_exact(3) {
            let colour: Colour = point.try_into().ok()?;
            points.push(*known.entry(colour).or_insert_with(|| place(&mut table, colour)));
        }
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, WIDTH, HEIGHT);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(table.concat());
        encoder.set_compression(Compression::High);
        encoder.set_filter(Filter::NoFilter);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&points).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }
}

/// Where a colour stands in the table: a new one at its end, or the nearest once it is full.
fn place(table: &mut Vec<Colour>, colour: Colour) -> u8 {
    let far = |other: &Colour| -> u32 {
        other.iter().zip(colour).map(|(one, two)| u32::from(one.abs_diff(two)).pow(2)).sum()
    };
    let place = if table.len() < COLOURS {
        table.push(colour);
        table.len() - 1
    } else {
        (0..).zip(&*table).min_by_key(|(_, other)| far(other)).map_or(0, |(place, _)| place)
    };
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// The whole number under a positive one, `limit` at most.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between nothing and the limit")]
fn whole(number: f64, limit: u32) -> u16 {
    number.clamp(0.0, f64::from(limit)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn a_picture_is_small_and_the_same_every_time() {
        let hours =
            (0..72_u32).map(|hour| (hour != 30).then_some(hour * hour % 17 + hour / 70 * 60)).collect();
        let course = Course { to: Time(0), hours, usual: vec![(2, 14); 72] };
        let drawn = draw(&course).unwrap();
        assert_eq!(drawn, draw(&course).unwrap());
        assert!(drawn.len() < 15_000, "{}", drawn.len());
        let read = image::load_from_memory(&drawn).unwrap().to_rgb8();
        assert_eq!((read.width(), read.height()), (WIDTH, HEIGHT));
        let has = |colour: Colour| read.pixels().filter(|pixel| pixel.0 == colour).count();
        for colour in [GROUND, FLOOR, BAND, STROKE, END] {
            assert!(has(colour) > 50, "{colour:?}: {}", has(colour));
        }
        assert_eq!(draw(&Course::default()), None);
        // However restless: every hour something else.
        let mut random = fastrand::Rng::with_seed(7);
        let hours = (0..72).map(|_| Some(random.u32(0..100))).collect();
        let restless = draw(&Course { hours, usual: vec![(20, 60); 72], ..course.clone() }).unwrap();
        assert!(restless.len() < 15_000, "{}", restless.len());
        let most = Course { hours: vec![Some(u32::MAX); 72], usual: vec![(0, u32::MAX); 72], ..course };
        assert!(draw(&most).is_some());
    }
}
