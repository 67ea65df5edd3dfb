#!/bin/sh
# Resolve pyproject.toml into the lock files: for any platform, from Python 3.11 on, with hashes.
# The test lock is held to the versions of the run lock, so both describe one environment.
set -eu
cd "$(dirname "$0")/.."
compile() {
    "${UV:-.venv/bin/uv}" pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-header --no-annotate "$@"
}
compile pyproject.toml --extra embedded --output-file requirements.lock
compile pyproject.toml --extra embedded --extra test --constraint requirements.lock --output-file requirements-test.lock
compile --group build --output-file requirements-build.lock
