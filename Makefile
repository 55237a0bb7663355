# Everything anyone needs to do, by name. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check draw bench chaos audit advisories sbom licences lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## set up what is needed to run, into .venv
	@PYTHON="$(PYTHON)" sh tools/setup.sh run

setup-dev: ## set up what is needed to run, test and check
	@PYTHON="$(PYTHON)" sh tools/setup.sh dev

run: setup ## set up what is missing and start the bot
	@exec $(BIN)/waymark run

test: setup-dev ## set up what is missing and run every test (PYTEST_ARGS="-k name" picks some)
	@$(BIN)/python -m pytest $(if $(strip $(PYTEST_ARGS)),$(PYTEST_ARGS),--numprocesses logical --dist worksteal)

check: setup-dev ## formatter, linter, types, import rules, content and its figures: every mistake at once
	@failed=; \
	step() { echo "$$1"; shift; "$$@" || failed=yes; }; \
	figures() { $(BIN)/python -m pytest -q --no-header --tb=short -p no:cacheprovider tests/content/test_figures.py > $(VENV)/figures.log 2>&1 || { cat $(VENV)/figures.log; false; }; }; \
	imports() { $(BIN)/lint-imports --no-cache --no-logo > $(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; false; }; }; \
	step "Format" $(BIN)/ruff format --check --quiet --output-format concise .; \
	step "Lint" $(BIN)/ruff check --quiet --output-format concise .; \
	step "Types" $(BIN)/mypy --no-error-summary; \
	step "Imports" imports; \
	step "Content" $(BIN)/waymark check; \
	step "Figures" figures; \
	if [ -n "$$failed" ]; then echo "Not yet: see above ($(BIN)/ruff format puts the format right)."; exit 1; fi; \
	echo "All checks passed."

draw: setup-dev ## draw the pictures of content/media from its svg folder
	@$(BIN)/uv run --quiet tools/draw_media.py

bench: setup-dev ## run the benchmarks
	@$(BIN)/python -m benchmarks

chaos: setup-dev ## break processes, machines, networks and Telegram under load and count what was lost
	@$(BIN)/python -m benchmarks.chaos --json var/chaos.json $(CHAOS_ARGS)

audit: setup-dev ## ask whether a part has a known weakness; fails when one could not be asked about (STRICT=1: only known-weaknesses/ counts)
	@$(BIN)/python tools/audit.py $(if $(STRICT),--strict)

advisories: setup-dev ## fetch into known-weaknesses/ what audits without a network need (FROM=folder of exports)
	@$(BIN)/python tools/fetch_advisories.py $(if $(FROM),--from "$(FROM)")

sbom: setup-dev ## write what the bot is made of, as CycloneDX JSON, to sbom.json
	@$(BIN)/python tools/bill_of_materials.py sbom > sbom.json.new && mv sbom.json.new sbom.json || { rm -f sbom.json.new; exit 1; }
	@echo "Wrote sbom.json."

licences: setup-dev ## list under which licence each part of the bot stands; fails for one that nobody said yes to
	@$(BIN)/python tools/bill_of_materials.py licences

lock: setup-dev ## renew both lock files from pyproject.toml
	@echo "Resolving"
	@$(BIN)/uv pip compile --quiet $(LOCK_ARGS) --upgrade --group dev --extra traces -o requirements-dev.lock pyproject.toml
	@# Constrained by the first: what runs is exactly what was tested.
	@$(BIN)/uv pip compile --quiet $(LOCK_ARGS) --group build -c requirements-dev.lock -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet $(LOCK_ARGS) --group build --extra traces -c requirements-dev.lock -o requirements-traces.lock pyproject.toml
	@echo "Wrote requirements.lock, requirements-traces.lock and requirements-dev.lock."

# One lock for every supported Python and processor; it names no index, so any mirror can serve it.
LOCK_ARGS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock" --no-config

clean: ## remove .venv and caches; data in var/ stays
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	@find bot handlers tests -name __pycache__ -type d -prune -exec rm -rf {} +
