# Two commands do everything, set-up included: `make run` and `make test`.
E := scripts/env
CLIPPY := $(E) cargo clippy --quiet
.PHONY: run dev test lint bench shots recordings site server

run: server ## build and serve the course
	@target/debug/lifeline serve $(ARGS)

dev: server ## the same, and again on every change: lessons at once, code after a build
	@scripts/dev $(ARGS)

test: server lint ## all checks and tests, the browser's too
	@scripts/setup test
	$(E) cargo test --features ssr
	target/debug/lifeline check lessons
	cd end2end && ../scripts/env npx playwright test

lint:
	$(E) cargo fmt --check
	$(CLIPPY) --features ssr --all-targets -- -D warnings
	$(CLIPPY) --lib --bin reader --target wasm32-unknown-unknown --features hydrate -- -D warnings

bench: server ## what the tap costs, for a poll and for a thousand connections that are held; and a class of three hundred
	$(E) cargo run --quiet --features ssr --example bench
	$(E) cargo run --quiet --features ssr --example held
	$(E) cargo run --quiet --features ssr --example classroom

shots: server ## a picture of every page, in every language, theme and width, into shots/
	@scripts/setup test
	cd end2end && ../scripts/env npx playwright test --config shots.config.ts

recordings: server ## the runs of the core steps, anew, into lessons/*/recordings/
	@scripts/setup test
	cd end2end && RECORD=1 ../scripts/env npx playwright test --project en --workers 2

server: site
	@echo "· building the server" >&2
	@$(E) cargo build --features ssr

site:
	@scripts/setup
	@echo "· building what the browser downloads" >&2
	@$(E) cargo run -p bundle
