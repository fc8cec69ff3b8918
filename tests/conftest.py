"""Helpers beside the tests and the scripts are importable from every test."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "screens"), str(HERE.parent / "scripts")]
