PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 7860

.PHONY: run test check bench clean

run: $(VENV)/run.stamp  ## set everything up, then serve the page on 127.0.0.1:7860
	$(BIN)/python app.py --port $(PORT)

test: check  ## set everything up, then all checks and tests
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp  ## format, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

$(VENV)/run.stamp: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

bench: $(VENV)/run.stamp  ## measure this machine (BENCH="--quick": in seconds), and write README's table
	$(BIN)/python -m editor benchmark --out docs/benchmark.json --readme README.md $(BENCH)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
