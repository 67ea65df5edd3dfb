#!/bin/sh
# Make .venv hold exactly what the lock files say; does nothing when it does already.
# `run` is satisfied by an environment made for `test`, which holds more.
# The package index is whatever pip is configured to use; uv is told the same and pip is used where uv fails.
set -eu
cd "$(dirname "$0")/.."

purpose=$1
note=.venv/.hanse-lock
digest=$(cat pyproject.toml requirements*.lock scripts/environment.sh | cksum)

if [ -f "$note" ]; then
    case "$(cat "$note")" in
        "test $digest" | "$purpose $digest") exit 0 ;;
    esac
fi

python=
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Hanse needs Python 3.11 or later; none was found. Install one, or set PYTHON to its path." >&2
    exit 1
fi

lock=requirements.lock
[ "$purpose" = test ] && lock=requirements-test.lock

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Creating .venv with $("$python" --version)" >&2
    rm -rf .venv
    "$python" -m venv .venv >&2 || {
        rm -rf .venv
        echo "'$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
rm -f "$note"

# pip's settings, in uv's words.
if [ -n "${PIP_INDEX_URL:-}" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then export UV_DEFAULT_INDEX="$PIP_INDEX_URL"; fi
if [ -n "${PIP_EXTRA_INDEX_URL:-}" ] && [ -z "${UV_INDEX:-}" ]; then export UV_INDEX="$PIP_EXTRA_INDEX_URL"; fi
if [ -n "${PIP_FIND_LINKS:-}" ] && [ -z "${UV_FIND_LINKS:-}" ]; then
    UV_FIND_LINKS=$(echo "$PIP_FIND_LINKS" | tr -s ' ' ',')
    export UV_FIND_LINKS
fi
if [ -n "${PIP_CERT:-}" ] && [ -z "${SSL_CERT_FILE:-}" ]; then export SSL_CERT_FILE="$PIP_CERT"; fi
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE="${UV_LINK_MODE:-copy}"

echo "Installing packages from $lock" >&2
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock >&2
if .venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements-build.lock "$lock" >&2; then
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . >&2
else
    echo "uv could not install; trying pip" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2
fi
echo "$purpose $digest" >"$note"
