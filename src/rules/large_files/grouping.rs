//! Which modules are made of what is taken out.

use std::collections::{BTreeMap, BTreeSet};

use super::outline::Outline;

/// What is to be taken out.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// Units that get a module of their own.
    pub heads: Vec<usize>,
    /// Whether all types that can be moved go as well.
    pub types: bool,
}

/// What a module is made for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// One declaration, after which it is named.
    Own(usize),
    /// The types that several modules use.
    Types,
    /// The constants that several modules use.
    Constants,
}

/// The modules: the units of each. No module needs one that needs it in turn, and none needs the file itself.
pub type Grouping = BTreeMap<Purpose, BTreeSet<usize>>;

/// Distributes what is wanted, with all that it uses. What only one module uses goes there with it; what others use as well
/// gets a module that both import.
pub fn group(outline: &Outline<'_>, wanted: &Wanted) -> Grouping {
    let with_shared = distribute(outline, wanted, true);
    if has_cycle(outline, &with_shared) { distribute(outline, wanted, false) } else { with_shared }
}

/// `shares` is whether types share one module, and constants another.
fn distribute(outline: &Outline<'_>, wanted: &Wanted, shares: bool) -> Grouping {
    let movable = |unit: usize| outline.units[unit].stays.is_none();
    let types = (0..outline.units.len()).filter(|at| wanted.types && movable(*at) && outline.units[*at].is_type());
    let roots: BTreeSet<usize> = wanted.heads.iter().copied().chain(types).collect();
    let moved: BTreeSet<usize> = roots.iter().flat_map(|root| outline.reach(*root)).collect();
    let mut users_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, unit) in outline.units.iter().enumerate() {
        unit.uses.iter().for_each(|used| users_of.entry(*used).or_default().push(at));
    }
    let users = |unit: usize| users_of.get(&unit).into_iter().flatten().copied();
    let mut purposes: BTreeMap<usize, Purpose> = BTreeMap::new();
    // Users come before what they use: there are no cycles among units.
    let mut open: Vec<usize> = moved.iter().copied().collect();
    while !open.is_empty() {
        let is_ready = |unit: &usize| users(*unit).all(|user| !moved.contains(&user) || purposes.contains_key(&user));
        let Some(place) = open.iter().position(is_ready) else { break };
        let unit = open.remove(place);
        let of_users: BTreeSet<Option<&Purpose>> = users(unit).map(|user| purposes.get(&user)).collect();
        let only = of_users.iter().next().copied().flatten().filter(|_| of_users.len() == 1).cloned();
        let described = &outline.units[unit];
        let purpose = match only {
            _ if wanted.heads.contains(&unit) => Purpose::Own(unit),
            Some(purpose) => purpose,
            None if shares && described.is_type() => Purpose::Types,
            None if shares && described.is_constant(outline.file) => Purpose::Constants,
            None => Purpose::Own(unit),
        };
        purposes.insert(unit, purpose);
    }
    let mut grouping = Grouping::new();
    for (unit, purpose) in purposes {
        grouping.entry(purpose).or_default().insert(unit);
    }
    for shared in [Purpose::Types, Purpose::Constants] {
        // What only one declaration is in is named after that.
        if grouping.get(&shared).is_some_and(|units| units.len() == 1)
            && let Some(units) = grouping.remove(&shared)
        {
            grouping.extend(units.first().map(|unit| (Purpose::Own(*unit), units.clone())));
        }
    }
    grouping
}

/// Whether two modules need each other.
fn has_cycle(outline: &Outline<'_>, grouping: &Grouping) -> bool {
    let module_of: BTreeMap<usize, &Purpose> =
        grouping.iter().flat_map(|(purpose, units)| units.iter().map(move |unit| (*unit, purpose))).collect();
    let needs = |(purpose, units): (&'_ Purpose, &BTreeSet<usize>)| {
        let used = units.iter().flat_map(|unit| &outline.units[*unit].uses).filter_map(|used| module_of.get(used));
        let others: BTreeSet<Purpose> = used.copied().filter(|other| *other != purpose).cloned().collect();
        (purpose.clone(), others)
    };
    // What needs nothing that is left goes, until nothing does.
    let mut left: BTreeMap<Purpose, BTreeSet<Purpose>> = grouping.iter().map(needs).collect();
    loop {
        let free: BTreeSet<Purpose> =
            left.iter().filter(|(_, needs)| needs.is_empty()).map(|(purpose, _)| purpose.clone()).collect();
        if free.is_empty() {
            return !left.is_empty();
        }
        left.retain(|purpose, _| !free.contains(purpose));
        left.values_mut().for_each(|needs| needs.retain(|purpose| !free.contains(purpose)));
    }
}
