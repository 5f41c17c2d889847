# Everything is made in .venv with Python 3.11 or later and its venv module; no other system package is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
ARGS ?=

# Two targets that install must not do so at once.
.NOTPARALLEL:

.PHONY: run install dev model external test slow check lint bench clean

# Research on the template that ships, to a reviewed paper: make run ARGS="epidemic --seed 3"
run: install model
	$(BIN)/hakken run $(ARGS)

install: $(VENV)/.installed

dev: $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, and $(PYTHON) is older: make PYTHON=python3.12"; exit 3; }
	@# Without the package python3-venv, Debian's Python makes half an environment: it must not pass for one next time.
	$(PYTHON) -m venv $(VENV) || { rm -f $(BIN)/python*; \
	  echo "Install the venv module: apt-get install python3-venv"; exit 3; }

# The stamps make a second call take no time; the links to the source stay good when it changes.
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed

model: install
	$(BIN)/hakken model pull

# External agents, each in a folder of its own in the user's cache; slow tests use what is there.
external: install
	$(BIN)/hakken bench agents --install mini-swe-agent --install aider

# What is checked on every commit. The real model takes part in a small run; a missing model is a failure.
test: check model
	$(BIN)/python -m pytest -q -n 2
	$(BIN)/python -m pytest -q -m model -o faulthandler_timeout=1200 tests/cli

# What takes longer, and shows that the fast tests mean something: every attack does harm where nothing stops it, nearly
# all mutants of a paper are found, a run survives a kill at every event. Before a release, and after a change of the
# sandbox, the record, the audit or the graders.
slow: dev
	$(BIN)/python -m pytest -q -n 2 -m 'slow and not model'

check: dev
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports

lint: check

bench: dev
	$(BIN)/python benchmarks/sandbox_overhead.py
	$(BIN)/python benchmarks/statistics_calibration.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
