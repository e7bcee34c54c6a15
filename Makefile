# Dondoc needs Python 3.11 or newer, make and git; everything else goes into .venv from requirements.lock.
# `make run` and `make test` install what is missing. Pass options through ARGS, e.g. make run ARGS="--at 2024-03-20".

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?=
ARGS ?=
CHAOS_RUNS ?= 1000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help install run test check demo chaos bench lock clean

help: ## this list
	@echo "Dondoc: make TARGET"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

# What the environment was made from: the lock, the project file, the folder (a moved .venv points to the old place).
KEY = $$(cat requirements.lock pyproject.toml | cksum) $$(pwd)

install: ## the environment in .venv, every package checked against its hash
	@if [ -x $(BIN)/dondoc ] && $(BIN)/python -c '' 2>/dev/null && [ "$$(cat $(STAMP) 2>/dev/null)" = "$(KEY)" ]; then exit 0; fi; \
	set -e; \
	python=; \
	for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Dondoc needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
	  echo "On Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv. Another place: make PYTHON=/path/to/python3 …" >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$python has no venv or no ensurepip, so it cannot make $(VENV)." >&2; \
	  echo "On Debian or Ubuntu: apt-get install python3-venv (or python$$version-venv)." >&2; \
	  exit 1; \
	fi; \
	rm -f $(STAMP); \
	echo "Installing into $(VENV) with $$("$$python" --version) (about a minute the first time) …"; \
	if ! $(BIN)/python -c '' 2>/dev/null || ! grep -qF "$$(pwd)/$(VENV)" $(BIN)/pip; then "$$python" -m venv --clear $(VENV); fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .; \
	echo "$(KEY)" > $(STAMP); \
	echo "Installed: $(BIN)/dondoc"

run: install ## everything, embedded; prints its addresses; Ctrl-C stops it
	@exec $(BIN)/dondoc up $(ARGS)

test: install ## every test (as root it installs missing Debian packages for them: tests/packages.sh)
	@tests/packages.sh
	@exec $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: install ## ruff, mypy, import contracts
	@failed=0; for tool in "ruff check ." mypy lint-imports; do \
	  echo "$$tool"; $(BIN)/$$tool || failed=1; \
	done; exit $$failed

demo: install ## 2022 to 2026 of the five plans with units that report, to look at (read-only)
	@exec $(BIN)/dondoc demo $(ARGS)

chaos: install ## kill it again and again, count what was lost (CHAOS_RUNS=n SEED=s)
	@exec $(BIN)/python -m tests.chaos --runs "$(CHAOS_RUNS)" --seed "$(SEED)" $(ARGS)

bench: install ## the figures, also in benchmarks/results.json
	@exec $(BIN)/python -m benchmarks.run $(ARGS)

lock: ## compile requirements.lock again (UPGRADE=1 takes newer versions); needs uv
	@set -e; \
	uv=$$(command -v uv || echo $(BIN)/uv); \
	if [ ! -x "$$uv" ]; then echo "make lock needs uv: $(BIN)/python -m pip install uv" >&2; exit 1; fi; \
	"$$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --no-emit-find-links $(if $(UPGRADE),--upgrade) --group dev pyproject.toml --output-file requirements.lock; \
	if grep -n '://' requirements.lock; then echo "requirements.lock records an address" >&2; exit 1; fi

clean: ## remove the environment and what tools left behind; var/ (your data) stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
