# Two commands: `make demo` shows the whole way on the bundled calls, `make test` runs all tests.
# Each target is one readable command; `scripts/prerequisites` only looks for cargo, a C++ compiler and cmake.
export PATH := $(HOME)/.cargo/bin:$(PATH)

DEMO := target/demo

.PHONY: demo test lint bench demo-model prerequisites

demo: prerequisites
	cargo build --release
	target/release/huiting scan fixtures/calls --calls fixtures/calls/calls.csv --model models/huiting-demo.bin --db $(DEMO)/huiting.db
	target/release/huiting report monthly --db $(DEMO)/huiting.db --out $(DEMO)/monthly.html

test: prerequisites
	cargo test

lint: prerequisites
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

bench: prerequisites
	cargo bench

# Trains the bundled model again: hours on a processor, minutes on a GPU; needs Python (see models/demo/README.md).
demo-model:
	models/demo/train.sh target/demo-model python3

prerequisites:
	@scripts/prerequisites
