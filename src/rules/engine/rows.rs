//! Rows of things, one after the other in one piece of memory.

/// Rows of things.
#[derive(Debug)]
pub struct Rows<T> {
    things: Vec<T>,
    /// Where each row begins, and where the last one ends.
    begins: Vec<u32>,
}

impl<T> Rows<T> {
    pub fn of(rows: impl IntoIterator<Item = Vec<T>>) -> Rows<T> {
        let mut all = Rows {
            things: Vec::new(),
            begins: vec![0],
        };
        for row in rows {
            all.things.extend(row);
            all.begins.push(all.things.len() as u32);
        }
        all
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.begins.len() - 1
    }

    pub fn row(&self, number: u32) -> &[T] {
        let at = number as usize;
        &self.things[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}
