PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 7860
WORKERS ?= 2

.PHONY: run test check javascript bench clean

run: $(VENV)/run.stamp  ## set everything up, then serve the page on 127.0.0.1:7860
	$(BIN)/python app.py --port $(PORT)

test: check  ## set everything up, then all checks and tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(VENV)/dev.stamp javascript  ## format, lint, types, import layers, JavaScript
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

javascript:  ## lint and parse the page's scripts; skipped without npm, unless REQUIRE_NODE is set
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/ci.stamp && npm run --silent check; \
	elif [ -n "$$REQUIRE_NODE" ]; then echo "npm was not found: apt-get install nodejs npm" >&2; exit 1; \
	else echo "The page's JavaScript is not checked: apt-get install nodejs npm"; fi

node_modules/ci.stamp: package.json package-lock.json
	npm ci --no-audit --no-fund --silent
	touch $@

$(VENV)/run.stamp: requirements.txt
	test -x $(BIN)/python || { $(PYTHON) -m editor.prerequisites && $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

bench: $(VENV)/run.stamp  ## measure this machine (BENCH="--quick": in seconds), and write README's table
	$(BIN)/python -m editor benchmark --out docs/benchmark.json --readme README.md $(BENCH)

clean:
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache
