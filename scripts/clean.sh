#!/bin/sh
# Remove the environment, the built front end and the data of HANSE_HOME's default place.
set -eu
cd "$(dirname "$0")/.."

if [ -f .hanse/run/up.lock ] && pid=$(cat .hanse/run/up.lock) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    echo "Hanse is running (process $pid); stop it first." >&2
    exit 1
fi
# Below /root the database lies elsewhere (see app/adapters/embedded/postgres.py); the note says where.
if [ -f .hanse/postgres.location ]; then
    place=$(cat .hanse/postgres.location)
    case "$place" in
        /var/lib/hanse/?*) rm -rf "$place" ;;
    esac
fi
rm -rf .hanse .venv app/web/static/dist app/web/assets/node_modules
rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage .coverage.* ./*.egg-info
find app tenants billing migrations tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
