# Everything is a file target where it can be: the second `make run` installs nothing and asks no index.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
UV      := $(BIN)/uv
export UV_PYTHON := $(abspath $(BIN)/python)
# uv may hard-link from its cache; across file systems it would warn on every package.
export UV_LINK_MODE := copy
# What `make lock` writes names no index: the machine's own settings say where packages come from.
export UV_CUSTOM_COMPILE_COMMAND := make lock
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run test torture check bench clean lock lock-check

help: ## this list
	@printf 'Cratekeeper. Begin with `make run`, then `make test`.\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

run: $(VENV)/run.stamp ## one track from the chain: on your accounts if there is a .env, else on the built-in sandbox
	@if [ -f .env ]; then $(BIN)/python -m daemon --mode single; else $(BIN)/python -m daemon demo; fi

test: $(VENV)/dev.stamp ## the whole suite (loopback only; on two slow cores a quarter of an hour)
	@$(BIN)/python -m pytest

torture: $(VENV)/dev.stamp ## kill -9, full disks, long stateful runs
	@$(BIN)/python -m pytest -m torture --dist loadfile

check: $(VENV)/dev.stamp ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev.stamp ## the numbers that the docs quote, measured here and now
	@$(BIN)/python -m bench

clean: ## removes the environment and caches; never var/, never your music
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

lock: $(VENV)/dev.stamp ## pins every dependency anew, with hashes, for Linux and macOS
	@printf 'uv\nhatchling\neditables\n' | $(COMPILE) - -o requirements/bootstrap.lock
	@$(COMPILE) pyproject.toml -o requirements/run.lock
	@$(COMPILE) pyproject.toml --group dev --extra postgres -c requirements/run.lock -o requirements/dev.lock

# macOS 14 is the oldest that av has wheels for. Nothing is downloaded: uv asks the index what there is.
lock-check: $(UV) ## every pinned package can be had, ready built, for every machine that we promise
	@for lock in run dev; do for platform in x86_64-unknown-linux-gnu aarch64-apple-darwin; do for version in 3.11 3.12 3.13; do \
	  MACOSX_DEPLOYMENT_TARGET=14.0 $(UV) pip install --quiet --dry-run --target $(VENV)/lock-check --require-hashes --only-binary :all: \
	    --python-platform $$platform --python-version $$version -r requirements/$$lock.lock || { echo "$$lock.lock does not install on $$platform with Python $$version" >&2; exit 1; }; \
	done; done; done; rm -rf $(VENV)/lock-check; echo 'Both locks install on Linux x86-64 and macOS arm64, Python 3.11 to 3.13.'

# --- the environment -------------------------------------------------------------------------------------------------
# pip fetches uv (hash-checked), uv fetches the rest: 5 s where pip needs 40 (docs/decisions/0001-packaging.md).

$(UV): requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Cratekeeper needs Python 3.11 or later; $(PYTHON) is' `$(PYTHON) -V`'. Say which to use: make PYTHON=python3.12 run' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'Could not make an environment. On Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'Installing (once; a minute on a slow line) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/run.stamp: $(UV) requirements/run.lock pyproject.toml
	@$(UV) pip install --quiet --require-hashes -r requirements/run.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.lock
	@$(UV) pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@
