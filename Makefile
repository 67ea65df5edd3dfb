# Two commands matter: `make run` and `make test`. They need Python 3.11 or later and the package registries.
# Everything goes into .venv (packages) and .hanse (data); `make clean` removes both.

SHELL := /bin/sh
BIN := .venv/bin
# Paths the tools look at; folders that do not exist yet are left out.
SOURCES := $(wildcard app tenants billing migrations tests bench)

.PHONY: help run test lint types format assets bench cover lock clean venv venv-test chromium

help:
	@echo "make run     start Hanse on this machine (HANSE_PORT, default 8000)"
	@echo "make test    check everything: style, types, floors, tests, browser"
	@echo "make lint    style, types and floors only"
	@echo "make format  lay out the code"
	@echo "make bench   measure against the targets"
	@echo "make cover   run the tests and report what they do not reach"
	@echo "make lock    resolve the dependencies of pyproject.toml anew (needs the registries)"
	@echo "make clean   remove the environment, the built front end and all local data"

run: venv
	@exec $(BIN)/hanse up

test: venv-test chromium lint assets
	$(BIN)/pytest -q -n 2 --dist loadfile

lint: venv-test
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: venv-test
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

assets: venv
	@$(BIN)/python -c "import sys; from app.adapters.assets import build_assets; build_assets(lambda step: print(step, file=sys.stderr))"

bench: venv-test assets
	$(BIN)/hanse bench

cover: venv-test chromium assets
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

venv:
	@scripts/environment.sh run

venv-test:
	@scripts/environment.sh test

chromium:
	@scripts/chromium.sh

lock: venv-test
	@scripts/lock.sh

clean:
	@scripts/clean.sh
