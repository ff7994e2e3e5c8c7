//! What belongs together.

use std::collections::BTreeMap;

/// Things of which some belong together; each group is known by its least thing.
#[derive(Debug)]
pub struct Groups<K> {
    parents: BTreeMap<K, K>,
}

impl<K: Ord + Clone> Groups<K> {
    /// Each thing is alone.
    pub fn new() -> Groups<K> {
        Groups { parents: BTreeMap::new() }
    }

    /// Makes one group of the groups of all `things`.
    pub fn join(&mut self, things: impl IntoIterator<Item = K>) {
        let mut roots: Vec<K> = things.into_iter().map(|thing| self.of(&thing).clone()).collect();
        roots.sort();
        roots.dedup();
        if let Some((least, others)) = roots.split_first() {
            self.parents.extend(others.iter().map(|other| (other.clone(), least.clone())));
        }
    }

    /// The least thing of the group that `thing` is in.
    pub fn of<'k>(&'k self, thing: &'k K) -> &'k K {
        let mut root = thing;
        while let Some(parent) = self.parents.get(root) {
            root = parent;
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_share_a_thing_are_one() {
        let mut groups = Groups::new();
        for pair in [[4, 5], [2, 3], [9, 8], [5, 3]] {
            groups.join(pair);
        }
        let of = [1, 2, 3, 4, 5, 8, 9].map(|thing| *groups.of(&thing));
        assert_eq!(of, [1, 2, 2, 2, 2, 8, 8]);
    }
}
