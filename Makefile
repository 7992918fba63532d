# Each target makes what it needs: `make demo` and `make test` run on a fresh machine
# with python3 (3.11 to 3.13), make and a compiler.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint docs reference bench constraints clean

demo: $(VENV)/demo-is-installed
	$(BIN)/rocktag demo

test: lint docs
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal

lint: $(VENV)/dev-is-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site of docs/, in site/; it needs no network, neither to be made nor to be read.
docs: $(VENV)/dev-is-installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# The pages of docs/ that are made from the command line and the settings themselves.
reference: $(VENV)/dev-is-installed
	$(BIN)/python -m docs

bench: $(VENV)/dev-is-installed
	$(BIN)/python -m benchmarks

# The newest versions that pyproject.toml allows, as they stand when all are installed.
constraints:
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet '.[train,postgres,mysql,docs,dev]'
	build/constraints/bin/python -m pip freeze --exclude rocktag > constraints.txt
	rm -r build/constraints

clean:
	rm -rf $(VENV) build dist demo site .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "rocktag needs Python 3.11 to 3.13; run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo-is-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train]'
	touch $@

$(VENV)/dev-is-installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,postgres,mysql,docs,dev]'
	touch $@
