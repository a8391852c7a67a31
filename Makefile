# Two commands do everything: `make demo` and `make test`. Both install what they need into .venv first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types unit wheel bench-peers clean

demo: $(VENV)/installed
	$(BIN)/leadline demo --out demo

test: lint types unit

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

unit: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --dist loadfile

wheel: $(VENV)/installed
	rm -f dist/leadline-*.whl
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

bench-peers:
	bench/peers/install.sh

$(VENV)/installed: pyproject.toml constraints.txt
	@echo "Installing into $(VENV); the first time takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[train,dev]"
	@touch $@

clean:
	rm -rf $(VENV) dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
