"""The text of all files that are kept: it belongs to no one machine, and nothing is left for later without a name."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile("|".join(f"/{top}/" for top in ("work", "home", "root", "Users", "opt")))
REGISTRY_HOSTS = re.compile(
    "|".join(map(re.escape, (".".join(parts) for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("crates", "io"), ("deb", "debian"),
        ("proxy", "golang"), ("anaconda", "org"),
    ))))
)  # fmt: skip
LEFT_FOR_LATER = re.compile(rf"\b({'TO' + 'DO'}|{'FIX' + 'ME'}|{'X' * 3}|{'HA' + 'CK'})\b")
LARGEST_KEPT_BYTES = 1_000_000


@cache
def kept_files() -> tuple[Path, ...]:
    """Return the files that git keeps or would keep."""
    listing = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listing.returncode:
        pytest.skip("not a git checkout")
    return tuple(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return found


def test_there_are_files_to_read() -> None:
    assert len(kept_files()) > 50


def test_no_file_names_a_path_of_one_machine() -> None:
    assert lines_with(MACHINE_PATHS) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRY_HOSTS) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFT_FOR_LATER) == []


def test_the_lock_holds_pins_and_hashes_and_no_address() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.stem for lock in locks] == ["bench", "core", "dev", "fuzz", "test"]
    pin = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^ ]+( ; [^\\]+)? \\$")
    digest = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
    for lock in locks:
        for line in lock.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or pin.match(line) or digest.match(line), f"{lock.name}: {line}"


def test_all_stages_of_the_lock_agree() -> None:
    pins: dict[str, set[str]] = {}
    for lock in (ROOT / "requirements").glob("*.txt"):
        for name, version in re.findall(r"^([a-z0-9._-]+)==([^ ]+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
            pins.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


def test_no_kept_file_is_large() -> None:
    assert [path for path in kept_files() if path.stat().st_size > LARGEST_KEPT_BYTES] == []


def test_text_ends_its_last_line_and_leaves_no_blanks_behind() -> None:
    """Markdown may end a line with blanks: there they break it."""
    for path in kept_files():
        if path.suffix in {".py", ".toml", ".sh", ".txt"} and (content := path.read_bytes()):
            assert content.endswith(b"\n"), path
            assert not re.search(rb"[ \t]+$", content, re.MULTILINE), path
