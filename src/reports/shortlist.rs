//! The first few of many, kept while the many pass by.

use std::collections::BTreeMap;

/// Keeps the entries with the smallest keys, at most `limit` of them.
#[derive(Clone, Debug)]
pub(super) struct Shortlist<K, V> {
    limit: usize,
    kept: BTreeMap<K, V>,
}

impl<K: Ord, V> Shortlist<K, V> {
    pub(super) fn new(limit: usize) -> Shortlist<K, V> {
        Shortlist {
            limit,
            kept: BTreeMap::new(),
        }
    }

    /// `make` is called only for an entry that is kept. Keys are to be unique.
    pub(super) fn offer(&mut self, key: K, make: impl FnOnce() -> V) {
        let full = self.kept.len() >= self.limit;
        if full
            && self
                .kept
                .last_key_value()
                .is_none_or(|(last, _)| *last <= key)
        {
            return;
        }
        self.kept.insert(key, make());
        if self.kept.len() > self.limit {
            self.kept.pop_last();
        }
    }

    /// The kept ones in the order of their keys.
    pub(super) fn into_kept(self) -> Vec<V> {
        self.kept.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_sorting_all_and_taking_the_first(
            keys in prop::collection::btree_set(0u16..500, 0..60).prop_map(Vec::from_iter).prop_shuffle(),
            limit in 0usize..20,
        ) {
            let mut list = Shortlist::new(limit);
            for key in &keys {
                list.offer(*key, || *key);
            }
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            sorted.truncate(limit);
            prop_assert_eq!(list.into_kept(), sorted);
        }
    }

    #[test]
    fn nothing_is_made_that_is_not_kept() {
        let mut list = Shortlist::new(1);
        list.offer(1, || "kept");
        list.offer(2, || unreachable!("the list is full of smaller keys"));
        assert_eq!(list.into_kept(), ["kept"]);
    }
}
