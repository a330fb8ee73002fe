//! The documentation of the loop is made from the table that the code goes by.

use huiting::{
    lang::Lang,
    review::{rights, workflow},
};

use super::fixture::root;

#[test]
fn the_documentation_is_current() {
    let path = root().join("docs/closed-loop.md");
    let text = std::fs::read_to_string(&path).expect("the documentation is there");
    for table in [
        workflow::markdown(Lang::En),
        workflow::markdown(Lang::Zh),
        rights::markdown(Lang::En),
        rights::markdown(Lang::Zh),
    ] {
        assert!(
            text.contains(&table),
            "docs/closed-loop.md lacks this table (huiting loop moves prints it):\n{table}"
        );
    }
}

#[test]
fn help_names_every_move() {
    for mv in workflow::Move::ALL {
        let help = workflow::help(&[mv], Lang::Zh);
        assert!(help.contains(mv.command()) && help.contains("→"), "{help}");
    }
}
