# Everything runs from .venv, made from requirements.lock (hashed, no index addresses).
# PYTHON picks the interpreter; DATABASE_URL and the rest of the environment are for the program itself.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: setup demo test lint types contracts pytest bench lock clean help

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1	/'

setup: $(STAMP)  ## .venv with exactly the locked dependencies, and `readiness` on .venv/bin

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup      ## the main job, rehearsed on a small service of its own
	$(BIN)/readiness demo

test: setup lint types contracts pytest  ## every check and every test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports --no-cache

pytest: setup
	$(BIN)/python -m pytest -n auto

bench: setup     ## speed and memory, as ratios against a peer in the same run
	$(BIN)/python -m bench

lock:            ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.lock

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis
