//! Building a finder from needles.

use std::collections::HashMap;

use super::element::{Form, Needle};
use super::table::{Hash, Key, Node, Table};
use super::{CAREFUL, Careful, Finder, START, Starts, narrow, wide, width};
use crate::fold::Folded;

#[derive(Debug, Default)]
struct Builder {
    nodes: Vec<Node>,
    known: HashMap<(u32, Box<[u8]>), u32>,
    words: Vec<u8>,
    /// Which needle ends at which node.
    ends: Vec<(u32, u32)>,
    careful: Vec<Careful>,
    short: Vec<u32>,
    short_starts: [u64; 4],
    has_wild: bool,
    has_single: bool,
    has_pairs: bool,
    run_starts: Vec<Box<[u8]>>,
}

impl Finder {
    /// A finder of these needles, each known by its place in the list.
    pub fn new<'n>(needles: impl IntoIterator<Item = &'n Needle>) -> Finder {
        let mut builder = Builder::new();
        let mut count = 0;
        for needle in needles {
            builder.add(narrow(count), needle);
            count += 1;
        }
        builder.build(count)
    }

    /// A finder of whole words and phrases, hashtags and accounts, each written as people write it.
    pub fn of_keywords<'k>(keywords: impl IntoIterator<Item = &'k str>) -> Finder {
        let mut builder = Builder::new();
        let mut folded = Folded::default();
        let mut count = 0;
        for keyword in keywords {
            builder.add(narrow(count), &Needle::of_folded(keyword, &mut folded));
            count += 1;
        }
        builder.build(count)
    }
}

impl Builder {
    fn new() -> Builder {
        let nodes = vec![Node::default(); wide(Node::ROOTS)];
        Builder { nodes, ..Builder::default() }
    }

    /// The node of `word` after `parent`, made where there is none.
    fn node(&mut self, parent: u32, word: &[u8]) -> Option<u32> {
        if let Some(known) = self.known.get(&(parent, word.into())) {
            return Some(*known);
        }
        let start = self.words.len();
        let node = Node::new(parent, start..start + word.len())?;
        self.words.extend_from_slice(word);
        let place = narrow(self.nodes.len());
        self.nodes.push(node);
        if let Some(parent) = self.nodes.get_mut(wide(parent)) {
            parent.goes_on = true;
        }
        self.known.insert((parent, word.into()), place);
        Some(place)
    }

    fn add(&mut self, place: u32, needle: &Needle) {
        if needle.0.is_empty() {
            return;
        }
        if needle.is_plain() {
            let mut node = Some(Node::WORD);
            for element in &needle.0 {
                node = node.and_then(|parent| self.node(parent, element.form.bytes()));
            }
            self.ends.extend(node.map(|node| (node, place)));
            return;
        }
        // The element by which it is found: the one that stands in the fewest texts.
        let worth = |form: &Form| match form {
            Form::Word(word) => (3, word.len()),
            Form::Run(run) if form.certain().len() > width(run, 0) => (2, form.certain().len()),
            Form::Wild(..) => (1, form.certain().len()),
            Form::Run(_) => (0, 1),
        };
        let best = needle.0.iter().enumerate().max_by_key(|(_, element)| worth(&element.form));
        let Some((by, element)) = best else { return };
        let careful = narrow(self.careful.len());
        let certain = element.form.certain();
        let node = match &element.form {
            Form::Word(word) => self.node(Node::WORD, word),
            Form::Run(_) => {
                let one = width(certain, 0);
                let two = one + width(certain, one);
                self.run_starts.push(certain.into());
                if certain.len() >= two {
                    self.has_pairs = true;
                    self.node(Node::PAIR, certain.get(..two).unwrap_or_default())
                } else {
                    self.has_single = true;
                    self.node(Node::SINGLE, certain)
                }
            }
            Form::Wild(..) => {
                self.has_wild = true;
                match certain.get(..START) {
                    Some(start) => self.node(Node::PREFIX, start),
                    None => {
                        self.short.push(careful);
                        if let Some(first) = certain.first()
                            && let Some(bits) = self.short_starts.get_mut(usize::from(first >> 6))
                        {
                            *bits |= 1 << (first & 63);
                        }
                        None
                    }
                }
            }
        };
        self.ends.extend(node.map(|node| (node, careful | CAREFUL)));
        self.careful.push(Careful { needle: place, elements: needle.0.clone().into(), by });
    }

    fn build(mut self, needles: usize) -> Finder {
        self.ends.sort_unstable();
        let mut start = 0;
        for group in self.ends.chunk_by(|a, b| a.0 == b.0) {
            let end = start + group.len();
            if let Some(node) = group.first().and_then(|(node, _)| self.nodes.get_mut(wide(*node))) {
                node.set_ends(start..end);
            }
            start = end;
        }
        let mut run_starts = Starts(Box::new([0; Starts::LENGTH]));
        self.run_starts.iter().for_each(|start| run_starts.add(start));
        // Keys are made by reading eight bytes at a time.
        self.words.extend([0; 8]);
        let below = |node: &&Node| node.parent < Node::ROOTS;
        let places = || self.nodes.iter().enumerate().skip(wide(Node::ROOTS));
        // what a filter is asked for: words with which something ends, and the first two words of phrases
        let marks = places().filter_map(|(_, node)| {
            let key = Key::of(&self.words, node.word());
            if below(&node) {
                let alone = if node.parent == Node::WORD { key.alone() } else { key.after(node.parent) };
                return (!node.ends().is_empty()).then_some(alone);
            }
            let first = self.nodes.get(wide(node.parent)).filter(below)?;
            Some(Key::of(&self.words, first.word()).then(key))
        });
        let marks: Vec<Hash> = marks.collect();
        let mut table = Table::new(self.nodes.len(), marks.len());
        marks.into_iter().for_each(|mark| table.mark(mark));
        for (place, node) in places() {
            table.insert(Key::of(&self.words, node.word()).after(node.parent), narrow(place));
        }
        self.nodes.shrink_to_fit();
        self.words.shrink_to_fit();
        Finder {
            table,
            nodes: self.nodes,
            words: self.words,
            ends: self.ends.iter().map(|(_, end)| *end).collect(),
            careful: self.careful,
            short: self.short,
            short_starts: self.short_starts,
            has_wild: self.has_wild,
            has_single: self.has_single,
            has_pairs: self.has_pairs,
            run_starts,
            needles,
        }
    }
}
