//! A month of calls that never were, from dialogues to decisions, for `make month` and the tests.
//!
//! Usage: month DATABASE [CALLS [SEED]]; recordings of some calls go to DATABASE.recordings.

mod dialogues;
mod generate;
mod review;
mod whole;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse::<u64>().ok());
    let Some(path) = arguments.first() else {
        eprintln!("usage: month DATABASE [CALLS [SEED]]");
        std::process::exit(2);
    };
    let calls = number(1).unwrap_or(2000) as usize;
    let told = whole::make(path.as_ref(), calls, number(2).unwrap_or(20_261_001));
    println!("{told}");
}
