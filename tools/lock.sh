#!/bin/sh
# Write requirements/*.txt from pyproject.toml: pins and hashes for every platform, and no address of any registry.
# Pins that still fit are kept; `make lock UPGRADE=1` takes the newest of all.
set -eu
cd "$(dirname "$0")/.."

# This machine's own package folders and mirrors must not find their way into the lock.
unset UV_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CONSTRAINT UV_OVERRIDE || true
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL PIP_CONSTRAINT || true

uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

# lock STAGE GROUP... : the project's dependencies and some groups, at the pins of the stages before, so that stages can be
# installed one upon another.
lock() {
    stage=$1
    shift
    groups=""
    for group in "$@"; do groups="$groups --group $group"; done
    [ -z "${UPGRADE:-}" ] || rm -f "requirements/$stage.txt"
    # shellcheck disable=SC2086  # the lists are split on purpose
    "$uv" --no-config pip compile pyproject.toml $groups $before --output-file "requirements/$stage.txt" \
        --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-annotate \
        --custom-compile-command "make lock" --quiet
    before="$before --constraint requirements/$stage.txt"
}

before=""
lock core build
lock test test
lock dev lint dist
lock bench bench
lock fuzz fuzz

if grep -n '://' requirements/*.txt; then
    echo "lock: an address found its way into the lock" >&2
    exit 1
fi
grep -c '^[a-z]' requirements/*.txt
