"""The search needs a fuzzer that is not part of the test stage: without it its module is not collected."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("atheris") else ["search.py"]
