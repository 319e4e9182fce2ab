//! What was counted by name and day, as sheets with charts.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Chart, ChartLegendPosition, ChartType, Workbook, XlsxError};

use super::{EPOCH, Looks, Measure, head};

/// Names with a column of their own by day.
const NAMES: usize = 100;
/// Lines of the chart by day: more cannot be told apart.
const LINES: usize = 8;
/// Bars of the chart by name.
const BARS: u32 = 20;
/// The longest stretch in which days without anything are listed too: ten years.
const STRETCH: i64 = 3_660;

/// Counts by name and day, days since 1970.
#[derive(Debug, Default)]
pub(super) struct Counted {
    names: BTreeMap<String, u64>,
    days: BTreeMap<i64, BTreeMap<String, u64>>,
}

impl Counted {
    pub(super) fn add(&mut self, of: &str, day: Option<i64>, number: u64) {
        let into = |counts: &mut BTreeMap<String, u64>| match counts.get_mut(of) {
            Some(count) => *count += number,
            None => {
                counts.insert(of.to_owned(), number);
            }
        };
        into(&mut self.names);
        if let Some(day) = day {
            into(self.days.entry(day).or_default());
        }
    }

    /// Writes the sheets, where anything was counted.
    pub(super) fn write(
        &self,
        workbook: &mut Workbook,
        measure: Measure,
        looks: &Looks,
    ) -> Result<(), XlsxError> {
        if self.names.is_empty() {
            return Ok(());
        }
        let mut order: Vec<(&str, u64)> =
            self.names.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        order.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
        self.by_name(workbook, &order, measure, looks)?;
        self.by_day(workbook, &order, measure, looks)
    }

    fn by_name(
        &self,
        workbook: &mut Workbook,
        order: &[(&str, u64)],
        measure: Measure,
        looks: &Looks,
    ) -> Result<(), XlsxError> {
        const NAME: &str = "summary";
        let sheet = workbook.add_worksheet();
        sheet.set_name(NAME)?;
        head(sheet, &[measure.by, measure.unit, "share"], looks)?;
        let all: u64 = order.iter().map(|(_, count)| count).sum();
        let mut last = 0;
        for (row, (name, count)) in (1_u32..).zip(order) {
            sheet.write_string(row, 0, *name)?;
            sheet.write(row, 1, *count)?;
            sheet.write_number_with_format(row, 2, part(*count, all), &looks.share)?;
            last = row;
        }
        sheet.set_column_width(0, 28)?;
        sheet.autofilter(0, 0, last, 2)?;
        let mut chart = Chart::new(ChartType::Bar);
        chart.add_series().set_categories((NAME, 1, 0, last.min(BARS), 0)).set_values((
            NAME,
            1,
            1,
            last.min(BARS),
            1,
        ));
        chart.title().set_name(format!("{} by {}", measure.unit, measure.by).as_str());
        chart.legend().set_hidden();
        chart.y_axis().set_reverse();
        chart.set_width(720).set_height(120 + 22 * last.min(BARS));
        sheet.insert_chart(1, 4, &chart)?;
        Ok(())
    }

    fn by_day(
        &self,
        workbook: &mut Workbook,
        order: &[(&str, u64)],
        measure: Measure,
        looks: &Looks,
    ) -> Result<(), XlsxError> {
        const NAME: &str = "by day";
        let (Some(first), Some(end)) = (self.days.keys().next().copied(), self.days.keys().last().copied())
        else {
            return Ok(());
        };
        let shown: Vec<&str> = order.iter().take(NAMES).map(|(name, _)| *name).collect();
        let sheet = workbook.add_worksheet();
        sheet.set_name(NAME)?;
        let names: Vec<&str> = std::iter::once("day").chain(shown.iter().copied()).collect();
        head(sheet, &names, looks)?;
        let days: Vec<i64> = if end - first <= STRETCH {
            (first..=end).collect()
        } else {
            self.days.keys().copied().collect()
        };
        let mut last = 0;
        for (row, day) in (1_u32..).zip(&days) {
            let serial = i32::try_from(*day).unwrap_or_default().saturating_add(EPOCH);
            sheet.write_number_with_format(row, 0, f64::from(serial), &looks.day)?;
            let counts = self.days.get(day);
            for (column, name) in (1_u16..).zip(&shown) {
                let count = counts.and_then(|counts| counts.get(*name)).copied().unwrap_or_default();
                sheet.write(row, column, count)?;
            }
            last = row;
        }
        sheet.set_column_width(0, 12)?;
        let mut chart = Chart::new(ChartType::Line);
        for (column, _) in (1_u16..).zip(shown.iter().take(LINES)) {
            chart
                .add_series()
                .set_name((NAME, 0, column))
                .set_categories((NAME, 1, 0, last, 0))
                .set_values((NAME, 1, column, last, column));
        }
        chart.title().set_name(format!("{} by day", measure.unit).as_str());
        chart.legend().set_position(ChartLegendPosition::Bottom);
        chart.x_axis().set_date_axis(true).set_num_format("dd/mm");
        chart.set_width(900).set_height(380);
        let beside = u16::try_from(shown.len()).unwrap_or_default().saturating_add(2);
        sheet.insert_chart(1, beside, &chart)?;
        Ok(())
    }
}

/// A part of a whole, 0 to 1, in steps that no cell shows.
fn part(count: u64, all: u64) -> f64 {
    /// Steps of a share.
    const STEPS: u32 = 1_000_000;
    let steps = u128::from(count) * u128::from(STEPS) / u128::from(all.max(1));
    f64::from(u32::try_from(steps).unwrap_or(STEPS)) / f64::from(STEPS)
}
