# Two commands are enough: `make demo` and `make test`. Both set up what they
# need in .venv, and run without network once that is done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
NATIVE := $(wildcard CMakeLists.txt native/*.cpp native/*.h native/*/*.cpp native/*/*.h)
DATA := $(wildcard ../shared/data)
export NEURONA_DATA ?= $(abspath $(DATA))
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
unexport PYTHONPATH

.PHONY: demo test test-all lint types docs bench clean

demo: $(VENV)/.user  ## train on a data set inside the package and show the result
	$(BIN)/neurona train digits --out build/digits.safetensors

test: $(VENV)/.developer lint types docs  ## lint, types, docs and all quick tests
	$(BIN)/python -m pytest -n auto -m "not slow"

test-all: $(VENV)/.developer lint types docs  ## the slow tests, too
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developer
	$(BIN)/mypy

docs: $(VENV)/.developer
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site

bench: $(BENCH)/.peers  ## neurona against its peers, side by side
	$(BENCH)/bin/python benchmarks/numpy_loop.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.user: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) --editable .
	@mkdir -p build && touch $@

$(VENV)/.developer: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@mkdir -p build && touch $@ $(VENV)/.user

$(BENCH)/.peers: pyproject.toml $(NATIVE)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) build site
