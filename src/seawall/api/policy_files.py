"""`load_policy` and `save_policy`: a policy by its id or its file, and a policy as a file of one's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from seawall.core.errors import InputError, Problem
from seawall.policy import MarginPolicy, at, policy_text, read_policy

PolicySource: TypeAlias = MarginPolicy | str | Path

DEFAULT_POLICY = "deribit/x_pm"
SUFFIX = ".toml"
LARGEST_BYTES = 100_000_000


def load_policy(policy: PolicySource, *, time: int | str | datetime | None = None) -> MarginPolicy:
    """Return a policy given as itself, as a dated id, as an id whose newest set at `time` is meant, or as a file.

    Parameters
    ----------
    policy
        A text that ends with `.toml` is a file, as `save_policy` writes it; it holds whatever the time is.
    time
        When an id without a date is meant: nanoseconds since 1970 UTC, ISO 8601 or a datetime.

    Raises
    ------
    InputError
        When it is none of these, no policy has the id, or the file can't be read as a policy.

    Examples
    --------
    >>> load_policy("house/tail", time="2026-08-01").id
    'house/tail/2026-01-01'
    """
    return as_policy(policy, time=time)


def as_policy(policy: object, *, time: int | str | datetime | None = None) -> MarginPolicy:
    """Return a policy as `load_policy` does; what is none is refused with what is accepted."""
    if isinstance(policy, MarginPolicy):
        return policy
    if isinstance(policy, Path) or (isinstance(policy, str) and policy.lower().endswith(SUFFIX)):
        return _read(Path(policy))
    if not isinstance(policy, str):
        ids = f"{DEFAULT_POLICY} or {DEFAULT_POLICY}/2026-02-15"
        rule = f"a policy is a MarginPolicy or its id, such as {ids}, or its file, which ends with {SUFFIX}"
        raise InputError(Problem("policy", type(policy).__name__, rule))
    return at(policy, time)


def save_policy(policy: PolicySource, file: str | Path, *, time: int | str | datetime | None = None) -> Path:
    """Write a policy whole into a file, from which `load_policy` reads the same policy, to the last digit.

    Parameters
    ----------
    policy
        As for `load_policy`.
    file
        Its name ends with `.toml`; what is there is replaced.
    time
        When an id without a date is meant.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When it can't be written there, or its name does not end with `.toml`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     load_policy(save_policy("house/tail/2026-01-01", f"{folder}/mine.toml")).id
    'house/tail/2026-01-01'
    """
    path = Path(file)
    if path.suffix.lower() != SUFFIX:
        raise InputError(Problem("file", str(file), f"a policy's file ends with {SUFFIX}"))
    text = policy_text(load_policy(policy, time=time))
    try:
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        rule = f"a policy can be written there: {getattr(error, 'strerror', None) or error}"
        raise InputError(Problem("file", str(file), rule)) from None
    return path


def _read(path: Path) -> MarginPolicy:
    try:
        if (size := path.stat().st_size) > LARGEST_BYTES:
            rule = f"a policy's file has at most {LARGEST_BYTES:,} bytes"
            raise InputError(Problem("policy", f"{size:,} bytes", rule, where=path.name))
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it, a text that is no UTF-8
        rule = f"it is a policy's file that can be read: {getattr(error, 'strerror', None) or error}"
        raise InputError(Problem("policy", str(path), rule)) from None
    return read_policy(text, where=path.name)
