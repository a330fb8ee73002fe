//! One spelling for matching, with the way back to the words as they were said.
