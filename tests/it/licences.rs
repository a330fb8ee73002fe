//! Every crate that ends up in the program, or builds it, has a licence that may be passed on.
//!
//! `deny.toml` holds the same list for those who have cargo-deny; this test needs only cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, ParseMode};

/// SPDX identifiers of the licences that a dependency may have.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: String,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `None` for what is linked, else `build` or `dev`.
    kind: Option<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stdout_of(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The dependency graph as cargo resolves it for the machine that the test runs on.
fn metadata() -> Metadata {
    let version = stdout_of(Command::new("rustc").arg("-vV"));
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let json = stdout_of(Command::new(cargo).args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        host,
    ]));
    serde_json::from_str(&json).unwrap()
}

/// Identifiers of all packages that the root needs to be built, itself included.
fn needed(resolve: &Resolve) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Node> = resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let mut needed = BTreeSet::new();
    let mut open = vec![resolve.root.as_str()];
    while let Some(id) = open.pop() {
        if needed.insert(id) {
            let dependencies = nodes[id].deps.iter().filter(|dependency| {
                let kinds = &dependency.dep_kinds;
                kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
            });
            open.extend(dependencies.map(|dependency| dependency.pkg.as_str()));
        }
    }
    needed
}

/// Whether one may choose such licences from the expression that all are allowed.
fn is_allowed(expression: &str) -> Result<bool, String> {
    // Old crates write `MIT/Apache-2.0`.
    let parsed = Expression::parse_mode(expression, ParseMode::LAX)
        .map_err(|error| format!("{expression:?} is no SPDX expression: {error}"))?;
    Ok(parsed.evaluate(|requirement| {
        requirement
            .license
            .id()
            .is_some_and(|id| ALLOWED.contains(&id.name))
    }))
}

#[test]
fn every_dependency_may_be_passed_on() {
    let metadata = metadata();
    let needed = needed(&metadata.resolve);
    let mut offending = Vec::new();
    let mut checked = 0;
    for package in &metadata.packages {
        if !needed.contains(package.id.as_str()) {
            continue;
        }
        checked += 1;
        let licence = package.license.as_deref().unwrap_or_default();
        if is_allowed(licence) != Ok(true) {
            offending.push(format!("{} {}: {licence:?}", package.name, package.version));
        }
    }
    assert!(checked > 100, "only {checked} packages found");
    assert!(
        offending.is_empty(),
        "licences not allowed:\n{}",
        offending.join("\n")
    );
}

#[test]
fn licence_expressions_are_judged() {
    let check = |expression: &str, expected: bool| {
        assert_eq!(is_allowed(expression), Ok(expected), "{expression}");
    };
    check("MIT OR Apache-2.0", true);
    check("MIT/Apache-2.0", true);
    check("MIT OR GPL-3.0-only", true);
    check("MIT AND GPL-3.0-only", false);
    check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("AGPL-3.0-or-later", false);
    check("LGPL-2.1-or-later", false);
    assert!(is_allowed("").is_err() && is_allowed("see LICENSE.txt").is_err());
}

#[test]
fn cargo_deny_is_given_the_same_list() {
    #[derive(Deserialize)]
    struct Deny {
        licenses: Licences,
    }
    #[derive(Deserialize)]
    struct Licences {
        allow: BTreeSet<String>,
    }
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let deny: Deny = toml::from_str(&text).unwrap();
    let here: BTreeSet<String> = ALLOWED.map(String::from).into();
    assert_eq!(deny.licenses.allow, here);
}
