//! Making a component of a part of the JSX.

mod component;
mod free;
mod guards;
mod region;
mod types;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use self::free::Prop;
use self::region::Region;
use super::grouping::Wanted;
use super::naming;
use super::outline::{Made, Outline};
use super::plan::{self, LargeFile, Split};
use crate::edit::Edit;

/// Some lines of JSX, and what their component is to be called.
#[derive(Debug, Clone)]
pub struct Extract {
    /// The lines, counted from 1.
    pub lines: RangeInclusive<usize>,
    /// The component's name.
    pub name: String,
}

/// The split that makes a component of `wanted`, in a module of its own.
///
/// # Errors
/// Why that can't be done, as a clause.
pub fn split(large: &LargeFile<'_, '_>, wanted: &Extract) -> Result<Split, String> {
    let file = large.outline.file;
    check_name(large.outline, &wanted.name)?;
    let region = Region::at_lines(file, &wanted.lines)?;
    let props = props(large, &region)?;
    let made = Made {
        text: component::text(file, &region, &props, &wanted.name),
        types: props.iter().flat_map(|prop| prop.ty.react.iter().copied()).collect(),
    };
    let sources = props.iter().flat_map(|prop| prop.ty.sources.iter().cloned()).collect();
    let outline = large.outline.with_component(&wanted.name, region.places(), sources, made);
    let Some(own) = outline.units.len().checked_sub(1) else { return Err("nothing is there".to_owned()) };
    for used in &outline.units[own].uses {
        let used = &outline.units[*used];
        if let Some(stay) = &used.stays {
            return Err(format!("it uses `{}`, which stays: {stay}", used.name()));
        }
    }
    let is_around = |unit: usize| outline.units[unit].uses.contains(&own);
    if outline.reach(own).into_iter().any(is_around) {
        return Err("it uses the component that it is a part of".to_owned());
    }
    let with_component = LargeFile { outline: &outline, ..*large };
    let mut split = with_component.split(&Wanted { heads: vec![own], types: false })?;
    let call = component::call(file, &region, &props, &wanted.name);
    let text = &file.text[region.range.clone()];
    split.lines_left = (split.lines_left + plan::breaks(&call)).saturating_sub(plan::breaks(text));
    split.edits.push(Edit { path: file.path.clone(), range: region.range.clone(), text: call });
    split.edits.sort_by_key(|edit| (edit.range.start, !edit.range.is_empty()));
    Ok(split)
}

/// A part of the JSX that could become a component.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its lines, counted from 1.
    pub lines: (usize, usize),
    /// Its byte range.
    pub range: std::ops::Range<usize>,
    /// What it is: `<section>`.
    pub tag: String,
    /// What it would be given.
    pub props: Vec<String>,
}

/// The largest parts of the JSX that could become components, none inside of another.
pub fn parts(large: &LargeFile<'_, '_>) -> Vec<Part> {
    /// How many are tried: each looks at all the names in it.
    const TRIED: usize = 40;
    /// A component that is given more than this is none.
    const MAX_PROPS: usize = 9;
    let file = large.outline.file;
    let mut parts: Vec<Part> = Vec::new();
    let wanted = large.min_lines..=large.max_lines;
    for region in region::elements(file, &wanted).into_iter().take(TRIED) {
        let is_inside = |part: &Part| part.range.start <= region.range.start && region.range.end <= part.range.end;
        if parts.iter().any(is_inside) {
            continue;
        }
        let lines = region.lines(file);
        let name = "Part".to_owned();
        let is_fine = split(large, &Extract { lines: lines.0..=lines.1, name }).is_ok();
        if let (true, Ok(props)) = (is_fine, props(large, &region))
            && props.len() <= MAX_PROPS
        {
            let names = props.into_iter().map(|prop| prop.name).collect();
            parts.push(Part { lines, range: region.range.clone(), tag: region.tag(file), props: names });
        }
    }
    parts
}

/// What a part of the JSX must be given.
fn props(large: &LargeFile<'_, '_>, region: &Region<'_>) -> Result<Vec<Prop>, String> {
    let file = large.outline.file;
    region.check(file)?;
    free::props(large.project, file, region)
}

/// Whether a component may be called `name`.
fn check_name(outline: &Outline<'_>, name: &str) -> Result<(), String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !name.starts_with(|first: char| first.is_ascii_uppercase()) || !name.chars().all(is_part) {
        return Err(format!(
            "`{name}` is no name of a component: it starts with a capital letter, as `VoiceControls` does"
        ));
    }
    let taken: BTreeSet<String> = [name.to_owned(), format!("{name}Props")].into();
    let file = outline.file;
    if taken.iter().any(|name| !file.name(name).declarations.is_empty()) || naming::is_named_after(&file.path, name) {
        return Err(format!("the file has a `{name}` already"));
    }
    Ok(())
}
