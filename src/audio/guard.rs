//! Panics of decoders and recognisers become errors of their recording, and stay silent: no
//! backtrace runs over the progress bar.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static CAUGHT_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; its panic becomes an error that holds the panic's words.
///
/// What `work` was changing must not be used again after a panic.
///
/// # Errors
/// When `work` panics.
pub fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    silence_caught_panics();
    let outside = CAUGHT_HERE.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CAUGHT_HERE.set(outside);
    result.map_err(|payload| words(&*payload))
}

/// Puts a hook before the usual one, once; panics that nobody catches are reported as ever.
fn silence_caught_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !CAUGHT_HERE.get() {
                usual(panic);
            }
        }));
    });
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_words() {
        assert_eq!(catch_panic(|| 3), Ok(3));
        let number = 7;
        let caught = catch_panic::<()>(|| panic!("block {number} of 3"));
        assert_eq!(caught, Err("block 7 of 3".to_owned()));
        // A catch within another leaves the outer one's silence in place.
        let outer = catch_panic(|| {
            assert_eq!(catch_panic::<()>(|| panic!("inner")), Err("inner".into()));
            assert!(CAUGHT_HERE.get());
        });
        assert_eq!(outer, Ok(()));
        assert!(!CAUGHT_HERE.get());
    }
}
