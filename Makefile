# Everything a contributor needs: `make test` on a fresh clone sets up what it uses.
# What each target does is written above it; README.md names them all.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup tools demo test lint format rulebook benchmark bundle sbom audit soak

UV := $(shell command -v uv || echo .uv/bin/uv)
PYTHON := .venv/bin/python

## help: say what can be made
help:
	@sed -n 's/^## /  make /p' Makefile

# uv itself, from PyPI, where the machine has none; Debian's Python makes environments only with python3-venv
.uv/bin/uv:
	python3 -c 'import ensurepip' 2>/dev/null || .ci/tools python3-venv
	python3 -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv

# the locked environment; again whenever the lock changes
.venv/.synced: uv.lock pyproject.toml $(filter .uv/%,$(UV))
	$(UV) sync --locked --compile-bytecode
	touch $@

## setup: the Python environment, as locked in uv.lock
setup: .venv/.synced

# programs that tests and benchmarks start: installed where that is possible, else named; and pyftpdlib's own
# tests, which its wheel leaves out
tools: .tools/pyftpdlib
	@.ci/tools

.tools/pyftpdlib: .venv/.synced .ci/fetch_sdist.py
	rm -rf $@
	$(PYTHON) .ci/fetch_sdist.py pyftpdlib $@ || echo "missing, and the tests that need it will fail: pyftpdlib's tests" >&2

## demo: the whole system on this machine, with nothing to set up
demo: setup
	.venv/bin/qttd demo $(ARGS)

## test: all tests, three at a time; ARGS='tests/store -k slots' runs some of them
test: setup tools
	.venv/bin/pytest $(or $(ARGS),-n 3 --dist loadfile)

## lint: style, types, and which room may import which
lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

## format: bring the code into the project's style
format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

## rulebook: make the rulebooks' tables anew from the rules in the code
rulebook: setup
	$(PYTHON) -m qttd.rulebook docs/rulebook.md docs/rulebook.vi.md

## benchmark: how fast files are received, read and stored here
benchmark: setup tools
	$(PYTHON) benchmarks/parse.py
	$(PYTHON) benchmarks/ingest.py
	$(PYTHON) benchmarks/import_tree.py
	$(PYTHON) benchmarks/averages.py
	$(PYTHON) benchmarks/receive.py

## bundle: everything a server without internet needs, in dist/, tried out (needs the internet here)
bundle: setup
	UV="$(UV)" $(PYTHON) .ci/bundle.py

## sbom: what qttd is made of, in dist/sbom.cdx.json (CycloneDX 1.5)
sbom: setup
	mkdir -p dist
	$(UV) export --locked --no-dev --quiet --format cyclonedx1.5 --output-file dist/sbom.cdx.json

## audit: whether anything in uv.lock has a known vulnerability (asks pypi.org, then osv.dev)
audit: setup
	UV="$(UV)" $(PYTHON) .ci/audit.py

## soak: half an hour of load, kills and faults, and a proof of the counts at every hop
soak: setup tools
	$(PYTHON) benchmarks/soak.py $(ARGS)
