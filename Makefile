# Everything a newcomer needs: `make demo` to try it, `make test` to trust it.
PYTHON ?= python3
BIN := .venv/bin
# More than two cores have, since many tests wait for processes of their own. `make test WORKERS=8` on a larger machine.
WORKERS ?= 4
unexport PYTHONDONTWRITEBYTECODE  # what pytest makes of each test file is made once, not once in each worker

.PHONY: demo test quick setup run check lint format types layers unit pytest bench bench-quick plot lock clean help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*##/\t/'

demo: .venv/demo.done  ## try the whole bot in a browser, without accounts or network
	$(BIN)/python -m bot demo

run: .venv/demo.done  ## serve on Discord with the settings of the environment or .env
	$(BIN)/python -m bot run

check: .venv/demo.done  ## try the settings, the database, Discord and Wiro
	$(BIN)/python -m bot check

setup: .venv/dev.done  ## a virtual environment in .venv with everything for development

quick: lint types layers unit  ## what answers in a few minutes: the look of the code, types, layers, unit tests, counts

test: lint types layers pytest  ## everything CI looks at, in any order; the printed seed gives the same order again

lint: setup
	$(BIN)/ruff check bot cogs sandbox tests benchmarks
	$(BIN)/ruff format --check bot cogs sandbox tests benchmarks

format: setup  ## let ruff lay out the code
	$(BIN)/ruff check --fix bot cogs sandbox tests benchmarks
	$(BIN)/ruff format bot cogs sandbox tests benchmarks

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports --no-logo

QUICK := $(wildcard tests/unit tests/contract tests/guard)
PYTEST := PYTHONASYNCIODEBUG=1 $(BIN)/python -m pytest

unit: setup
	$(PYTEST) -n 2 --dist worksteal $(QUICK)

pytest: setup
	@$(PYTEST) --collect-only -qq >/dev/null || $(PYTEST) --collect-only -qq
	$(PYTEST) -n $(WORKERS) --dist worksteal

bench: setup  ## every promise about speed and memory beside its floor, on a quiet machine
	$(BIN)/python -m benchmarks

bench-quick: setup  ## the same with fewer rounds: a look, no proof
	$(BIN)/python -m benchmarks --quick

plot: setup  ## draw docs/delay.svg from the last `make bench`
	$(BIN)/python -m benchmarks.plot artefacts/bench.json docs/delay.svg

lock: setup  ## write requirements/*.txt anew: complete, pinned, hashed, and of wheels alone
	for name in run demo dev; do \
	  extra=$$( [ $$name = run ] || echo "--extra $$name" ); \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --only-binary :all: --upgrade \
	    --no-header --no-annotate $$extra pyproject.toml -o requirements/$$name.txt; \
	done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# The lock is complete: --no-deps, since some versions of pip resolve extras anew and refuse what appeared since.
.venv/%.done: requirements/%.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r $<
	@touch $@

clean:  ## remove what was built; settings and data stay
	rm -rf .venv artefacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
