//! People and units from files: all mistakes are said, and nothing is half done.

use super::fixture::{small, text};

#[test]
fn people_and_units_are_checked_row_by_row() {
    let fixture = small();
    let write = |name: &str, rows: &str| {
        let path = fixture.folder.path().join(name);
        std::fs::write(&path, rows).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let people = write(
        "people.csv",
        "编号,姓名,角色,工号,单位\nwu,吴,质检员,,北一组;n2\nzheng,郑,老板,,n1\nfeng,冯,坐席,,\nchu,褚,inspector,,nowhere\n",
    );
    let err = fixture.refused(&["people", "import", &people, "--as", "admin"]);
    assert!(err.contains("第 3 行") && err.contains("老板"), "{err}");
    assert!(err.contains("第 4 行") && err.contains("工号"), "{err}");
    assert!(err.contains("第 5 行") && err.contains("nowhere"), "{err}");
    assert!(!err.contains("第 2 行"), "{err}");
    let good = write(
        "good.csv",
        "编号,姓名,角色,工号,单位\nwu,吴,质检员,,北一组;n2\n",
    );
    let err = fixture.refused(&["people", "import", &good, "--as", "li"]);
    assert!(
        err.contains("复核员不能导入人员") && err.contains("管理员"),
        "{err}"
    );
    fixture.ok(&["people", "import", &good, "--as", "admin"]);
    assert!(fixture.ok(&["people", "list"]).contains("n1;n2"));
    let units = write(
        "units.csv",
        "unit_id,name,parent,level\na,甲,b,unit\nb,乙,a,branch\n",
    );
    for (what, headings) in [
        ("people", "person_id,name,role,agent_id,units,active\n"),
        ("units", "unit_id,name,parent,level\n"),
    ] {
        let empty = write("empty.csv", headings);
        let err = fixture.refused(&[what, "import", &empty, "--as", "admin"]);
        assert!(err.contains("什么也没改"), "{err}");
    }
    let err = fixture.refused(&["units", "import", &units, "--as", "admin"]);
    assert!(err.contains("第 2 行") || err.contains("第 3 行"), "{err}");
    assert!(fixture.ok(&["units", "list"]).contains("北分公司"));
    // Without --as, and without a default, nothing is done.
    let err = fixture.refused(&["review", "queue"]);
    assert!(err.contains("--as"), "{err}");
    std::fs::write(
        fixture.folder.path().join("huiting.toml"),
        "person = \"li\"\n",
    )
    .expect("written");
    assert!(fixture.ok(&["review", "queue"]).contains("待分派"));
}

#[test]
fn the_first_people_need_an_admin() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let people = folder.path().join("people.csv");
    std::fs::write(&people, "person_id,name,role\nli,李,reviewer\n").expect("written");
    let run = |who: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_huiting"));
        command
            .current_dir(folder.path())
            .args(["people", "import", "people.csv"]);
        command.args(who.into_iter().flat_map(|who| ["--as", who]));
        command.env_remove("HUITING_AS").output().expect("starts")
    };
    let done = run(None);
    assert!(!done.status.success() && text(&done.stderr).contains("role = admin"));
    std::fs::write(&people, "person_id,name,role\nroot,根,admin\n").expect("written");
    assert!(run(None).status.success());
    let done = run(None);
    assert!(!done.status.success(), "a second import without --as");
    assert!(run(Some("root")).status.success());
}
