"""The wheel: what is in it, and that it works without the checkout."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "seawall"
CODE_SUFFIXES = {".pyc", ".nbi", ".nbc"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a new environment that holds the wheel, and borrows the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A path in a .pth file is searched last, and .pth files in it are not read: the editable seawall stays unseen.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def in_empty_folder(python: Path, code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-c", code, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_all_files_of_the_package_are_inside_and_no_cache(wheel: Path) -> None:
    here = {
        str(path.relative_to(HOUSE.parent))
        for path in HOUSE.rglob("*")
        if path.is_file() and path.suffix not in CODE_SUFFIXES and "__pycache__" not in path.parts
    }
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == here
    assert any(name.endswith(".seawall") for name in inside)
    assert any("/policy/data/" in name and name.endswith(".toml") for name in inside)
    assert any("/data/books/" in name and not name.endswith(".py") for name in inside)
    assert "seawall/py.typed" in inside


def test_licence_and_notice_are_inside(wheel: Path) -> None:
    inside = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/licenses/" in name}
    assert inside == {"LICENSE", "NOTICE"}


def test_the_command_is_declared(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(archive.read(name).decode())
    assert dict(points["console_scripts"]) == {"seawall": "seawall.cli.main:main"}


def test_it_is_the_wheel_that_is_imported(installed: Path, tmp_path: Path) -> None:
    done = in_empty_folder(installed, "import seawall; print(seawall.__file__)", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(installed.parent.parent)


def test_a_margin_is_computed_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    code = """
import seawall as sw
margins = sw.margin({"BTC-PERPETUAL": -10_000, "BTC": 1.0}, "deribit-btc-2026-08-01", "deribit/x_pm")
print(len(margins))
"""
    done = in_empty_folder(installed, code, folder=tmp_path)
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize("words", [["--version"], ["demo", "--help"], ["demo"]], ids=" ".join)
def test_the_command_works_from_an_empty_folder_and_leaves_it_empty(
    installed: Path, tmp_path: Path, words: list[str]
) -> None:
    done = in_empty_folder(installed, "from seawall.cli.main import main; main()", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert list(tmp_path.iterdir()) == []
