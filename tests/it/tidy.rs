//! The structure of the source: modules use only those before them in `lib.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The modules in the order in which `lib.rs` declares them.
fn modules_in_order() -> Vec<String> {
    fs::read_to_string(source().join("lib.rs"))
        .expect("readable")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

/// Every module named after `crate::` in the text, also inside `use crate::{a, b::c}`.
fn modules_used(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let name = |text: &str| -> String {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        };
        let Some(list) = rest.strip_prefix('{') else {
            used.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut at_name = true;
        for (index, character) in list.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_name = true,
                c if at_name && depth == 0 && !c.is_whitespace() => {
                    used.push(name(&list[index..]));
                    at_name = false;
                }
                _ => {}
            }
        }
    }
    used
}

#[test]
fn modules_use_only_those_before_them() {
    let order = modules_in_order();
    assert!(order.len() > 10, "the list of modules was not found");
    let place = |name: &str| order.iter().position(|module| module == name);
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(source()).expect("below src").to_owned();
        let first = inside.components().next().expect("not empty");
        let module = first
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned();
        let Some(own) = place(&module) else { continue };
        let text = fs::read_to_string(&file).expect("readable");
        for used in modules_used(&text) {
            if place(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the direction of the data: {wrong:#?}"
    );
}

#[test]
fn the_check_sees_what_is_used() {
    let text =
        "use crate::{lang::{Lang, Say}, store::Store,\n    time::Millis};\nuse crate::text::mask;";
    assert_eq!(modules_used(text), ["lang", "store", "time", "text"]);
}
