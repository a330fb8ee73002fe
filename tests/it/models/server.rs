//! A real, small HTTP server on loopback that behaves as well or as badly as it is told.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use huiting::transcribe::fetch::FetchSettings;

/// What the server does with one request.
#[derive(Clone)]
pub enum Answer {
    /// As a good server: the whole, or the range asked for.
    Serve(Vec<u8>),
    /// The same, but the connection ends after so many bytes of the body.
    Cut(Vec<u8>, usize),
    /// The same, but nothing more comes after so many bytes, until the client goes away.
    Stall(Vec<u8>, usize),
    /// The whole, whatever range was asked for.
    IgnoreRange(Vec<u8>),
    /// A range that starts elsewhere than was asked for.
    WrongRange(Vec<u8>),
    /// No length in the header; the end of the connection is the end of the body.
    WithoutLength(Vec<u8>),
    Redirect(&'static str),
    Status(u16),
}

/// Path and first byte of a request.
pub type Asked = (String, Option<u64>);

/// A server on loopback that gives the answers in their order and notes what was asked.
pub struct Server {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answers: impl Into<VecDeque<Answer>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/models", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (mut answers, notes) = (answers.into(), Arc::clone(&asked));
        thread::spawn(move || {
            while let Some(answer) = answers.pop_front() {
                let (stream, _) = listener.accept().unwrap();
                let request = read_request(&stream);
                notes.lock().unwrap().push(request.clone());
                // A client that has heard enough closes; writing to it then fails, rightly.
                reply(&stream, &answer, request.1).ok();
                stream.shutdown(Shutdown::Both).ok();
            }
        });
        Server { address, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub fn settings(&self) -> FetchSettings {
        FetchSettings {
            mirror: Some(self.address.clone()),
            pause: Duration::ZERO,
            ..FetchSettings::default()
        }
    }
}

fn read_request(stream: &TcpStream) -> Asked {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let mut first = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            first = range.split('-').next().unwrap().parse().ok();
        }
    }
    (path, first)
}

fn reply(mut stream: &TcpStream, answer: &Answer, first: Option<u64>) -> std::io::Result<()> {
    let whole = |mut stream: &TcpStream, body: &[u8]| {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        stream.write_all(body)
    };
    let part = |mut stream: &TcpStream, body: &[u8], first: usize, count: usize| {
        let (length, last) = (body.len(), body.len().saturating_sub(1));
        match first {
            0 => write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
            )?,
            _ if first >= length => {
                return write!(
                    stream,
                    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{length}\r\nContent-Length: 0\r\n\r\n"
                );
            }
            _ => write!(
                stream,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/{length}\r\nContent-Length: {}\r\n\r\n",
                length - first
            )?,
        }
        stream.write_all(&body[first..][..count.min(length - first)])
    };
    let first = first.unwrap_or(0) as usize;
    match answer {
        Answer::Serve(body) => part(stream, body, first, usize::MAX),
        Answer::Cut(body, count) => part(stream, body, first, *count),
        Answer::Stall(body, count) => {
            part(stream, body, first, *count)?;
            stream.read(&mut [0]).map(drop)
        }
        Answer::IgnoreRange(body) => whole(stream, body),
        Answer::WrongRange(body) => part(stream, body, first + 1, usize::MAX),
        Answer::WithoutLength(body) => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(body)
        }
        Answer::Redirect(to) => write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        Answer::Status(status) => write!(
            stream,
            "HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}
