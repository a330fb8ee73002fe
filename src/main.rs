//! Parses arguments, dispatches, sets the exit code; everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    huiting::cli::run(std::env::args_os())
}
