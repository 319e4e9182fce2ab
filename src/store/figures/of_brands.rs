//! Which mentions are whose: found for all brands in one look through the index, so that what is asked brand by brand reads
//! no others.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};

use crate::keyword::{Brand, BrandId};
use crate::share::Window;
use crate::store::StoreError;

/// The mentions of brands in a window, doubtful ones among them.
#[derive(Debug, Clone, Default)]
pub struct OfBrands {
    /// The rows of each brand, the oldest first.
    rows: HashMap<BrandId, Vec<i64>>,
}

impl OfBrands {
    /// Those of each of `brands` in `window`.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn in_window(
        connection: &Connection,
        window: Window,
        brands: &[Brand],
    ) -> Result<OfBrands, StoreError> {
        OfBrands::of_all(connection, window, brands.iter().map(|brand| &brand.id))
    }

    /// Those of one brand in `window`.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn of_one(connection: &Connection, window: Window, brand: &BrandId) -> Result<OfBrands, StoreError> {
        OfBrands::of_all(connection, window, std::iter::once(brand))
    }

    fn of_all<'b>(
        connection: &Connection,
        window: Window,
        brands: impl Iterator<Item = &'b BrandId>,
    ) -> Result<OfBrands, StoreError> {
        const NUMBER: &str = "SELECT id FROM word WHERE name = ?1";
        // all of it stands in the index
        const WINDOW: &str = "SELECT brand, id FROM kept_mention INDEXED BY mention_window
            WHERE counted >= ?1 AND counted < ?2 ORDER BY counted, brand, id";
        let mut asked: HashMap<i64, (&BrandId, Vec<i64>)> = HashMap::new();
        let mut statement = connection.prepare_cached(NUMBER)?;
        for brand in brands {
            let number: Option<i64> = statement.query_row([&*brand.0], |row| row.get(0)).optional()?;
            asked.extend(number.map(|number| (number, (brand, Vec::new()))));
        }
        let mut statement = connection.prepare_cached(WINDOW)?;
        let mut found = statement.query([window.from.0, window.to.0])?;
        while let Some(row) = found.next()? {
            if let Some((_, rows)) = asked.get_mut(&row.get(0)?) {
                rows.push(row.get(1)?);
            }
        }
        Ok(OfBrands { rows: asked.into_values().map(|(brand, rows)| (brand.clone(), rows)).collect() })
    }

    /// The rows of a brand as a JSON list, for `json_each`.
    pub(super) fn of(&self, brand: &BrandId) -> String {
        list(self.rows(brand))
    }

    /// The newest of them.
    pub(super) fn newest(&self, brand: &BrandId, most: usize) -> String {
        let rows = self.rows(brand);
        list(rows.get(rows.len().saturating_sub(most)..).unwrap_or_default())
    }

    fn rows(&self, brand: &BrandId) -> &[i64] {
        self.rows.get(brand).map(Vec::as_slice).unwrap_or_default()
    }
}

fn list(rows: &[i64]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}
