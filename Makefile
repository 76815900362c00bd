# Every verb sets up what it needs, in .venv, from a fresh clone: Python >= 3.11, make and a package registry will do.
# A second call finds the set-up done; a changed lock or pyproject.toml does it again.

.DEFAULT_GOAL := help
.PHONY: help demo test quick check lint types imports docs bench vectors catalogue fuzz lock dist clean

BIN := .venv/bin
PYTHON ?=
export PYTHON

# Test processes. Two halve the time on two cores; more cores gain little, as each process compiles kernels for itself.
WORKERS ?= 2
# More words for the command at hand: make test ARGS="tests/unit/policy -x"
ARGS ?=

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: .venv/.ready-core  ## seawall on a bundled real market, all of it (sets up the core only)
	$(BIN)/seawall demo $(ARGS)

test: .venv/.ready-test  ## all tests, with the examples in docstrings, README and docs
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

quick: .venv/.ready-test  ## tests without the slow ones
	$(BIN)/pytest -n $(WORKERS) -m "not slow" $(ARGS)

check: lint types imports docs  ## lint, types, the order of rooms, and the code in README and docs

lint: .venv/.ready-dev  ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.ready-dev  ## mypy, strict
	$(BIN)/mypy

imports: .venv/.ready-dev  ## rooms import only from rooms below them
	$(BIN)/lint-imports --no-logo

docs: .venv/.ready-test  ## run the Python and the commands in README and docs
	$(BIN)/pytest -q tests/tidy/test_docs_code.py

bench: .venv/.ready-bench  ## measure beside named peers; writes benchmarks/results/
	$(BIN)/python -m benchmarks $(ARGS)

vectors: .venv/.ready-test  ## our numbers beside the venues' own
	$(BIN)/python -m tests.vectors $(ARGS)

fuzz: .venv/.ready-fuzz  ## search every decoder for what breaks it, 10 s each; keeps what it finds in .fuzz/
	$(BIN)/python -m tests.fuzz $(ARGS)

catalogue: .venv/.ready-core  ## write docs/catalogue.md anew from the catalogue
	$(BIN)/python tools/catalogue_page.py

lock: .venv/.ready-core  ## write requirements/ anew from pyproject.toml (UPGRADE=1: newest of all)
	UPGRADE=$(UPGRADE) sh tools/lock.sh

dist: .venv/.ready-dev  ## wheel and sdist; the wheel must run the demo from an empty folder
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	sh tools/check_wheel.sh

clean:  ## remove .venv, caches and builds
	rm -rf .venv dist build .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stages of set-up; each holds the one before it.
.venv/.ready-core: requirements/core.txt pyproject.toml tools/setup.sh
	@sh tools/setup.sh core && touch $@

.venv/.ready-test: requirements/test.txt .venv/.ready-core
	@sh tools/setup.sh test && touch $@

.venv/.ready-dev: requirements/dev.txt .venv/.ready-test
	@sh tools/setup.sh dev && touch $@

.venv/.ready-bench: requirements/bench.txt .venv/.ready-test
	@sh tools/setup.sh bench && touch $@

.venv/.ready-fuzz: requirements/fuzz.txt .venv/.ready-test
	@sh tools/setup.sh fuzz && touch $@
