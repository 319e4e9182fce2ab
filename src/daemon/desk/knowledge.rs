//! What the desk judges by, when it changes under way: pictures, brands.

use std::collections::BTreeMap;

use super::{Desk, Told};
use crate::intake::{Judge, Origin};
use crate::keeper::Clock;
use crate::keyword::Brand;
use crate::matcher::Matcher;
use crate::network::{self, Dates};
use crate::notice::NoticeError;
use crate::store::pictures::{self, Looked};
use crate::store::{labels, replies};

impl Desk {
    /// Keeps what came of looking at a picture, and judges again whoever bears it, or everybody when it is a brand's.
    pub(super) fn pictured(&mut self, address: &str, looked: &Looked) -> Result<(), NoticeError> {
        let now = (self.clock)();
        self.patiently(|keeper| keeper.keep_picture(address, looked, now))?;
        if !matches!(looked, Looked::Read(_)) {
            return Ok(());
        }
        self.see()?;
        let bearers = pictures::bearers(self.keeper.store().connection(), address)?;
        let mut pages: BTreeMap<i64, network::Page> = BTreeMap::new();
        for (source, account) in bearers {
            pages.entry(source).or_default().accounts.push(account);
        }
        for (source, page) in pages {
            let origin = Origin { source: "", dates: Dates::Server, look_back: false };
            let judged = [self.judge.judge(page, origin, now, &mut self.scratch)];
            let done = self.patiently(|keeper| keeper.save(source, &judged, Clock::Live(now)))?;
            self.wrote(done.notices);
            let name = self.known.iter().find(|(_, known)| known.id == source).map(|(name, _)| name.clone());
            self.tell_stored(name.unwrap_or_default(), &done)?;
        }
        Ok(())
    }

    /// Knows the pictures that were read so far, and which accounts are the brands' own.
    pub(super) fn see(&mut self) -> Result<(), NoticeError> {
        let own = &self.judge.own;
        if !own.is_empty() {
            for (network, author) in replies::bearing(self.keeper.store().connection(), &own.handles())? {
                own.know(&network, &author);
            }
        }
        self.judge.see(pictures::album(self.keeper.store().connection())?);
        Ok(())
    }

    /// Changes over to other brands, between two pages: no post is held against half of each.
    pub(super) fn reload(&mut self, judge: Judge, brands: Vec<Brand>) -> Result<(), NoticeError> {
        let (before, after) = (&self.judge.matcher, &judge.matcher);
        let named = |of: &Matcher, keep: &dyn Fn(&Brand) -> bool| -> Vec<String> {
            of.brands().iter().filter(|brand| keep(brand)).map(|brand| brand.id.to_string()).collect()
        };
        let told = Told::Reloaded {
            new: named(after, &|brand| before.brand(&brand.id).is_none()),
            changed: named(after, &|brand| {
                before.brand(&brand.id).is_some() && before.version(&brand.id) != after.version(&brand.id)
            }),
            gone: named(before, &|brand| after.brand(&brand.id).is_none()),
        };
        let now = (self.clock)();
        self.patiently(|keeper| keeper.note_queries(&judge.matcher, now))?;
        self.judge = judge;
        self.judge.learn(labels::lessons(self.keeper.store().connection())?);
        self.see()?;
        self.keeper.set_brands(brands);
        (self.told)(told);
        Ok(())
    }
}
