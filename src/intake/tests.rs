use std::fs;

use super::*;
use crate::lang::{Lang, Say};

/// A folder with files of the given names, and one line per thing that was found in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[&str]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for file in files {
            let path = folder.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        folder
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn list(&self, content: &str) -> CallList {
        let path = self.path("calls.csv");
        fs::write(&path, content).unwrap();
        CallList::read(&path).unwrap()
    }

    fn below(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.0.path()).unwrap_or(path);
        path.to_string_lossy().into_owned()
    }

    fn said(&self, intake: &Intake) -> Vec<String> {
        let mut said = Vec::new();
        for recording in &intake.recordings {
            let mut line = self.below(&recording.path);
            if let Some(listed) = &recording.listed {
                line += &format!(" line {}", listed.line);
                for text in [&listed.call_id, &listed.metadata.agent_id]
                    .into_iter()
                    .flatten()
                {
                    line += &format!(" {text}");
                }
            }
            said.push(line);
        }
        for path in &intake.unlisted {
            said.push(format!("unlisted {}", self.below(path)));
        }
        for missing in &intake.missing {
            said.push(format!("missing {} {}", missing.line, missing.file));
        }
        if intake.rows_elsewhere > 0 {
            said.push(format!("elsewhere {}", intake.rows_elsewhere));
        }
        for failure in &intake.failures {
            said.push(format!(
                "failed {} {:?}",
                self.below(&failure.path),
                failure.cause
            ));
        }
        for row in &intake.rejected_rows {
            said.push(format!("row {} {:?}", row.line, row.what));
        }
        said
    }

    fn check(&self, paths: &[&str], calls: Option<&CallList>, expected: &[&str]) {
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.path(path)).collect();
        let intake = find(&paths, calls, None).unwrap();
        assert_eq!(self.said(&intake), expected);
    }
}

#[test]
fn recordings_are_found_below_and_once() {
    let folder = Folder::with(&[
        "b.WAV",
        "a/1.mp3",
        "a/notes.txt",
        ".hidden.wav",
        "._b.WAV",
        ".git/x.wav",
        "z.flac",
    ]);
    folder.check(&[""], None, &["a/1.mp3", "b.WAV", "z.flac"]);
    folder.check(&["a", "", "a/1.mp3"], None, &["a/1.mp3", "b.WAV", "z.flac"]);
    folder.check(&["a/notes.txt"], None, &["a/notes.txt"]);
    let recording = &find(&[folder.path("b.WAV")], None, None)
        .unwrap()
        .recordings[0];
    assert_eq!(recording.size, 5);
    assert!(recording.modified_ns > 1_600_000_000_000_000_000);
}

#[test]
fn a_path_that_is_not_there_ends_it() {
    let folder = Folder::with(&["a.wav"]);
    let error = find(&[folder.path("b.wav")], None, None).unwrap_err();
    assert!(
        error
            .say(Lang::Zh)
            .ends_with("b.wav：没有这个文件或文件夹。请检查路径是否写对。")
    );
}

#[cfg(unix)]
#[test]
fn broken_links_and_folders_are_listed_and_the_rest_goes_on() {
    use std::os::unix::fs::symlink;
    let folder = Folder::with(&["a.wav", "x.wav/inside.wav", "down/b.wav"]);
    symlink("gone.wav", folder.path("link.wav")).unwrap();
    symlink("gone.txt", folder.path("link.txt")).unwrap();
    symlink(folder.path(""), folder.path("down/up")).unwrap();
    symlink("a.wav", folder.path("c.wav")).unwrap();
    folder.check(
        &[""],
        None,
        &[
            "a.wav",
            "c.wav",
            "down/b.wav",
            "x.wav/inside.wav",
            "failed down/up LinkLoop",
            "failed link.wav DanglingLink",
            "failed x.wav Folder",
        ],
    );
    folder.check(&["link.wav"], None, &["failed link.wav DanglingLink"]);
}

#[test]
fn rows_and_files_find_each_other() {
    let folder = Folder::with(&["a.wav", "sub/b.wav", "c.dat", "d.wav", "E.wav", "stem.mp3"]);
    let calls = folder.list(
        "file,call_id,agent\n\
         a.wav,c1,1\n\
         D:\\rec\\sub\\b.wav,c2,2\n\
         c.dat,c3,3\n\
         gone.wav,c4,4\n\
         e.WAV,c5,5\n\
         stem,c6,6\n",
    );
    folder.check(
        &[""],
        Some(&calls),
        &[
            "E.wav line 6 c5 5",
            "a.wav line 2 c1 1",
            "c.dat line 4 c3 3",
            "d.wav",
            "stem.mp3 line 7 c6 6",
            "sub/b.wav line 3 c2 2",
            "unlisted d.wav",
            "missing 5 gone.wav",
        ],
    );
    // Rows of files that exist, but were not asked for, are not missing.
    folder.check(
        &["sub"],
        Some(&calls),
        &[
            "sub/b.wav line 3 c2 2",
            "missing 5 gone.wav",
            "missing 6 e.WAV",
            "missing 7 stem",
            "elsewhere 2",
        ],
    );
}

#[test]
fn rows_that_contradict_each_other() {
    let folder = Folder::with(&["a.wav", "b.wav", "x/same.wav", "y/same.wav"]);
    let calls = folder.list(
        "file,call_id,direction\na.wav,c1,\na.wav,c2,\nb.wav,c1,up\nsame.wav,c3,\nx/same.wav,c4,\n",
    );
    folder.check(
        &[""],
        Some(&calls),
        &[
            "a.wav line 2 c1",
            "b.wav line 4",
            "x/same.wav line 6 c4",
            "y/same.wav",
            "unlisted y/same.wav",
            "row 3 SameFile { file: \"a.wav\", first_line: 2 }",
            "row 4 Value(ValueFault { column: Direction, value: \"up\" })",
            "row 4 SameCallId { call_id: \"c1\", first_line: 2 }",
            "row 5 Ambiguous { file: \"same.wav\", candidates: 2 }",
        ],
    );
}

#[test]
fn the_name_fills_in_what_the_list_leaves_open() {
    let folder = Folder::with(&["7_2305.wav", "8_2306.wav", "other.wav"]);
    let calls = folder.list("file,unit,agent\n7_2305.wav,历下营业厅,9\n");
    let pattern = NamePattern::parse("{call_id}_{agent_id}.wav").unwrap();
    let intake = find(&[folder.path("")], Some(&calls), Some(&pattern)).unwrap();
    assert_eq!(
        folder.said(&intake),
        [
            "7_2305.wav line 2 7 9",
            "8_2306.wav line 0 8 2306",
            "other.wav",
            "unlisted 8_2306.wav",
            "unlisted other.wav",
        ]
    );
}

#[test]
fn failures_say_what_to_do() {
    let failure = IntakeFailure {
        path: "calls/18824807932.wav".into(),
        cause: IntakeFailureCause::DanglingLink,
    };
    assert_eq!(
        failure.say(Lang::Zh),
        "calls/188****7932.wav：链接指向的文件不存在。请恢复原文件，或删除这个链接。"
    );
    assert_eq!(
        failure.say(Lang::En),
        "calls/188****7932.wav: the link points to a file that does not exist. Restore the file or remove the link."
    );
}
