#!/bin/sh
# Bring .venv to a stage: `tools/setup.sh core|test|dev|bench|fuzz`. Called by the Makefile; safe to call again.
#
# uv is used where it is on PATH, else venv and pip. Both install exactly what requirements/<stage>.txt pins and check
# every hash, from whatever registry the machine is set up with.
set -eu
cd "$(dirname "$0")/.."
stage=$1
bin=.venv/bin/python

say() { echo "setup: $*" >&2; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# The first Python that fits: $PYTHON, then `python3`, then versions by name. Without uv it must bring pip along, which
# Debian's own does only with the package python3-venv.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
        is_new_enough "$candidate" || continue
        command -v uv >/dev/null || "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
        "$candidate" -c 'import sys; print(sys.executable)'
        return
    done
    say "no Python >= 3.11 with venv and pip is on PATH; install one (Debian: python3 and python3-venv) or uv,"
    say "or name one: make PYTHON=/path/to/python3.12 ..."
    exit 1
}

install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$bin" "$@"
    else
        "$bin" -m pip --version >/dev/null 2>&1 || "$bin" -m ensurepip >/dev/null
        "$bin" -m pip install --quiet --quiet --disable-pip-version-check "$@"
    fi
}

if ! is_new_enough "$bin"; then
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    if command -v uv >/dev/null; then uv venv --quiet --python "$python" .venv; else "$python" -m venv .venv; fi
fi

say "installing requirements/$stage.txt"
# Compiled at once, because where PYTHONDONTWRITEBYTECODE is set every start would compile all imports again.
if command -v uv >/dev/null; then
    install --compile-bytecode --require-hashes -r "requirements/$stage.txt"
else
    install --require-hashes -r "requirements/$stage.txt"
fi

if [ "$stage" = core ]; then
    say "installing seawall itself, editable"
    install --no-deps --no-build-isolation --editable .
    "$bin" -m compileall -q src/seawall || true
fi
