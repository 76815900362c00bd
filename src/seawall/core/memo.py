"""What follows from something that never changes is made once, whoever asks for it next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

_Made = TypeVar("_Made")
_Asked = ParamSpec("_Asked")
_Owner = TypeVar("_Owner", bound="Memo")


class Memo:
    """For frozen dataclasses without slots: answers live as long as the object, and no copy of it inherits them.

    Examples
    --------
    >>> memo = Memo()
    >>> memo.once("answer", lambda: 42), memo.once("answer", lambda: 43)
    (42, 42)
    """

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {name: content for name, content in self.__dict__.items() if name != "_made"}

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """Return what `make` returned when the key was first asked for."""
        try:
            made: _Made = self._made[key]
        except KeyError:
            made = self._made[key] = make()
        return made

    def once_for(self, name: str, thing: object, make: Callable[[], _Made]) -> _Made:
        """Return the same for a thing that has no hash, such as an array; it is known by being the same object."""
        _kept, made = self.once((name, id(thing)), lambda: (thing, make()))  # kept, so that its id stays its own
        return made


def remembered(make: Callable[Concatenate[_Owner, _Asked], _Made]) -> Callable[Concatenate[_Owner, _Asked], _Made]:
    """Return a function of a memo and of hashable arguments that makes each answer once; nobody may change it."""

    @wraps(make)
    def asked(owner: _Owner, /, *args: _Asked.args, **named: _Asked.kwargs) -> _Made:
        return owner.once((make, args, tuple(named.items())), lambda: make(owner, *args, **named))

    return asked
