"""One decoder under atheris, in a process of its own: `python -m tests.fuzz.search MODULE TARGET CORPUS [FLAG...]`.

MODULE has a function `targets`; CORPUS is the folder where inputs that reach new code are kept; flags are libFuzzer's.
What reaches new code is told by the branches of `seawall`, so its modules are imported here and nowhere before.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from random import Random

import atheris

ROOMS = ("api", "venues", "portfolio", "policy", "market", "instruments", "core")
"""Rooms that read bytes or are asked about them."""
OWN_CHANGE_RATIO = 0.7
"""Share of changes that know the form of the input; the others are libFuzzer's own, which know where new code was."""


def _import_rooms() -> None:
    """Import what decoders import only when they are called: a later import would not be watched."""
    for room in ROOMS:
        package = importlib.import_module(f"seawall.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"seawall.{room}."):
            importlib.import_module(found.name)


def main(module: str, name: str, *flags: str) -> None:
    """Search until libFuzzer ends the process."""
    with atheris.instrument_imports(include=["seawall"], enable_loader_override=False):
        _import_rooms()
        listed = importlib.import_module(module).targets()
    [target] = [target for target in listed if target.name == name]

    def attempt(content: bytes) -> None:
        target.attempt(content)

    def change(content: bytes, limit: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < OWN_CHANGE_RATIO:
            start = content if content and rng.random() < 0.9 else rng.choice(target.seeds)
            return target.mutate(start, rng)[:limit]
        return bytes(atheris.Mutate(content, limit))

    atheris.Setup([sys.argv[0], *flags], attempt, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
