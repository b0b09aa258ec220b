# Longpole. `make help` lists what can be made.
# The first Python of at least 3.11; name another with PYTHON=.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test frameworks fuzz soak check format docs docs-site lock bench package sbom licences changelog

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv with Longpole in it and build the dashboard; does nothing when nothing changed
	@$(PYTHON) scripts/setup.py

demo: setup ## run the example against a server and keep serving (CHECK=1: check the answers and stop)
	@$(BIN)/python scripts/demo.py $(if $(CHECK),--check) $(DEMO)

test: setup ## run everything: checks, Python tests, web tests, browser tests
	@$(BIN)/python scripts/run_tests.py

frameworks: setup ## run the examples of agent frameworks, each in its own environment, and compare what is shown
	@$(BIN)/python scripts/frameworks.py $(FRAMEWORKS)

fuzz: setup ## send 200,000 odd bodies to a server (FUZZ=--inputs N, --seed N)
	@$(BIN)/python tests/fuzz.py $(FUZZ)

soak: setup ## half an hour of 2,000 steps a second: does the server grow, leak or slow down? (SOAK=--minutes N)
	@$(BIN)/python tests/soak.py $(SOAK)

check: setup ## ruff, basedpyright, import-linter, Biome, tsc
	@$(BIN)/python scripts/run_tests.py --only-checks

format: setup ## let ruff and Biome rewrite what they can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format . && cd web && npx biome check --write .

docs: setup ## write the generated pages of docs/reference again
	@$(BIN)/python scripts/generate_docs.py

docs-site: setup ## build the documentation as a site into site/html; a broken link fails
	@$(BIN)/python scripts/docs_site/build.py

lock: setup ## write requirements.lock from pyproject.toml again (LOCK=--upgrade takes newer versions)
	@$(BIN)/uv pip compile pyproject.toml --extra server --extra cli --extra postgres --extra clickhouse --group dev \
		--group chdb --group release --group docs --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header --quiet $(LOCK) -o requirements.lock
	@echo "lock: requirements.lock holds $$(wc -l < requirements.lock) packages"

package: setup ## build wheel and sdist twice, without a network, and try every extra on every Python (PACKAGE=--quick)
	@$(BIN)/python scripts/package.py $(PACKAGE)

sbom: setup ## write what the server and the dashboard are made of to dist/*.cdx.json (CycloneDX)
	@$(BIN)/python scripts/sbom.py

licences: setup ## check the licence of everything that is shipped or installed with it, and list them
	@$(BIN)/python scripts/licences.py

changelog: setup ## put the notes of changes/ into CHANGELOG.md as a release (VERSION=1.2.3)
	@$(BIN)/python scripts/changelog.py $(VERSION)

bench: setup ## measure what docs/reference/performance.md shows (BENCH=--quick: less of it)
	@$(BIN)/python bench/ingest.py $(BENCH)
	@$(BIN)/python bench/queries.py
	@$(BIN)/python bench/crash.py $(BENCH)
	@$(BIN)/python bench/live.py $(BENCH)
	@$(BIN)/python bench/loop_stalls.py $(BENCH)
	@$(BIN)/python bench/duckdb_index.py
	@$(BIN)/python bench/profile_ingest.py
	@$(BIN)/python bench/overhead.py
	@$(BIN)/python bench/loop_watch.py $(BENCH)
	@$(BIN)/python bench/web.py $(BENCH)
	@$(BIN)/python bench/remedies.py
