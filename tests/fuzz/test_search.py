"""The search that `make fuzz` makes: it finds a fault, says how to see it again, and says when it can't search."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.fuzz.__main__ import main

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: `make fuzz` does it, where there is a wheel",
)


@needs_atheris
def test_a_search_finds_the_planted_fault_and_keeps_the_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--module", "tests.fuzz.planted", "--seconds", "20", "--folder", str(tmp_path)]
    assert main([*words, "--only", "planted/fault"]) == 1
    said = capsys.readouterr().out
    assert "FOUND planted/fault" in said and "ValueError: invalid literal for int()" in said
    [found] = (tmp_path / "found" / "planted-fault").iterdir()
    assert str(found) in said
    with pytest.raises(ValueError, match="invalid literal"):
        main([*words, "--only", "planted/fault", "--again", str(found)])


@needs_atheris
def test_a_search_of_a_real_decoder_runs_and_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "deribit/name", "--seconds", "2", "--folder", str(tmp_path)]) == 0
    assert "nothing found in 1 decoders" in capsys.readouterr().out


def test_a_search_of_nothing_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no-such-venue"]) == 2
    assert "there are book/csv" in capsys.readouterr().err


def test_an_input_is_tried_again_without_atheris(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "name"
    file.write_bytes(b"BTC-PERPETUAL")
    assert main(["--only", "deribit/name", "--again", str(file)]) == 0
    assert capsys.readouterr().out == "deribit/name: taken\n"
