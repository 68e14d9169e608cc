# Everything runs from .venv, which `setup` makes from the lock files. PYTHON is the interpreter that it is made with.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EMULATORS := .venv-emulators
EMULATOR_LOCK := tests/wire/requirements-emulators
WAREHOUSE := .demo/warehouse
OUTPUT := out
EXPORT_TYPES := tonight-all

.DEFAULT_GOAL := help
.PHONY: help setup emulators run stream test lint bench demo docs template clean lock

help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 10

setup: $(VENV)/.ready ## Make .venv from the lock files; skipped when it is up to date.

$(VENV)/.ready: requirements-dev.txt setup.py pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make setup PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(shell sed -nE 's/^uv==([0-9.]+).*/\1/p' requirements-dev.txt)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

emulators: $(EMULATORS)/.ready ## Make .venv-emulators for the wire tests; skipped when it is up to date.

# The emulators need Python 3.11, which need not be the interpreter that the project runs on.
$(EMULATORS)/.ready: $(EMULATOR_LOCK).txt | setup
	$(BIN)/uv venv --quiet --clear --no-python-downloads --python '>=3.11' $(EMULATORS)
	$(BIN)/uv pip install --quiet --python $(EMULATORS)/bin/python --compile-bytecode --require-hashes -r $(EMULATOR_LOCK).txt
	@touch $@

demo: setup ## Generate the demo season, unless it is there.
	@$(BIN)/python -m demo.generate --output=$(WAREHOUSE)

run: demo ## Export the last game night of the demo season into out/ and say what was published.
	@$(BIN)/python -m pipeline.main --warehouse=$(WAREHOUSE) --output=$(OUTPUT) --export_types=$(EXPORT_TYPES) \
		--target_date=today --generated_at=$$($(BIN)/python -m demo.tonight --warehouse=$(WAREHOUSE))

test: lint emulators ## Lint, check types and run all tests.
	$(BIN)/python -m pytest -n 2

lint: setup ## Check style (ruff) and types (mypy).
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

stream: demo ## Answer a request from Pub/Sub, as the streaming job does, on the emulator of the Google Cloud SDK.
	@$(BIN)/python -m demo.stream --warehouse=$(WAREHOUSE) --output=$(OUTPUT)

bench: demo ## Measure nights, seasons and streamed requests, each beside its bar, and what a night scans.
	$(BIN)/python -m benchmarks.scanned_bytes
	$(BIN)/python -m benchmarks.export
	$(BIN)/python -m benchmarks.streaming

docs: setup ## Write docs/api from the declarations and schemas of the export types.
	$(BIN)/python -m pipeline.reference.api_docs

lock: setup ## Compile the lock files from setup.py.
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes setup.py -o requirements.txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes --extra dev setup.py -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes $(EMULATOR_LOCK).in -o $(EMULATOR_LOCK).txt

template: setup ## Print what builds the image and the Flex Template of HEAD; EXECUTE=1 does it.
	@PYTHON=$(BIN)/python deploy/template.sh

clean: ## Remove what the other targets made.
	rm -rf $(VENV) $(EMULATORS) $(OUTPUT) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
