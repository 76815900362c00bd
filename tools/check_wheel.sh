#!/bin/sh
# Does the wheel in dist/ work by itself? In a fresh venv, with the dependencies that it declares, from an empty folder.
set -eu
cd "$(dirname "$0")/.."
wheel=$(ls "$PWD"/dist/seawall-*.whl)
home=$PWD
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# The lock without its hashes is a list of constraints: versions are pinned, yet only what the wheel asks for is taken.
sed -e '/--hash=/d' -e 's/ *\\$//' requirements/core.txt >"$room/pins.txt"
if command -v uv >/dev/null; then
    uv venv --quiet --python "$home/.venv/bin/python" "$room/venv"
    uv pip install --quiet --python "$room/venv/bin/python" --constraint "$room/pins.txt" "$wheel"
else
    "$home/.venv/bin/python" -m venv "$room/venv"
    "$room/venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --constraint "$room/pins.txt" "$wheel"
fi

mkdir "$room/empty"
cd "$room/empty"
unset PYTHONPATH || true
"$room/venv/bin/python" -c 'import seawall; print("installed from the wheel:", seawall.__version__, seawall.__file__)'
"$room/venv/bin/seawall" --version
"$room/venv/bin/seawall" demo >"$room/demo.txt" || { cat "$room/demo.txt"; exit 1; }
[ -s "$room/demo.txt" ] || { echo "check_wheel: seawall demo printed nothing" >&2; exit 1; }
[ -z "$(ls -A .)" ] || { echo "check_wheel: seawall demo left files behind: $(ls -A .)" >&2; exit 1; }
echo "seawall demo ran from the wheel, in an empty folder: $(wc -l <"$room/demo.txt") lines"
