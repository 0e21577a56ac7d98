# Two commands are enough: `make demo` and `make test`. Both set up what they
# need in .venv, and run without network once that is done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
NATIVE := $(wildcard CMakeLists.txt native/*.cpp native/*.h native/*/*.cpp native/*/*.h)
DATA := $(wildcard ../shared/data)
export NEURONA_DATA ?= $(abspath $(DATA))
# Without a compiler, or when it fails, all is there but the compiled engine: say so.
ENGINE := $(BIN)/python -c 'from neurona.native_module import MISSING; MISSING and \
	print(f"The compiled engine is missing ({MISSING}): NumPy computes, more slowly. " \
	"For the reason: $(BIN)/pip install --verbose --editable .")'
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
unexport PYTHONPATH

.PHONY: demo test test-all test-sanitize test-arm lint types docs course bench clean

demo: $(VENV)/.user  ## train on a data set inside the package and show the result
	$(BIN)/neurona train digits --out build/digits.safetensors

# One thread of BLAS in each test process: they run side by side.
test: $(VENV)/.developer lint types docs  ## lint, types, docs and all quick tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto -m "not slow"

test-all: $(VENV)/.developer lint types docs  ## the slow tests, too
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developer
	$(BIN)/mypy

docs: $(VENV)/.developer
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

course: $(VENV)/.developer  ## run docs/course/*.py, and write the pages that show them
	$(BIN)/python docs/_tools/course.py

bench: $(BENCH)/.peers  ## neurona against its peers, side by side: docs/benchmarks.md
	$(BENCH)/bin/python -m benchmarks.run $(BENCH_OPTIONS)

test-sanitize: $(VENV)/.developer  ## the compiled engine under ASan + UBSan, then TSan
	$(BIN)/python tests/native/sanitize.py address,undefined thread

# On Debian: apt-get install g++-aarch64-linux-gnu qemu-user
test-arm:  ## the kernels for arm64, cross-compiled, run by an emulator
	$(MAKE) -C native/bench BUILD=$(abspath build/arm) ISAS=neon CXX=aarch64-linux-gnu-g++
	qemu-aarch64 -L /usr/aarch64-linux-gnu build/arm/parts
	qemu-aarch64 -L /usr/aarch64-linux-gnu build/arm/bench 0 0 0

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.user: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) --editable .
	@$(ENGINE)
	@mkdir -p build && touch $@

$(VENV)/.developer: pyproject.toml $(NATIVE) | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@$(ENGINE)
	@mkdir -p build && touch $@ $(VENV)/.user

$(BENCH)/.peers: pyproject.toml benchmarks/requirements.txt $(NATIVE)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip --disable-pip-version-check install --quiet \
		--requirement benchmarks/requirements.txt --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) build site
