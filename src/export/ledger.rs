//! What was kept of accounts day by day, and of sources hour by hour, as rows of tables.

use super::Cell;
use super::column::{Column, Kind, column};
use crate::store::accounts::AccountDay;
use crate::store::figures::CoverageHour;

/// The columns of tracked accounts: one row an account and day.
#[rustfmt::skip]
pub const ACCOUNT_COLUMNS: &[Column] = &[
    column("day", Kind::Moment, "The day, by its start in UTC", "Le jour, par son début en UTC"),
    column("brand", Kind::Text, "The brand whose account it is, as far as its file says so", "La marque à qui est le compte, si son fichier le dit"),
    column("network", Kind::Text, "The network", "Le réseau"),
    column("account_id", Kind::Text, "The network's own identifier of the account", "L'identifiant du compte sur son réseau"),
    column("handle", Kind::Text, "The name used there", "Le nom d'usage"),
    column("display_name", Kind::Text, "Name shown to readers", "Nom affiché"),
    column("bio", Kind::Text, "What the account says of itself", "Ce que le compte dit de lui-même"),
    column("avatar", Kind::Link, "Address of its picture", "Adresse de son image"),
    column("followers", Kind::Whole, "Followers that day", "Abonnés ce jour-là"),
    column("posts", Kind::Whole, "Posts it had published by then", "Messages publiés jusque-là"),
    column("verified", Kind::Flag, "Whether the network vouches for it", "Si le réseau s'en porte garant"),
];

/// The row of an account's day; `brand` is whose it is, when that is known.
pub fn account_row<'a>(day: &'a AccountDay, brand: Option<&'a str>) -> Vec<Cell<'a>> {
    vec![
        Cell::Moment(day.day),
        Cell::text(brand),
        Cell::text(Some(&day.network)),
        Cell::text(Some(&day.native_id)),
        Cell::text(day.handle.as_deref()),
        Cell::text(day.display_name.as_deref()),
        Cell::text(day.bio.as_deref()),
        Cell::link(day.avatar.as_deref()),
        Cell::whole(day.followers),
        Cell::whole(day.posts),
        Cell::flag(day.verified),
    ]
}

/// The columns of coverage: one row a source and hour.
#[rustfmt::skip]
pub const COVERAGE_COLUMNS: &[Column] = &[
    column("hour", Kind::Moment, "The hour, by its start in UTC", "L'heure, par son début en UTC"),
    column("source", Kind::Text, "The source", "La source"),
    column("network", Kind::Text, "Its network", "Son réseau"),
    column("due", Kind::Whole, "Attempts due", "Essais prévus"),
    column("done", Kind::Whole, "Attempts that brought an answer", "Essais qui ont eu une réponse"),
    column("failed", Kind::Whole, "Attempts that failed", "Essais manqués"),
    column("paused", Kind::Whole, "Attempts put off", "Essais remis"),
    column("posts", Kind::Whole, "Posts heard, of any kind", "Messages entendus, de toute sorte"),
    column("repeats", Kind::Whole, "Posts known already", "Messages déjà connus"),
    column("mentions", Kind::Whole, "New mentions", "Nouvelles mentions"),
    column("gap_seconds", Kind::Whole, "Seconds of the hour that the source could not give and that were not caught up on", "Secondes de l'heure que la source n'a pas pu donner et qui n'ont pas été rattrapées"),
    column("reason", Kind::Text, "Why attempts failed or were put off", "Pourquoi des essais ont échoué ou ont été remis"),
    column("example", Kind::Flag, "Whether it is the shipped example", "S'il s'agit de l'exemple livré"),
];

/// The row of a source's hour.
pub fn coverage_row(hour: &CoverageHour) -> Vec<Cell<'_>> {
    vec![
        Cell::Moment(hour.hour),
        Cell::text(Some(&hour.source)),
        Cell::text(Some(&hour.network)),
        Cell::Whole(hour.due),
        Cell::Whole(hour.done),
        Cell::Whole(hour.failed),
        Cell::Whole(hour.paused),
        Cell::Whole(hour.posts),
        Cell::Whole(hour.repeats),
        Cell::Whole(hour.mentions),
        Cell::Whole(hour.gap_seconds),
        Cell::text(hour.reason.as_deref()),
        Cell::Flag(hour.example),
    ]
}
