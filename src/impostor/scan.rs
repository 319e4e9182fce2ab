//! Finds the names of brands and the words of the word list in what one account says of itself.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::data::{self, CRITIC, DIGITS, FAN, LABEL, OFFICIAL, PRESS, Roles, STAFF, SUPPORT, TRADE};
use super::name::{Name, Origin, mask};
use super::near::{self, Index};
use super::reading::{DIGIT, Disguise, Reading};

#[derive(Debug, Clone, Copy)]
enum Pattern {
    Name(usize),
    /// What the word says, and whether it holds digits.
    Word(Roles, bool),
}

/// All names and words in one automaton, and the index of near names.
#[derive(Debug)]
pub(super) struct Finder {
    pub(super) names: Vec<Name>,
    patterns: Vec<Pattern>,
    automaton: Option<AhoCorasick>,
    near: Index,
}

/// One reading of a text with everything found in it.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) reading: Reading,
    names: Vec<(usize, Range<usize>)>,
    words: Vec<(Range<usize>, Roles)>,
}

/// What stands beside a name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// What its words say.
    pub(super) roles: Roles,
    /// Bytes that are neither digits nor known words.
    pub(super) unknown: usize,
}

/// How much of a text a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Nearly the name, so many hundredths of a slip away; known words may stand beside it.
    Near(u32),
    /// The name inside other letters.
    Inside,
    /// The name as words of its own, among unknown words.
    Among,
    /// The name and known words or digits only.
    Parts,
    /// The name and nothing else.
    Whole,
}

/// A name of a brand in a text.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: usize,
    pub(super) shape: Shape,
    pub(super) disguise: Disguise,
    pub(super) rest: Rest,
}

impl Finder {
    pub(super) fn new(names: Vec<Name>) -> Finder {
        let mut keys: Vec<String> = Vec::new();
        let mut patterns = Vec::new();
        for (place, name) in names.iter().enumerate() {
            keys.push(name.reading.key.clone());
            patterns.push(Pattern::Name(place));
        }
        for (word, role) in data::words() {
            let key = Reading::of(word, 60).key;
            if key.len() > 1 {
                keys.push(key);
                patterns.push(Pattern::Word(*role, word.bytes().any(|byte| byte.is_ascii_digit())));
            }
        }
        let near = Index::new(
            (0..)
                .zip(names.iter())
                .filter(|(_, name)| name.origin != Origin::Keyword)
                .map(|(place, name)| (place, name.reading.key.as_str())),
        );
        // Only a brand list of hundreds of megabytes could fail here; the lookout then sees nothing.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&keys).ok();
        Finder { names, patterns, automaton, near }
    }

    fn scan_one(&self, reading: Reading) -> Scan {
        let mut scan = Scan { reading, names: Vec::new(), words: Vec::new() };
        if let Some(automaton) = &self.automaton {
            for found in automaton.find_overlapping_iter(&scan.reading.key) {
                match self.patterns.get(found.pattern().as_usize()) {
                    Some(Pattern::Name(name)) => scan.names.push((*name, found.range())),
                    Some(Pattern::Word(roles, digits)) => {
                        let cells = scan.reading.cells.get(found.range()).unwrap_or_default();
                        let figures = cells.iter().filter(|cell| cell.how & DIGIT != 0).count();
                        // Digits read as letters make words by chance.
                        if *digits && figures > 0 || !digits && figures * 3 <= cells.len() {
                            scan.words.push((found.range(), *roles));
                        }
                    }
                    None => {}
                }
            }
        }
        scan
    }

    /// Reads `text` as it stands and, where letter pairs look like one letter, in that way too.
    pub(super) fn scan(&self, text: &str, limit: usize) -> Vec<Scan> {
        let reading = Reading::of(text, limit);
        let paired = reading.paired();
        let mut scans = vec![self.scan_one(reading)];
        scans.extend(paired.map(|reading| self.scan_one(reading)));
        scans
    }

    /// Adds the brands that `scans` may concern.
    pub(super) fn brands(&self, scans: &[Scan], brands: &mut Vec<usize>) {
        for scan in scans {
            for (name, span) in &scan.names {
                let Some(name) = self.names.get(*name) else { continue };
                let whole = scan.reading.edge(span.start) && scan.reading.edge(span.end);
                let touching =
                    |(word, _): &(Range<usize>, Roles)| word.end == span.start || word.start == span.end;
                if !name.is_short() || whole || scan.words.iter().any(touching) {
                    brands.push(name.brand);
                }
            }
        }
        let Some(scan) = scans.first() else { return };
        let mut found = Vec::new();
        for core in scan.cores() {
            if let Some(core) = scan.reading.key.get(core) {
                self.near.find(core, &mut found);
                if found.is_empty() {
                    continue;
                }
                found.sort_unstable();
                found.dedup();
                let letters = mask(core);
                for place in found.drain(..) {
                    let Some(name) = usize::try_from(place).ok().and_then(|place| self.names.get(place))
                    else {
                        continue;
                    };
                    let slips = u32::try_from(near::slips(name.letters)).unwrap_or(0);
                    if (letters ^ name.mask).count_ones() <= 2 * slips
                        && near::distance(core, &name.reading.key, 100 * slips).is_some()
                    {
                        brands.push(name.brand);
                    }
                }
            }
        }
    }

    /// Adds the brands that a running text names.
    pub(super) fn named(&self, scans: &[Scan], brands: &mut Vec<usize>) {
        let Some(scan) = scans.first() else { return };
        brands.extend(scan.names.iter().filter_map(|(name, span)| {
            let whole = scan.reading.edge(span.start) && scan.reading.edge(span.end);
            self.names
                .get(*name)
                .filter(|name| whole && name.origin != Origin::Keyword)
                .map(|name| name.brand)
        }));
    }

    /// The best of what `scans` hold of `brand`; `lenient` allows more slips, for accounts that name the
    /// brand elsewhere.
    pub(super) fn find(&self, scans: &[Scan], brand: usize, lenient: bool) -> Option<Found> {
        let exact = scans.iter().flat_map(|scan| self.exact(scan, brand)).max_by_key(|found| {
            let known = usize::MAX - found.rest.unknown;
            let swaps = u32::MAX - found.disguise.swaps;
            (found.shape, known, swaps, self.names.get(found.name).map(|name| (name.origin, name.letters)))
        });
        if exact.as_ref().is_some_and(|found| found.shape > Shape::Inside) {
            return exact;
        }
        // A letter or two stuck to a name is a slip as well.
        scans.first().and_then(|scan| self.nearest(scan, brand, lenient)).or(exact)
    }

    fn exact<'a>(&'a self, scan: &'a Scan, brand: usize) -> impl Iterator<Item = Found> + 'a {
        scan.names.iter().filter_map(move |(place, span)| {
            let name = self.names.get(*place).filter(|name| name.brand == brand)?;
            let disguise = scan.reading.disguise(span, &name.reading);
            let swaps = usize::try_from(disguise.swaps).unwrap_or(usize::MAX);
            if swaps >= name.letters.max(3) - 1 && swaps > 1 {
                return None;
            }
            let rest = scan.rest(span);
            let edges = scan.reading.edge(span.start) && scan.reading.edge(span.end);
            let shape = match () {
                () if *span == (0..scan.reading.len()) => Shape::Whole,
                () if rest.unknown == 0 => Shape::Parts,
                () if edges => Shape::Among,
                () if name.is_short() => return None,
                () => Shape::Inside,
            };
            Some(Found { name: *place, shape, disguise, rest })
        })
    }

    fn nearest(&self, scan: &Scan, brand: usize, lenient: bool) -> Option<Found> {
        let mut best: Option<(u32, usize, Range<usize>)> = None;
        for core in scan.cores() {
            let Some(text) = scan.reading.key.get(core.clone()) else { continue };
            for (place, name) in self.names.iter().enumerate() {
                if name.brand != brand || name.origin == Origin::Keyword {
                    continue;
                }
                let allowed = if lenient {
                    limit(name).max(if name.is_short() { 100 } else { 200 })
                } else {
                    limit(name)
                };
                let cost = near::distance(text, &name.reading.key, allowed);
                if let Some(cost) = cost.filter(|cost| best.as_ref().is_none_or(|(best, ..)| cost < best)) {
                    best = Some((cost, place, core.clone()));
                }
            }
        }
        let (cost, name, core) = best?;
        Some(Found { name, shape: Shape::Near(cost), disguise: Disguise::default(), rest: scan.rest(&core) })
    }
}

fn limit(name: &Name) -> u32 {
    u32::try_from(near::slips(name.letters)).unwrap_or(0) * 100
}

impl Scan {
    /// Whether a name of `brand` stands in the text as words of its own.
    pub(super) fn says(&self, finder: &Finder, brand: usize) -> bool {
        self.names.iter().any(|(name, span)| {
            finder.names.get(*name).is_some_and(|name| name.brand == brand)
                && self.reading.edge(span.start)
                && self.reading.edge(span.end)
        })
    }

    /// Whether the text is nothing but the title of a help desk.
    pub(super) fn is_title(&self) -> bool {
        if self.words.is_empty() {
            return false;
        }
        let rest = self.rest(&(0..0));
        let against = LABEL | FAN | STAFF | PRESS | CRITIC | TRADE;
        rest.unknown == 0 && rest.roles & (SUPPORT | OFFICIAL) != 0 && rest.roles & against == 0
    }

    /// What the words of a running text say.
    pub(super) fn said(&self) -> Roles {
        let mut roles = 0;
        for (word, role) in &self.words {
            // Short words such as "not", "fan" or "stop" mean too little in a sentence.
            let loose = word.len() <= 4 && role & (LABEL | FAN | CRITIC | TRADE) != 0;
            if !loose && self.reading.edge(word.start) && self.reading.edge(word.end) {
                roles |= role;
            }
        }
        roles
    }

    /// The parts that may be a misspelt name: the whole, and what is left without digits and known words at
    /// its ends.
    fn cores(&self) -> Vec<Range<usize>> {
        let digit = |at: usize| self.reading.cells.get(at).is_some_and(|cell| cell.how & DIGIT != 0);
        let whole = 0..self.reading.len();
        let mut cores = vec![whole.clone()];
        let mut core = whole;
        for _ in 0..4 {
            let before = core.clone();
            while core.len() > 3 && digit(core.end - 1) {
                core.end -= 1;
            }
            if core != before {
                cores.push(core.clone());
            }
            // A word at the end goes when enough is left to be a name.
            let words = self.words.iter().map(|(word, _)| word).filter(|word| {
                word.len() > 2 || self.reading.edge(word.start) && self.reading.edge(word.end)
            });
            let tail = words
                .clone()
                .filter(|word| word.end == core.end && word.start >= core.start + 3)
                .map(|word| word.start)
                .min();
            let head = words
                .filter(|word| word.start == core.start && word.end + 3 <= core.end)
                .map(|word| word.end)
                .max();
            if let Some(end) = tail {
                cores.push(core.start..end);
                if let Some(start) = head.filter(|start| start + 3 <= end) {
                    cores.push(start..end);
                }
                core.end = end;
            } else if let Some(start) = head {
                core.start = start;
                cores.push(core.clone());
            }
            if core == before {
                break;
            }
        }
        cores
    }

    /// What stands beside `span`.
    pub(super) fn rest(&self, span: &Range<usize>) -> Rest {
        let before = self.tile(0..span.start);
        let after = self.tile(span.end..self.reading.len());
        Rest { roles: before.roles | after.roles, unknown: before.unknown + after.unknown }
    }

    /// Covers a region with known words and digits so that the least is left unknown.
    fn tile(&self, region: Range<usize>) -> Rest {
        if region.is_empty() {
            return Rest::default();
        }
        let edge = |at: usize| at == region.start || at == region.end || self.reading.edge(at);
        // The least unknown up to each place, with the word or byte that ends there.
        let mut best: Vec<(usize, usize, Roles)> = vec![(0, 0, 0)];
        for at in region.start + 1..=region.end {
            let digit = self.reading.cells.get(at - 1).is_some_and(|cell| cell.how & DIGIT != 0);
            let last = best.last().map_or(0, |last| last.0);
            let mut here = (last + usize::from(!digit), at - 1, if digit { DIGITS } else { 0 });
            for (word, roles) in
                self.words.iter().filter(|(word, _)| word.end == at && word.start >= region.start)
            {
                let cost = best.get(word.start - region.start).map_or(usize::MAX, |start| start.0);
                if cost < here.0 || cost == here.0 && here.1 >= word.start {
                    let roles = if cost == here.0 && here.1 == word.start { here.2 | roles } else { *roles };
                    here = (cost, word.start, roles);
                }
            }
            best.push(here);
        }
        let unknown = best.last().map_or(0, |last| last.0);
        let mut roles = 0;
        let mut at = region.end;
        while let Some((_, start, said)) = best.get(at - region.start).copied().filter(|_| at > region.start)
        {
            let bounded = usize::from(edge(start)) + usize::from(edge(at));
            if unknown == 0 || bounded == 2 || bounded == 1 && at - start > 4 {
                roles |= said;
            }
            at = start;
        }
        Rest { roles, unknown }
    }
}
