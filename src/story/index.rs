//! Which texts are found under which key.

use std::collections::VecDeque;

/// Texts told of one key: what everybody writes would otherwise lead to all.
const TOLD: usize = 32;
/// The key of a link that was taken out.
const OUT: u64 = 0;
/// Chains of an empty index; later as many as links, or more.
const CHAINS: usize = 1 << 10;

/// From keys to the numbers of texts. Each text leaves a link under each of its keys, to the link before in the chain;
/// links go in the order in which they came, all of a text at once, and nobody is told that they are gone.
///
/// Numbers go round after `u32::MAX`: what is held is far less.
#[derive(Debug)]
pub(super) struct Index {
    /// Where the chains begin: one for all keys that end in the same bits.
    chains: Vec<Chain>,
    links: VecDeque<Link>,
    /// The number of the oldest link.
    oldest: u32,
}

#[derive(Debug, Clone, Copy)]
struct Chain {
    /// The number of its newest link; it may be gone.
    newest: u32,
    /// A bit for each key in it, by which most others are known not to be: links lie far away.
    keys: u32,
}

impl Chain {
    const EMPTY: Chain = Chain { newest: u32::MAX, keys: 0 };

    /// The bit of a key, by other bits of it than lead to the chain.
    fn bit(key: u64) -> u32 {
        1 << (key >> (u64::BITS - u32::BITS.ilog2()))
    }
}

#[derive(Debug, Clone, Copy)]
struct Link {
    key: u64,
    /// The number of the text.
    text: u32,
    /// The number of the link before in the chain; it may be gone.
    before: u32,
}

impl Default for Index {
    fn default() -> Index {
        Index { chains: vec![Chain::EMPTY; CHAINS], links: VecDeque::new(), oldest: 0 }
    }
}

impl Index {
    /// Adds the keys of a text, each once, and gives the number of its first link.
    pub(super) fn add(&mut self, keys: &[u64], text: u32) -> u32 {
        let links = self.links.len() + keys.len();
        if links > self.chains.len() {
            self.chain_again(links.next_power_of_two());
        }
        let (first, held) = (self.next(), self.links.len());
        let Index { chains, links, oldest } = self;
        links.extend(keys.iter().enumerate().map(|(place, key)| {
            let number = oldest.wrapping_add(u32::try_from(held + place).unwrap_or_default());
            Link { key: *key, text, before: lead(chains, *key, number, *oldest) }
        }));
        first
    }

    /// Takes the oldest links away: those before `first`.
    pub(super) fn forget(&mut self, first: u32) {
        if let Some(place) = self.place(first) {
            self.links.drain(..place);
            self.oldest = first;
        }
    }

    /// Takes a text out from among others: its keys, and its first link.
    pub(super) fn remove(&mut self, keys: &[u64], first: u32) {
        let Some(place) = self.place(first) else { return };
        self.links.range_mut(place..).take(keys.len()).for_each(|link| link.key = OUT);
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.at(key).next().is_some()
    }

    /// The numbers under a key, the newest first.
    pub(super) fn at(&self, key: u64) -> impl Iterator<Item = u32> {
        self.along(key, self.newest(key))
    }

    /// The numbers under each of several keys. Where their chains begin is read for all of them first: far memory then
    /// is waited for once and not once a key.
    pub(super) fn at_all(&self, keys: &[u64]) -> impl Iterator<Item = u32> {
        let mut newest = Vec::with_capacity(keys.len());
        for key in keys {
            newest.push(self.newest(*key));
        }
        keys.iter().zip(newest).flat_map(|(key, newest)| self.along(*key, newest))
    }

    /// The newest link of the chain that leads to a key; nothing that is there where it does not.
    fn newest(&self, key: u64) -> u32 {
        let chain = self
            .chains
            .get(chain_of(key, self.chains.len()))
            .filter(|chain| chain.keys & Chain::bit(key) != 0);
        chain.map_or(u32::MAX, |chain| chain.newest)
    }

    /// The numbers under a key in the chain that begins with a link.
    fn along(&self, key: u64, newest: u32) -> impl Iterator<Item = u32> {
        let older = |place: &usize| {
            let before = self.links.get(*place)?.before;
            self.place(before).filter(|before| before < place)
        };
        std::iter::successors(self.place(newest), older)
            .filter_map(|place| self.links.get(place))
            .filter(move |link| link.key == key)
            .map(|link| link.text)
            .take(TOLD)
    }

    /// Puts all links into this many chains.
    fn chain_again(&mut self, chains: usize) {
        self.chains = vec![Chain::EMPTY; chains];
        let mut number = self.oldest;
        for place in 0..self.links.len() {
            let key = self.links.get(place).map_or(OUT, |link| link.key);
            let before = lead(&mut self.chains, key, number, self.oldest);
            if let Some(link) = self.links.get_mut(place) {
                link.before = before;
            }
            number = number.wrapping_add(1);
        }
    }

    /// The number of the next link.
    fn next(&self) -> u32 {
        self.oldest.wrapping_add(u32::try_from(self.links.len()).unwrap_or_default())
    }

    /// Where a link stands that is not gone.
    fn place(&self, number: u32) -> Option<usize> {
        let place = usize::try_from(number.wrapping_sub(self.oldest)).ok()?;
        (place < self.links.len()).then_some(place)
    }

    /// How many chains and links are held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.chains.len() + self.links.len()
    }
}

/// Which of several chains leads to a key: as many as a power of two.
fn chain_of(key: u64, chains: usize) -> usize {
    usize::try_from(key & u64::from(u32::MAX)).unwrap_or_default() & (chains - 1)
}

/// Lets the chain of a key lead to the next link, and gives the one that it led to before.
fn lead(chains: &mut [Chain], key: u64, number: u32, oldest: u32) -> u32 {
    let at = chain_of(key, chains.len());
    let Some(chain) = chains.get_mut(at) else { return u32::MAX };
    let before = std::mem::replace(&mut chain.newest, number);
    // else all that it led to is gone
    let goes_on = before.wrapping_sub(oldest) < number.wrapping_sub(oldest);
    chain.keys = Chain::bit(key) | if goes_on { chain.keys } else { 0 };
    before
}
