# Two commands: `make demo` shows the whole way on the bundled calls, `make test` runs all tests.
# Each target is one readable command; `scripts/prerequisites` only looks for cargo, a C++ compiler and cmake.
export PATH := $(HOME)/.cargo/bin:$(PATH)

DEMO := target/demo
MONTH := target/month

.PHONY: demo month test lint bench demo-model prerequisites

demo: prerequisites
	cargo build --release
	target/release/huiting scan fixtures/calls --calls fixtures/calls/calls.csv --model models/huiting-demo.bin --db $(DEMO)/huiting.db
	target/release/huiting report monthly --db $(DEMO)/huiting.db --out $(DEMO)/monthly.html

# A scripted month: about 2,000 generated calls, judged, reviewed, reported and exported.
month: prerequisites
	cargo build --release --example month --bin huiting
	rm -rf $(MONTH)
	mkdir -p $(MONTH)
	target/release/examples/month $(MONTH)/huiting.db
	target/release/huiting report monthly --month 2026-10 --as guanli --as-of 2026-11-10 --db $(MONTH)/huiting.db --out $(MONTH)/monthly.html
	target/release/huiting report monthly --month 2026-10 --as guanli --as-of 2026-11-10 --db $(MONTH)/huiting.db --out $(MONTH)/monthly.xlsx
	target/release/huiting report weekly --week 2026-W42 --as guanli --as-of 2026-11-10 --db $(MONTH)/huiting.db --out $(MONTH)/weekly.html
	target/release/huiting export violations --month 2026-10 --as hegui --db $(MONTH)/huiting.db --format xlsx --out $(MONTH)/violations.xlsx --evidence $(MONTH)/evidence
	target/release/huiting evidence verify $(MONTH)/evidence

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
