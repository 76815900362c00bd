"""The source as a house: every room has its sign, every public function its use, and no file grows past reading."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import seawall

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "seawall"
LONGEST_FILE_LINES = 450
"""60 to 250 lines tend to hold one idea; past this a file holds several."""

FILES = sorted(HOUSE.rglob("*.py"))
ROOMS = sorted(file.parent for file in FILES if file.name == "__init__.py")


def from_house(path: Path) -> str:
    return str(path.relative_to(HOUSE.parent))


@pytest.fixture(params=FILES, ids=from_house)
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def test_every_folder_with_modules_is_a_room() -> None:
    assert sorted({file.parent for file in FILES} - set(ROOMS)) == []


@pytest.mark.parametrize("room", ROOMS, ids=from_house)
def test_every_room_has_its_sign(room: Path) -> None:
    sign = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert sign, "a room says in its docstring what lives there"
    assert sign.splitlines()[0].endswith((".", ":")), sign


def test_a_file_opens_with_what_it_is_for(tree: ast.Module) -> None:
    assert ast.get_docstring(tree)


def test_a_file_is_short_enough_to_read(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE_LINES


def test_no_option_is_a_boolean_by_position(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.decorator_list:
            for argument, default in zip(reversed(node.args.args), reversed(node.args.defaults), strict=False):
                is_flag = isinstance(default, ast.Constant) and isinstance(default.value, bool)
                assert not is_flag, f"{node.name}({argument.arg}): options come after `*`"


@pytest.mark.parametrize("name", [name for name in seawall.__all__ if name.islower() and not name.startswith("_")])
def test_every_public_function_shows_parameters_and_an_example(name: str) -> None:
    doc = getattr(seawall, name).__doc__ or ""
    for section in ("Parameters\n", "Examples\n"):
        assert section in doc, section.strip()
    assert ">>>" in doc


def test_the_type_checker_sees_the_names_that_the_package_gives() -> None:
    """Names arrive when asked for, which a type checker can't follow: it reads a list of imports of its own."""
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    seen = {
        alias.name: node.module or ""
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(seen) == set(seawall.__all__) - {"__version__"}
    for name, module in seen.items():
        assert getattr(import_module(module), name) is getattr(seawall, name)


def test_every_room_has_its_place_in_the_order() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    order = next(contract for contract in settings["contracts"] if contract["type"] == "layers")
    placed = {name.strip() for layer in order["layers"] for name in layer.split("|")}
    rooms = {room.name for room in ROOMS if room.parent == HOUSE}
    assert rooms <= placed, "a new room finds its place in pyproject.toml"
    assert placed - {"__main__"} <= rooms


def test_the_list_of_compiled_modules_is_the_same_for_the_type_checker_and_for_the_order() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contract = next(row for row in settings["importlinter"]["contracts"] if "numba" in row.get("forbidden_modules", []))
    may_import = {line.split(" -> ")[0] for line in contract["ignore_imports"]}
    untyped = next(row["module"] for row in settings["mypy"]["overrides"] if "seawall" in row["module"][0])
    assert may_import == set(untyped)
    for module in untyped:
        assert (ROOT / "src" / (module.replace(".", "/") + ".py")).is_file(), module


def test_the_architecture_page_has_a_row_for_every_room() -> None:
    """A page that is silent on a room is worse than none: its next author builds the room again."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)/` \|", page, re.MULTILINE))
    rooms = {path.name for path in HOUSE.iterdir() if (path / "__init__.py").exists()}
    assert told == rooms - {"data"}
    assert "`data/` holds" in page
