# Everything a developer or CI runs. Set-up is part of each target: Python >= 3.11 and make are all that must be there
# (and Go, for most of the validators that `make test` builds).
PYTHON ?= python3
STACK ?= dev
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: preview test check tools golden bench lock clean help
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

preview: $(READY)  ## render a stack offline (STACK=dev|staging|prod)
	@$(BIN)/vigil preview --stack $(STACK)

check: $(READY)  ## ruff, mypy and the tests that need no validators
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -m "not validators" -n 2

test: $(READY) tools  ## everything but benchmarks, with the real validators (Go; some forty minutes the first time)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadgroup

tools:  ## build the pinned validators (Go); what is built already stays
	@PYTHON=$(PYTHON) tools/build.sh || { [ $$? -eq 3 ] && [ -z "$$CI" ] && \
	  echo "tools: Go is missing: the checks by promtool, amtool and a real API server WILL BE SKIPPED"; }

golden: $(READY)  ## rewrite the golden files; read the diff before you commit it
	$(BIN)/pytest -q tests/golden --rewrite-golden

bench: $(READY)  ## the speed claims, each beside its rival in the same run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

lock: $(READY)  ## write the locks anew from requirements*.in and tools/checkov
	@for name in requirements requirements-dev tools/checkov/requirements; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    $$name.in -o $$name.txt || exit 1; done

clean:  ## remove what was rendered and installed
	rm -rf build $(VENV) .tools

$(READY): requirements-dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python >= 3.11 is needed (PYTHON=...)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
