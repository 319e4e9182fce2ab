//! How often what is counted is about its brand, by what people said. Vigie learns from labels, and what it has learned to put
//! aside is counted no more; so each label is held against what is learned from others.

use std::collections::HashMap;

use rusqlite::Connection;

use super::Asked;
use crate::intake::weigh::Scales;
use crate::keyword::{Brand, BrandId};
use crate::relevance::Label;
use crate::store::StoreError;

/// What is learned, leaving one in so many out.
const PARTS: usize = 10;

/// What labels say of one brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldOut {
    /// Labels given, all of them.
    pub given: u32,
    /// Labelled posts that would be counted by what is learned from others. Those that were asked for because of doubt say
    /// little of how often it is right, and are left out.
    pub counted: u32,
    /// Of those, posts about the brand.
    pub right: u32,
}

struct Kept {
    label: Label,
    keywords: Vec<String>,
    doubted: bool,
}

/// What labels say of each of `brands` of which anything was said. Labels of deleted posts, whose words are gone, are given
/// and no more.
///
/// # Errors
/// When SQLite refuses or a row cannot be read back.
pub fn held_out(connection: &Connection, brands: &[Brand]) -> Result<HashMap<BrandId, HeldOut>, StoreError> {
    const KEPT: &str =
        "SELECT brand, text, relevant, asked, keywords FROM label ORDER BY at, network, native_id, brand";
    let mut found: HashMap<BrandId, HeldOut> = HashMap::new();
    let mut kept: HashMap<BrandId, Vec<Kept>> = HashMap::new();
    let mut statement = connection.prepare_cached(KEPT)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let brand = BrandId(row.get::<_, String>(0)?.into());
        found.entry(brand.clone()).or_default().given += 1;
        let Some(text) = row.get::<_, Option<String>>(1)? else { continue };
        let keywords: String = row.get(4)?;
        kept.entry(brand).or_default().push(Kept {
            label: Label { text, relevant: row.get(2)? },
            doubted: row.get::<_, String>(3)? == Asked::Doubtful.as_str(),
            keywords: serde_json::from_str(&keywords)
                .map_err(|source| StoreError::Stored { what: "keywords of a label", source })?,
        });
    }
    for brand in brands {
        let Some((held, all)) = found.get_mut(&brand.id).zip(kept.get(&brand.id)) else { continue };
        for part in 0..PARTS.min(all.len()) {
            let is_out = |place: usize| place % PARTS == part;
            let others = all.iter().enumerate().filter(|(place, _)| !is_out(*place));
            let lessons = others.map(|(_, kept)| kept.label.clone()).collect();
            let scales = Scales::taught(HashMap::from([(brand.id.clone(), lessons)]));
            for (place, kept) in all.iter().enumerate() {
                let keywords: Vec<&str> = kept.keywords.iter().map(String::as_str).collect();
                if !is_out(place) || kept.doubted || scales.weigh(brand, &keywords, &kept.label.text).doubtful
                {
                    continue;
                }
                held.counted += 1;
                held.right += u32::from(kept.label.relevant);
            }
        }
    }
    Ok(found)
}
