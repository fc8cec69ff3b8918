"""kill -9 at any moment, with four writers and a compaction: the short form; 500 rounds with `-m slow`."""

from pathlib import Path

import kill_loop
import pytest


def test_forty_kills_lose_nothing_that_was_acknowledged(ram: Path) -> None:
    acknowledged, wrong = kill_loop.run(ram / "data", 40)
    assert wrong == []
    assert acknowledged > 400


@pytest.mark.slow
def test_five_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged, wrong = kill_loop.run(tmp_path / "data", 500)
    assert wrong == []
    assert acknowledged > 5_000
