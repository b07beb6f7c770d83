# make run     play a sample night on embedded parts
# make test    every test, with coverage
# make lint    ruff, mypy, import-linter
# make check   lint and test: what CI runs
# make bench   measure speed against its limits
# make nights  play 113 invented cases over 275 days, and count who is told what by day and by night
# make reloads   bring a hundred rule sets into force while messages come in at 1,000 a second
# make mutation  try 1,000 one-slip edits of the shipped files on the checker and the stories
#                SLIPS="200 7" tries 200, from start 7
# make guide   write what commands print into rules/README.md
# make lock    resolve the lock files anew from pyproject.toml
#
# PYTHON=python3.12 chooses the interpreter on first use; TEST_ARGS="-k name" narrows the tests.

PYTHON ?= python3
# Tests of one file share their broker and database, so a file stays on one worker; long files begin first.
TEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder

VENV := .venv
BIN := $(VENV)/bin
# One stamp for each state of what is installed: a changed lock file asks for a stamp that is not there yet.
STAMP := $(VENV)/installed-$(shell cat requirements-build.lock requirements.lock pyproject.toml setup.py | sha256sum | cut -c 1-16)

.PHONY: run test lint check bench nights reloads mutation guide lock system-run system-test

run: $(STAMP)
	$(BIN)/alertd demo

test: system-test $(STAMP)
	$(BIN)/pytest --cov $(TEST_ARGS)
	$(BIN)/coverage report --fail-under=100

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test

bench: system-test $(STAMP)
	$(BIN)/python -m tests.bench

nights: $(STAMP)
	$(BIN)/python -m tests.nights

reloads: $(STAMP)
	ALERTD_RELOADS=100 $(BIN)/pytest -s tests/e2e/test_reload_under_load.py

guide: system-test $(STAMP)
	ALERTD_WRITE_GUIDE=1 $(BIN)/pytest -q tests/guide tests/e2e/test_guide.py

mutation: $(STAMP)
	$(BIN)/python -m tests.rulebook.slip_bench $(SLIPS)

# `uv` resolves for all supported Pythons at once; versions already in a lock file stay while they fit. Extras stay
# named: pip looks for the newest `coverage[toml]` where the lock file pins `coverage` alone, and stops.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock:
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv" >&2; exit 1; }
	$(LOCK) --extra test pyproject.toml --output-file requirements.lock
	printf 'setuptools>=77\nwheel\n' | $(LOCK) - --output-file requirements-build.lock

system-run system-test: system-%:
	@.ci/system-packages $* $(PYTHON)

$(STAMP): | system-run
	.ci/venv $(PYTHON)
	@rm -f $(VENV)/installed-*
	@touch $@
