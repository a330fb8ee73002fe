#!/bin/sh
# Builds the targets for libFuzzer with the stable compiler, as `cargo fuzz build -s none` does.
set -eu
cd "$(dirname "$0")"
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1" \
    cargo build --release --target x86_64-unknown-linux-gnu "$@"
