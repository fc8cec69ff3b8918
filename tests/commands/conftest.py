"""The helper cli.py of this folder is importable from its tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def cli(tmp_path):
    """An empty data folder and the commands on it."""
    from cli import Cli

    return Cli(tmp_path / "data")
