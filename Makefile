# Two commands for a fresh clone: `make pick` and `make test`. Only Python 3.11+ has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

.PHONY: pick test tested lint bench clean system

pick: $(VENV)/.ready
	$(BIN)/etascope pick

test: tested lint
	$(BIN)/pytest

# What the tests need.
tested: system $(VENV)/.ready-test

lint: $(VENV)/.ready-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright

# What the tests read besides the bundled digits: Fashion-MNIST, from Debian's package. Elsewhere than on Debian, or
# without the right to install, the tests that need it say so and fail.
system:
	bash .ci/system

bench: .venv-bench/.ready
	.venv-bench/bin/python bench/throughput.py
	.venv-bench/bin/python bench/cold_start.py
	.venv-bench/bin/python bench/scaling.py
	.venv-bench/bin/python bench/quality.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable .
	touch $@

$(VENV)/.ready-test: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[test]'
	touch $@ $(VENV)/.ready

.venv-bench/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) .venv-bench .pytest_cache .ruff_cache .hypothesis
