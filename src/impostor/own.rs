//! Who speaks for the brands: the accounts that their files name, and the identifiers by which their networks call these where
//! posts bear no name.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::acquit::listed;
use crate::keyword::{Brand, BrandId, OfficialAccount};
use crate::post::{Author, NetworkName};

/// The own accounts of all brands.
#[derive(Debug, Default)]
pub struct Own {
    named: Vec<(BrandId, Vec<OfficialAccount>)>,
    /// By identifier: where, and whose.
    known: RwLock<HashMap<String, Vec<(NetworkName, BrandId)>>>,
}

impl Own {
    /// Those that the files of `brands` name.
    pub fn new(brands: &[Brand]) -> Own {
        let named = brands.iter().filter(|brand| !brand.official.is_empty());
        Own {
            named: named.map(|brand| (brand.id.clone(), brand.official.clone())).collect(),
            known: RwLock::default(),
        }
    }

    /// Whether no brand names an account of its own.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The handles that the files name, in small letters and without their sign.
    pub fn handles(&self) -> Vec<String> {
        let official = self.named.iter().flat_map(|(_, official)| official);
        official.map(|official| official.handle.trim_start_matches('@').to_lowercase()).collect()
    }

    /// Remembers the identifier of an account that a brand names by its handle.
    pub fn know(&self, network: &NetworkName, author: &Author) {
        let named = self.named(network, author);
        if named.is_empty() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let whose = named.into_iter().map(|brand| (network.clone(), brand)).collect();
        known.insert(author.native_id.clone(), whose);
    }

    /// The brands for which an account speaks.
    pub fn brands(&self, network: &NetworkName, author: &Author) -> Vec<BrandId> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut brands = self.named(network, author);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for (at, brand) in known.get(&author.native_id).into_iter().flatten() {
            if at == network && !brands.contains(brand) {
                brands.push(brand.clone());
            }
        }
        brands
    }

    fn named(&self, network: &NetworkName, author: &Author) -> Vec<BrandId> {
        let named = self.named.iter().filter(|(_, official)| listed(official, network, author));
        named.map(|(brand, _)| brand.clone()).collect()
    }
}
