//! The picture: a panel a work, a bar a contestant, times on a logarithmic scale.

use crate::Result;
use crate::works::Panel;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Pixels.
const WIDTH: u32 = 1100;
const BAR: u32 = 20;
const HEAD: u32 = 34;
const LEGEND: u32 = 40;
/// Of a panel: for the names, and for the number after the longest bar.
const NAMES: i32 = 210;
const NUMBER: i32 = 80;
const COLUMNS: usize = 2;

const VARPACK: RGBColor = RGBColor(208, 74, 2);
const PLAIN: RGBColor = RGBColor(150, 150, 150);
const PEER: RGBColor = RGBColor(70, 118, 170);
const GRID: RGBColor = RGBColor(205, 205, 205);
const TEXT: RGBColor = RGBColor(30, 30, 30);

/// Draws the panels into an SVG file. Its background is white, for pages of any colour.
pub(crate) fn draw(path: &Path, panels: &[&Panel]) -> Result<()> {
    let heights: Vec<u32> = panels.chunks(COLUMNS).map(height).collect();
    let total = LEGEND + heights.iter().sum::<u32>();
    let root = SVGBackend::new(path, (WIDTH, total)).into_drawing_area();
    root.fill(&WHITE)?;
    let (legend, mut rest) = root.split_vertically(LEGEND);
    draw_legend(&legend)?;
    for (row, height) in panels.chunks(COLUMNS).zip(heights) {
        let (areas, below) = rest.split_vertically(height);
        for (panel, area) in row.iter().zip(areas.split_evenly((1, COLUMNS))) {
            draw_panel(&area, panel)?;
        }
        rest = below;
    }
    root.present()?;
    Ok(())
}

/// The height of panels that stand in one line.
fn height(row: &[&Panel]) -> u32 {
    let bars = row.iter().map(|panel| panel.bars.len()).max().unwrap_or_default();
    HEAD + BAR * u32::try_from(bars).unwrap_or_default() + 2 * BAR
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_legend(area: &Area<'_>) -> Result<()> {
    let title = "milliseconds, shorter is better, logarithmic";
    area.draw(&Text::new(title, (12, 14), style(17.0, HPos::Left)))?;
    let entries =
        [(560, VARPACK, "varpack"), (660, PLAIN, "plain system calls"), (830, PEER, "peers")];
    for (x, colour, text) in entries {
        area.draw(&Rectangle::new([(x, 14), (x + 13, 27)], colour.filled()))?;
        area.draw(&Text::new(text, (x + 19, 14), style(15.5, HPos::Left)))?;
    }
    Ok(())
}

fn draw_panel(area: &Area<'_>, panel: &Panel) -> Result<()> {
    area.draw(&Text::new(panel.title.as_str(), (12, 10), style(17.0, HPos::Left)))?;
    let width = i32::try_from(area.dim_in_pixel().0)?;
    let mut bars: Vec<_> = panel.bars.iter().collect();
    bars.sort_by(|a, b| a.1.total_cmp(&b.1));
    let scale = Scale::new(bars.iter().map(|bar| bar.1), width - NAMES - NUMBER);
    let mut top = i32::try_from(HEAD)?;
    let bottom = top + i32::try_from(BAR)? * i32::try_from(bars.len())?;
    for (milliseconds, x) in scale.decades() {
        let x = NAMES + x;
        area.draw(&PathElement::new([(x, top - 4), (x, bottom)], GRID))?;
        let text = Text::new(milliseconds, (x, bottom + 1), style(12.0, HPos::Center));
        area.draw(&text)?;
    }
    for (name, milliseconds) in bars {
        let bottom = top + i32::try_from(BAR)? - 4;
        let end = NAMES + scale.pixels(*milliseconds);
        let bar = Rectangle::new([(NAMES, top), (end, bottom)], colour(name).filled());
        area.draw(&Text::new(name.as_str(), (NAMES - 6, top + 1), style(13.5, HPos::Right)))?;
        area.draw(&bar)?;
        let number = number(*milliseconds);
        area.draw(&Text::new(number, (end + 5, top + 1), style(13.5, HPos::Left)))?;
        top += i32::try_from(BAR)?;
    }
    Ok(())
}

fn style(size: f64, anchor: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(anchor, VPos::Top))
}

fn colour(name: &str) -> RGBColor {
    if name.starts_with("varpack") {
        VARPACK
    } else if name.starts_with("plain") {
        PLAIN
    } else {
        PEER
    }
}

fn number(milliseconds: f64) -> String {
    match milliseconds {
        100.0.. => format!("{milliseconds:.0}"),
        10.0.. => format!("{milliseconds:.1}"),
        1.0.. => format!("{milliseconds:.2}"),
        _ => format!("{milliseconds:.3}"),
    }
}

/// From times to lengths of bars.
struct Scale {
    from: f64,
    to: f64,
    width: i32,
}

impl Scale {
    fn new(times: impl Iterator<Item = f64> + Clone, width: i32) -> Self {
        let least = times.clone().fold(f64::INFINITY, f64::min);
        let most = times.fold(0.0, f64::max);
        // Half a decade before the shortest, so that its bar is seen.
        Self { from: least.log10() - 0.5, to: most.log10(), width }
    }

    /// The powers of ten within the scale, and where they are.
    fn decades(&self) -> impl Iterator<Item = (String, i32)> {
        // From a microsecond to a quarter of an hour.
        let powers = (-3..=6).map(|power| 10_f64.powi(power));
        let within = powers.filter(|power| (self.from..=self.to).contains(&power.log10()));
        within.map(|power| (power.to_string(), self.pixels(power)))
    }

    /// The length of a bar, at most the width.
    #[expect(clippy::cast_possible_truncation, reason = "the width is some hundreds of pixels")]
    fn pixels(&self, time: f64) -> i32 {
        let share = (time.log10() - self.from) / (self.to - self.from);
        (share * f64::from(self.width)).round() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_with_the_logarithm() {
        let scale = Scale::new([1.0, 10.0, 100.0].into_iter(), 250);
        assert_eq!([1.0, 10.0, 100.0].map(|time| scale.pixels(time)), [50, 150, 250]);
        let decades: Vec<_> = scale.decades().collect();
        assert_eq!(decades, [("1".into(), 50), ("10".into(), 150), ("100".into(), 250)]);
    }

    #[test]
    fn picture_has_every_bar_on_a_white_ground() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chart.svg");
        let bars = vec![("varpack".to_owned(), 1.5), ("np.save".to_owned(), 250.0)];
        draw(&path, &[&Panel { title: "save".to_owned(), bars }]).unwrap();
        let svg = std::fs::read_to_string(&path).unwrap();
        for expected in ["#FFFFFF", "varpack", "1.50", "np.save", "250", "save"] {
            assert!(svg.contains(expected), "{expected} in {svg}");
        }
    }
}
