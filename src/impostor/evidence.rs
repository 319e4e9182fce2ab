//! Weighs what was found of one brand in one account.

use super::data::{
    CONTACT, CRITIC, FAN, LABEL, LURE, OFFICIAL, PRESS, Roles, STAFF, SUPPORT, TRADE, weights,
};
use super::name::{Name, Origin};
use super::scan::{Finder, Found, Scan, Shape};
use super::{Beside, Picture, Signal, Weighed, acquit};
use crate::keyword::Brand;
use crate::post::{Author, NetworkName};
use crate::time::DAY;

/// All that bears on one account and one brand.
pub(super) struct Evidence<'a> {
    pub(super) finder: &'a Finder,
    pub(super) brand: &'a Brand,
    pub(super) place: usize,
    pub(super) network: &'a NetworkName,
    pub(super) author: &'a Author,
    pub(super) handle: &'a [Scan],
    pub(super) display: &'a [Scan],
    pub(super) bio: &'a [Scan],
    /// Whether the display name is nothing but the title of a help desk.
    pub(super) title: bool,
    /// The pictures of the brand's own accounts.
    pub(super) pictures: &'a [Picture],
    pub(super) beside: Beside,
}

/// The signal of a name that is nothing but the title of a help desk.
pub(super) fn title(author: &Author, display: &[Scan]) -> Signal {
    signal("display_name_title", author.display_name.as_deref(), display)
}

fn signal(name: &str, text: Option<&str>, scans: &[Scan]) -> Signal {
    Signal {
        name: name.to_owned(),
        points: weights().points(name),
        raw: text.unwrap_or_default().chars().take(super::LIMIT).collect(),
        folded: scans.first().map(|scan| scan.reading.shown()).unwrap_or_default(),
    }
}

/// What one place says.
#[derive(Debug, Default)]
struct Reason {
    signals: Vec<&'static str>,
    /// Looks like the brand.
    likeness: bool,
    /// Presents itself as the brand.
    claim: bool,
    /// Cannot be the chance of a shared name.
    deliberate: bool,
    roles: Roles,
}

impl Reason {
    fn add(&mut self, signal: &'static str, claim: bool) {
        self.signals.push(signal);
        self.claim |= claim;
    }
}

/// An account younger than this is young: half a year.
const YOUNG: i64 = 183 * DAY;
/// Followers below which an account has few.
const FEW: u64 = 100;

/// Words by which an account says that it is not the brand.
const NEGATIVE: Roles = LABEL | FAN | STAFF | PRESS | CRITIC | TRADE;

impl Evidence<'_> {
    /// Everything that speaks for and against.
    pub(super) fn weigh(&self) -> Weighed {
        let in_display = self.finder.find(self.display, self.place, false);
        let named = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.shape > Shape::Inside);
        let says = self.bio.first().is_some_and(|scan| scan.says(self.finder, self.place));
        let lenient = named(&in_display) || self.title && says;
        let in_handle = self.finder.find(self.handle, self.place, lenient);
        let in_display = in_display.or_else(|| self.finder.find(self.display, self.place, named(&in_handle)));
        // A bare title is not the misspelt handle of the brand's own help desk.
        let in_display = in_display.filter(|found| !self.title || found.shape > Shape::Inside);

        let handle = self.weigh_handle(in_handle.as_ref());
        let mut display = self.weigh_display(in_display.as_ref());
        if in_display.is_none() && self.title && (handle.likeness || says) {
            display.add("display_name_title", true);
            // A help desk that names whom it helps is likeness enough.
            display.likeness |= says;
        }
        let bio = self.weigh_bio(&display);
        let mut against = Vec::new();
        self.excuse(&handle, &display, &bio, &mut against);
        let soft = self.brand.other_sense
            || in_display.iter().chain(&in_handle).all(|found| {
                self.finder.names.get(found.name).is_some_and(|name| name.origin == Origin::Keyword)
            });
        if soft && !handle.deliberate && !display.deliberate && !bio.claim {
            against.push("not_sole_sense");
        }
        let mut beside = self.weigh_picture(&handle, &display, &bio);
        self.weigh_age(&mut beside);
        self.sum(&handle, &display, &bio, &beside, &against)
    }

    /// In how many bits the picture differs from the nearest of the brand's own, where it is a copy.
    fn copied_picture(&self) -> Option<u32> {
        let picture = self.beside.picture?;
        let copied = self.pictures.iter().filter(|own| own.is_copied_by(picture));
        copied.map(|own| own.distance(picture)).min()
    }

    /// A copied picture, where a name speaks too.
    fn weigh_picture(&self, handle: &Reason, display: &Reason, bio: &Reason) -> Reason {
        let mut reason = Reason::default();
        let named = handle.likeness || display.likeness || !bio.signals.is_empty();
        if named && self.copied_picture().is_some() {
            reason.likeness = true;
            reason.add("picture_copied", true);
        }
        reason
    }

    /// Youth and few followers break ties; they are bought, and missing tells nothing.
    fn weigh_age(&self, reason: &mut Reason) {
        if let (Some(now), Some(created)) = (self.beside.now, self.author.created)
            && now.since(created) < YOUNG
        {
            reason.add("account_young", false);
        }
        if self.author.followers.is_some_and(|followers| followers < FEW) {
            reason.add("account_few_followers", false);
        }
    }

    fn is_long(&self, found: &Found) -> bool {
        self.finder.names.get(found.name).is_some_and(Name::is_long)
    }

    fn weigh_handle(&self, found: Option<&Found>) -> Reason {
        let mut reason = Reason::default();
        let Some(found) = found else { return reason };
        let Found { shape, disguise, rest, .. } = found;
        reason.roles = rest.roles;
        reason.likeness = true;
        if disguise.strange + disguise.accents > 0 {
            reason.deliberate = true;
            reason.add("handle_confusable", false);
        } else if disguise.swaps > 0 {
            reason.deliberate = *shape > Shape::Inside;
            reason.add(if *shape > Shape::Inside { "handle_look_alike" } else { "handle_inside" }, false);
        }
        match shape {
            Shape::Near(_) => {
                reason.deliberate = true;
                reason.add("handle_near", false);
            }
            Shape::Whole if reason.signals.is_empty() => reason.add("handle_equal", false),
            Shape::Parts if rest.roles & NEGATIVE != 0 => reason.add("handle_inside", false),
            Shape::Parts if rest.roles & (SUPPORT | OFFICIAL) != 0 => {}
            Shape::Parts if rest.roles & LURE != 0 => {}
            Shape::Parts if rest.roles == super::data::DIGITS => reason.add("handle_digits", false),
            Shape::Parts => reason.add("handle_affix", false),
            Shape::Inside | Shape::Among if reason.signals.is_empty() => reason.add("handle_inside", false),
            Shape::Whole | Shape::Inside | Shape::Among => {}
        }
        if matches!(shape, Shape::Parts | Shape::Near(_)) && rest.roles & NEGATIVE == 0 && rest.unknown == 0 {
            if rest.roles & (SUPPORT | OFFICIAL) != 0 {
                reason.deliberate = true;
                reason.add("handle_support", false);
            } else if rest.roles & LURE != 0 {
                reason.deliberate = true;
                reason.add("handle_lure", false);
            }
        }
        if self.network.as_str() == "bluesky"
            && !self.author.handle.as_deref().unwrap_or_default().ends_with(".bsky.social")
        {
            reason.add("handle_domain", false);
        }
        reason
    }

    fn weigh_display(&self, found: Option<&Found>) -> Reason {
        let mut reason = Reason::default();
        let Some(found) = found else { return reason };
        let Found { shape, disguise, rest, .. } = found;
        reason.roles = rest.roles;
        if self.display.first().is_some_and(|scan| scan.reading.gift) {
            reason.roles |= LURE;
        }
        let own_words = *shape > Shape::Inside;
        reason.likeness = own_words || matches!(shape, Shape::Near(_));
        let alone = rest.unknown == 0 && rest.roles & NEGATIVE == 0;
        if own_words
            && (disguise.strange > 0 || disguise.accents > 1 || disguise.accents * disguise.swaps > 0)
        {
            reason.deliberate = true;
            reason.add("display_name_confusable", true);
        } else if own_words && disguise.swaps > 0 {
            reason.deliberate = true;
            reason.add("display_name_look_alike", true);
        } else if own_words && disguise.accents > 0 && alone {
            reason.add("display_name_accented", true);
        }
        let disguised = !reason.signals.is_empty();
        if let Shape::Near(cost) = shape {
            let long = self.is_long(found) && *cost <= 120;
            if self.display.first().is_some_and(|scan| scan.reading.is_mixed()) {
                reason.deliberate = true;
                reason.add("display_name_mixed", true);
            }
            reason.add(if long { "display_name_near_long" } else { "display_name_near" }, long);
        }
        if reason.roles & LURE != 0 && reason.likeness {
            reason.add("display_name_lure", true);
            reason.deliberate = true;
        } else if rest.roles & SUPPORT != 0 && reason.likeness && rest.roles & NEGATIVE == 0 {
            if alone {
                reason.deliberate = true;
                reason.add("display_name_support", true);
            } else {
                reason.add("display_name_agent", true);
            }
        } else if own_words && !disguised {
            if alone {
                reason.deliberate |= rest.roles & OFFICIAL != 0;
                reason.add("display_name_equal", true);
            } else {
                reason.add("display_name_names", false);
            }
        }
        reason
    }

    fn weigh_bio(&self, display: &Reason) -> Reason {
        let mut reason = Reason::default();
        let Some(scan) = self.bio.first() else { return reason };
        reason.roles = scan.said();
        let named = scan.says(self.finder, self.place);
        let excused = reason.roles & (LABEL | FAN | STAFF | PRESS) != 0;
        if reason.roles & LURE != 0
            && (named || reason.roles & CONTACT != 0 && (display.claim || display.likeness))
        {
            reason.add("bio_lure", true);
        }
        if named && !excused {
            if reason.roles & SUPPORT != 0 {
                reason.add("bio_support", true);
            }
            if reason.roles & OFFICIAL != 0 {
                reason.add("bio_official", true);
            }
            if reason.roles & CONTACT != 0 && reason.roles & (SUPPORT | OFFICIAL | LURE) != 0 {
                reason.add("bio_contact", false);
            }
        }
        if named && reason.signals.is_empty() {
            reason.add("bio_names", false);
        }
        reason
    }

    /// What speaks for the account; a lure takes it all away.
    fn excuse(&self, handle: &Reason, display: &Reason, bio: &Reason, against: &mut Vec<&'static str>) {
        let lured = bio.signals.contains(&"bio_lure") || display.signals.contains(&"display_name_lure");
        if lured {
            return;
        }
        // A label hidden in the handle is no label for those who read "Support".
        let desk = display.signals.contains(&"display_name_support");
        let labels = display.roles | bio.roles | if desk { 0 } else { handle.roles };
        if labels & (LABEL | FAN) != 0 {
            against.push("not_labelled");
        }
        let speaks_as_brand = bio.claim;
        let said = if speaks_as_brand { display.roles } else { display.roles | bio.roles };
        if said & (STAFF | PRESS) != 0 {
            against.push("not_staff_or_press");
        }
        if (said | handle.roles) & (CRITIC | TRADE) != 0 && !speaks_as_brand {
            against.push("not_third_party");
        }
    }

    fn sum(
        &self,
        handle: &Reason,
        display: &Reason,
        bio: &Reason,
        beside: &Reason,
        against: &[&'static str],
    ) -> Weighed {
        let author = self.author;
        let mut signals = Vec::new();
        let mut tell = |names: &[&'static str], text: Option<&str>, scans: &[Scan]| {
            signals.extend(names.iter().map(|name| signal(name, text, scans)));
        };
        tell(&handle.signals, author.handle.as_deref(), self.handle);
        tell(&display.signals, author.display_name.as_deref(), self.display);
        tell(&bio.signals, author.bio.as_deref(), self.bio);
        let bits = self.copied_picture().map(|bits| bits.to_string());
        for name in &beside.signals {
            tell(&[*name], bits.as_deref().filter(|_| *name == "picture_copied"), &[]);
        }
        tell(against, None, &[]);
        Weighed {
            brand: self.brand.id.clone(),
            score: signals.iter().map(|signal| signal.points).sum(),
            likeness: handle.likeness || display.likeness || beside.likeness,
            claim: display.claim || bio.claim || beside.claim,
            signals,
            unproven: acquit::says_home(self.brand, self.network, author),
        }
    }
}
