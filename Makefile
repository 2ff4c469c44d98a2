# Two commands do everything: `make run` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint unit corpus bench torture lock clean

run: $(VENV)/run.ok
	@$(BIN)/stopliste up

test: $(VENV)/dev.ok
	@sh deploy/test-needs.sh
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest

lint: $(VENV)/dev.ok
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format . ; $(BIN)/mypy

# the measures behind the promises, longer than a test run
corpus: $(VENV)/dev.ok
	$(BIN)/python -m benchmarks.corpus frozen

bench: $(VENV)/dev.ok
	$(BIN)/python -m benchmarks

torture: $(VENV)/dev.ok
	$(BIN)/python -m tests.torture

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { sh deploy/venv-needs.sh && $(PYTHON) -m venv $(VENV); }

$(VENV)/run.ok: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt $(VENV)/run.ok
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# versions and hashes of everything, from pyproject.toml
lock:
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --custom-compile-command "make lock" --extra build pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --custom-compile-command "make lock" --extra build --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
