//! Finds recordings and the call list, and says which belongs to which.
