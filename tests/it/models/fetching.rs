//! A model is fetched, resumed and refused as it must be.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use huiting::cli::model::{self, ModelCommand};
use huiting::lang::{Lang, Say};
use huiting::transcribe::catalog::{Catalog, DEFAULT_MODEL, Entry};
use huiting::transcribe::fetch::{FetchError, FetchSettings, Fetched, Interruption, Step, fetch};
use huiting::transcribe::model_file::{ModelError, digest};

use super::server::{Answer, Asked, Server};
use super::{TENSORS, demo};

/// The demo model's entry as if it were to be fetched.
fn entry() -> Entry {
    Catalog::bundled().entry(DEFAULT_MODEL).unwrap().clone()
}

/// A folder into which the demo model is fetched.
struct Target {
    folder: tempfile::TempDir,
}

impl Target {
    fn new() -> Target {
        Target {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("huiting-demo.bin")
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("huiting-demo.bin.part")
    }

    fn fetch(&self, settings: &FetchSettings) -> Result<Fetched, FetchError> {
        fetch(&entry(), self.folder.path(), settings, &mut |_| {})
    }

    /// That the model is in its place, whole, and nothing else is left.
    fn assert_complete(&self) {
        assert!(fs::read(self.model()).unwrap() == demo(), "content differs");
        assert!(!self.part().exists());
    }

    fn assert_absent(&self) {
        assert!(!self.model().exists());
    }
}

const MODEL_PATH: &str = "/models/huiting-demo.bin";

fn asked(first: &[Option<u64>]) -> Vec<Asked> {
    first
        .iter()
        .map(|first| (MODEL_PATH.to_owned(), *first))
        .collect()
}

#[test]
fn a_model_is_fetched_once() {
    let server = Server::start([Answer::Serve(demo().into())]);
    let target = Target::new();
    let (mut received, mut checked) = (Vec::new(), false);
    let fetched = fetch(
        &entry(),
        target.folder.path(),
        &server.settings(),
        &mut |step| match step {
            Step::Receiving {
                received_bytes,
                total_bytes,
            } => {
                assert_eq!(total_bytes, demo().len() as u64);
                received.push(received_bytes);
            }
            Step::Checking => checked = true,
            Step::Connecting { kept_bytes, .. } => assert_eq!(kept_bytes, 0),
            Step::Again { cause } => panic!("{cause}"),
        },
    )
    .unwrap();
    assert!(!fetched.was_there && checked);
    assert_eq!(fetched.path, target.model());
    assert!(received.is_sorted() && received.last() == Some(&(demo().len() as u64)));
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[None]));

    // The server has nothing more to say, so a second fetch that asked it would fail.
    assert!(target.fetch(&server.settings()).unwrap().was_there);
}

#[test]
fn a_broken_connection_is_taken_up_where_it_broke() {
    let server = Server::start([
        Answer::Cut(demo().into(), 5_000_000),
        Answer::Status(503),
        Answer::Cut(demo().into(), 7_000_000),
        Answer::Serve(demo().into()),
    ]);
    let target = Target::new();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    let asked: Vec<_> = server.asked().into_iter().map(|(_, first)| first).collect();
    assert_eq!(
        asked,
        [None, Some(5_000_000), Some(5_000_000), Some(12_000_000)]
    );
}

#[test]
fn what_an_earlier_run_left_is_gone_on_with() {
    let server = Server::start([
        Answer::Cut(demo().into(), 3_000_000),
        Answer::Status(500),
        Answer::Serve(demo().into()),
    ]);
    let target = Target::new();
    let once = FetchSettings {
        attempts: 1,
        ..server.settings()
    };
    match target.fetch(&once) {
        Err(FetchError::Interrupted {
            cause,
            received_bytes,
            ..
        }) => {
            assert_eq!(cause, Interruption::Status(500));
            assert_eq!(received_bytes, 3_000_000);
        }
        other => panic!("{other:?}"),
    }
    target.assert_absent();
    assert_eq!(fs::metadata(target.part()).unwrap().len(), 3_000_000);
    target.fetch(&once).unwrap();
    target.assert_complete();
    assert_eq!(server.asked()[2].1, Some(3_000_000));
}

#[test]
fn servers_without_ranges_begin_anew() {
    let server = Server::start([
        Answer::Cut(demo().into(), 3_000_000),
        Answer::IgnoreRange(demo().into()),
    ]);
    let target = Target::new();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[None, Some(3_000_000)]));

    let server = Server::start([
        Answer::Cut(demo().into(), 3_000_000),
        Answer::WrongRange(demo().into()),
        Answer::WithoutLength(demo().into()),
    ]);
    let target = Target::new();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[None, Some(3_000_000), None]));
}

#[test]
fn a_part_that_the_server_cannot_continue_begins_anew() {
    // The server's answer to the range is 416: its file there is shorter than what is kept.
    let server = Server::start([
        Answer::Serve(demo()[..1_000_000].into()),
        Answer::Serve(demo().into()),
    ]);
    let target = Target::new();
    fs::write(target.part(), &demo()[..2_000_000]).unwrap();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[Some(2_000_000), None]));
}

#[test]
fn a_part_of_another_file_is_replaced() {
    let server = Server::start([Answer::Serve(demo().into()), Answer::Serve(demo().into())]);
    let target = Target::new();
    fs::write(target.part(), vec![7; 2_000_000]).unwrap();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[Some(2_000_000), None]));

    // Longer than the model can be: not even asked to be continued.
    let server = Server::start([Answer::Serve(demo().into())]);
    let target = Target::new();
    fs::write(target.part(), vec![7; demo().len() + 1]).unwrap();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[None]));
}

#[test]
fn a_complete_part_needs_no_server() {
    let server = Server::start([]);
    let target = Target::new();
    fs::write(target.part(), demo()).unwrap();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
}

#[test]
fn redirections_keep_the_range() {
    let server = Server::start([
        Answer::Redirect("/elsewhere/blob"),
        Answer::Serve(demo().into()),
    ]);
    let target = Target::new();
    fs::write(target.part(), &demo()[..2_000_000]).unwrap();
    target.fetch(&server.settings()).unwrap();
    target.assert_complete();
    assert_eq!(
        server.asked()[1],
        ("/elsewhere/blob".to_owned(), Some(2_000_000))
    );
}

#[test]
fn a_wrong_digest_never_counts() {
    let mut changed = demo().to_vec();
    changed[TENSORS + 1000] ^= 1;
    let server = Server::start([Answer::Serve(changed)]);
    let target = Target::new();
    fs::write(target.model(), b"an older file").unwrap();
    match target.fetch(&server.settings()) {
        Err(FetchError::DigestMismatch {
            expected, found, ..
        }) => {
            assert_eq!(expected, entry().sha256);
            assert_ne!(found, expected);
        }
        other => panic!("{other:?}"),
    }
    assert!(!target.part().exists());
    assert_eq!(fs::read(target.model()).unwrap(), b"an older file");
}

#[test]
fn a_right_digest_of_no_model_does_not_count_either() {
    let body = b"not a model at all".to_vec();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    fs::write(&file, &body).unwrap();
    let mut entry = entry();
    entry.size_bytes = body.len() as u64;
    entry.sha256 = digest(&file).unwrap();
    let server = Server::start([Answer::Serve(body)]);
    let fetched = fetch(&entry, folder.path(), &server.settings(), &mut |_| {});
    assert!(matches!(
        fetched,
        Err(FetchError::Model(ModelError::NotAModel { .. }))
    ));
    assert!(!folder.path().join(&entry.file).exists());
}

#[test]
fn files_of_another_length_are_refused() {
    let mut longer = demo().to_vec();
    longer.push(0);
    for (answer, expected) in [
        (Answer::Serve(b"<html>login</html>".to_vec()), Some(18)),
        (Answer::Serve(longer.clone()), Some(longer.len() as u64)),
        (Answer::WithoutLength(longer), None),
    ] {
        let server = Server::start([answer]);
        let target = Target::new();
        match target.fetch(&server.settings()) {
            Err(FetchError::WrongLength { found_bytes, .. }) => assert_eq!(found_bytes, expected),
            other => panic!("{other:?}"),
        }
        target.assert_absent();
    }
}

#[test]
fn refusals_end_the_fetch_at_once() {
    for status in [401, 403, 404, 410, 451] {
        let server = Server::start([Answer::Status(status)]);
        let target = Target::new();
        match target.fetch(&server.settings()) {
            Err(FetchError::Status { status: found, .. }) => assert_eq!(found, status),
            other => panic!("{other:?}"),
        }
        target.assert_absent();
        assert_eq!(server.asked(), asked(&[None]));
    }
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let server = Server::start([
        Answer::Stall(demo().into(), 1_000_000),
        Answer::Serve(demo().into()),
    ]);
    let settings = FetchSettings {
        stall_timeout: Duration::from_millis(500),
        ..server.settings()
    };
    let target = Target::new();
    let mut causes = Vec::new();
    fetch(&entry(), target.folder.path(), &settings, &mut |step| {
        if let Step::Again { cause } = step {
            causes.push(cause.clone());
        }
    })
    .unwrap();
    assert_eq!(causes, [Interruption::Stalled]);
    target.assert_complete();
    assert_eq!(server.asked(), asked(&[None, Some(1_000_000)]));
}

#[test]
fn nobody_listening_is_told_after_the_attempts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = FetchSettings {
        mirror: Some(address),
        pause: Duration::ZERO,
        ..FetchSettings::default()
    };
    let target = Target::new();
    match target.fetch(&settings) {
        Err(error @ FetchError::Interrupted { .. }) => {
            let said = error.say(Lang::Zh);
            assert!(said.contains("服务器拒绝连接") && said.contains("huiting model fetch demo"));
            assert!(said.contains("--url"), "{said}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_failure_says_what_to_do() {
    let address = || String::from("https://example.org/ggml-tiny.bin");
    let failures = [
        FetchError::Status {
            address: address(),
            status: 404,
        },
        FetchError::WrongLength {
            address: address(),
            expected_bytes: 77_691_713,
            found_bytes: Some(1_234),
        },
        FetchError::DigestMismatch {
            address: address(),
            expected: "ab".into(),
            found: "cd".into(),
        },
        FetchError::Interrupted {
            name: "tiny".into(),
            address: address(),
            cause: Interruption::Stalled,
            received_bytes: 1_000_000,
            total_bytes: 77_691_713,
        },
        FetchError::Disk {
            path: "/models/ggml-tiny.bin.part".into(),
            source: std::io::ErrorKind::StorageFull.into(),
        },
        FetchError::Busy {
            path: "/models/ggml-tiny.bin.part".into(),
        },
        FetchError::ComesWithHuiting {
            name: "demo".into(),
            file: "huiting-demo.bin".into(),
        },
    ];
    let told: Vec<String> = failures
        .iter()
        .flat_map(|error| [Lang::Zh, Lang::En].map(|lang| error.say(lang)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn two_fetches_of_one_model_do_not_mix() {
    let server = Server::start([Answer::Serve(demo().into())]);
    let target = Target::new();
    let mut second = None;
    fetch(
        &entry(),
        target.folder.path(),
        &server.settings(),
        &mut |step| {
            if matches!(step, Step::Receiving { .. }) && second.is_none() {
                second = Some(target.fetch(&server.settings()));
            }
        },
    )
    .unwrap();
    assert!(matches!(second, Some(Err(FetchError::Busy { .. }))));
    target.assert_complete();
}

/// That the connection is really encrypted: a server that does not know how is given up.
#[test]
fn an_https_address_is_spoken_to_in_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let greeting = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        greeting
    });
    let settings = FetchSettings {
        mirror: Some(address),
        attempts: 1,
        ..FetchSettings::default()
    };
    let target = Target::new();
    let fetched = target.fetch(&settings);
    assert!(
        matches!(fetched, Err(FetchError::Interrupted { .. })),
        "{fetched:?}"
    );
    // A handshake record of TLS 1.x.
    assert_eq!(greeting.join().unwrap()[..2], [22, 3]);
    target.assert_absent();
}

#[test]
fn what_comes_with_huiting_is_not_fetched() {
    let target = Target::new();
    let error = target.fetch(&FetchSettings::default()).unwrap_err();
    assert!(matches!(error, FetchError::ComesWithHuiting { .. }));
    for address in ["ftp://example.org/x.bin", "models/x.bin", "https://"] {
        let settings = FetchSettings {
            mirror: Some(address.into()),
            ..FetchSettings::default()
        };
        assert!(matches!(
            target.fetch(&settings),
            Err(FetchError::Address { .. })
        ));
    }
}

#[test]
fn the_command_fetches() {
    let server = Server::start([Answer::Serve(demo().into())]);
    let target = Target::new();
    let command = ModelCommand::Fetch {
        name: DEFAULT_MODEL.into(),
        to: Some(target.folder.path().into()),
        url: Some(format!("{}/renamed.bin", server.address)),
        catalog: None,
    };
    model::run(&command, Lang::Zh).unwrap();
    target.assert_complete();
    assert_eq!(server.asked()[0].0, "/models/renamed.bin");

    let unknown = ModelCommand::Fetch {
        name: "large-v3-turbo-q5".into(),
        to: Some(target.folder.path().into()),
        url: None,
        catalog: None,
    };
    let error = model::run(&unknown, Lang::Zh).unwrap_err().to_string();
    assert!(error.contains("large-v3-turbo-q5_0"), "{error}");
}
