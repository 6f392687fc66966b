PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Hubs are never asked unless somebody sets a model by its hub name.
export HF_HUB_OFFLINE ?= 1

.PHONY: run setup test test-setup check coverage lint format examples screenshots clean

run: setup ## set everything up and open the app on its bundled examples
	$(BIN)/streamlit run app.py

setup: $(VENV)/.run $(VENV)/.faces

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Installing what the app stands on into $(VENV): this takes minutes the first time."
	$(BIN)/pip install -q -r requirements.txt
	touch $@

# Without these files the app finds faces by a weaker method and says so.
$(VENV)/.faces: $(VENV)/.run
	$(BIN)/python -m erc_core setup && touch $@ || echo "The face model files could not be had; the app says so where it matters."

# Torch's own threads would wait for each other where several tests run at once.
test: test-setup ## set everything up and run all tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 -m "not alone"
	$(BIN)/python -m pytest -m alone

test-setup: setup $(VENV)/.dev
	bash .ci/packages

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/pip install -q -r requirements-dev.txt
	touch $@

check: lint test ## format, lint, types and tests

coverage: test-setup ## run all tests and list the branches that none takes; fails under 90%
	$(BIN)/coverage erase
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -n auto --maxprocesses 4 -m "not alone"
	$(BIN)/coverage run -m pytest -m alone
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --show-missing --fail-under=90

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

examples: setup ## rebuild the bundled clips from their scripts, and the results that come with them
	$(BIN)/python -m erc_core.synthesis --examples
	$(BIN)/python -m erc_core.ui.bundle

screenshots: test-setup ## take a picture of every page in both themes into docs/screenshots
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.*
