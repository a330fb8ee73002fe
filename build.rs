//! The bundled rules are built in: a rule file added or removed must lead to a new build.

fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=build.rs");
}
