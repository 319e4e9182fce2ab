//! `--brand`, `--network`, `--lang`: which mentions and suspects are meant.

use clap::Args;
use rusqlite::Connection;

use super::Usage;
use crate::document::nearest;
use crate::fold::fold;
use crate::keyword::{Brand, slug};
use crate::network;
use crate::store::list::{self, Filter};

#[derive(Debug, Clone, Args)]
pub(super) struct Brands {
    /// Only these brands, by file name or name
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    brand: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Select {
    #[command(flatten)]
    brands: Brands,
    /// Only these networks
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    network: Vec<String>,
    /// Only posts in this language, such as fr or en
    #[arg(long, value_name = "CODE")]
    lang: Option<String>,
}

impl Brands {
    /// This one, or all.
    pub(super) fn of(brand: Option<&str>) -> Brands {
        Brands { brand: brand.map(str::to_owned).into_iter().collect() }
    }

    /// Takes in others.
    pub(super) fn and(&mut self, others: &Brands) {
        self.brand.extend(others.brand.iter().cloned());
    }

    /// The identities asked for; none when all are meant.
    pub(super) fn ids(&self, connection: &Connection, brands: &[Brand]) -> anyhow::Result<Vec<String>> {
        self.brand.iter().map(|typed| brand(typed.trim(), connection, brands)).collect()
    }
}

impl Select {
    /// As a filter.
    pub(super) fn filter(&self, connection: &Connection, brands: &[Brand]) -> anyhow::Result<Filter> {
        let networks = self.network.iter().map(|typed| network_name(typed.trim(), connection));
        Ok(Filter {
            brands: self.brands.ids(connection, brands)?,
            networks: networks.collect::<anyhow::Result<_>>()?,
            lang: self.lang.as_deref().map(|lang| lang.trim().to_lowercase().replace('_', "-")),
            ..Filter::default()
        })
    }
}

/// The identity of a brand by its identity or name; one that has no file any more while mentions of it are
/// kept is known too.
fn brand(typed: &str, connection: &Connection, brands: &[Brand]) -> anyhow::Result<String> {
    match brand_id(typed, brands) {
        Err(_) if list::knows_brand(connection, typed)? => Ok(typed.to_owned()),
        found => found,
    }
}

/// The identity of a brand that has a file, by its identity or name.
pub(super) fn brand_id(typed: &str, brands: &[Brand]) -> anyhow::Result<String> {
    let (folded, slugged) = (fold(typed), slug(typed));
    let found = brands
        .iter()
        .find(|brand| *brand.id.0 == *typed)
        .or_else(|| brands.iter().find(|brand| fold(&brand.name) == folded || *brand.id.0 == *slugged));
    if let Some(brand) = found {
        return Ok(brand.id.to_string());
    }
    let ids: Vec<&str> = brands.iter().map(|brand| &*brand.id.0).collect();
    let near = nearest(typed, &ids).or_else(|| nearest(&slugged, &ids)).or_else(|| {
        let names: Vec<&str> = brands.iter().map(|brand| brand.name.as_str()).collect();
        let name = nearest(typed, &names)?;
        brands.iter().find(|brand| brand.name == name).map(|brand| &*brand.id.0)
    });
    Err(unknown("brand", typed, near, &ids).into())
}

/// The name of a network, by its name or an alias. Captures may bring names that are in no table.
fn network_name(typed: &str, connection: &Connection) -> anyhow::Result<String> {
    let lower = typed.to_lowercase();
    if let Some(spec) = network::spec(&lower) {
        return Ok(spec.name.to_owned());
    }
    for name in [typed, &lower] {
        if list::knows_network(connection, name)? {
            return Ok(name.to_owned());
        }
    }
    let mut names: Vec<&str> = network::ALL.iter().map(|spec| spec.name).collect();
    names.extend(network::CLOSED.iter().map(|closed| closed.name));
    if let Some(name) = names.iter().find(|name| **name == lower) {
        return Ok((*name).to_owned());
    }
    Err(unknown("network", typed, nearest(&lower, &names), &names).into())
}

fn unknown(what: &str, typed: &str, near: Option<&str>, valid: &[&str]) -> Usage {
    Usage(match near {
        Some(near) => format!("no {what} is called `{typed}`; did you mean `{near}`?"),
        None => format!("no {what} is called `{typed}`; valid: {}", valid.join(", ")),
    })
}
