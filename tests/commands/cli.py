"""Runs `tui-billing` as its users do: another process, JSON out, exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tui_billing.__main__ import main
from tui_billing.i18n import use_language

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ran:
    """What came back; `data` is the JSON document where --json was given."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.out)


class Cli:
    """One data folder and one day."""

    def __init__(self, folder: Path, today: str = "2026-11-22") -> None:
        self.folder = folder
        self.environment = {
            "TUI_BILLING_DATA": str(folder),
            "TUI_BILLING_TODAY": today,
            "TUI_BILLING_USER": "anna",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONIOENCODING": "utf-8",
        }

    def start(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        """Start a process without waiting."""
        return subprocess.Popen(
            [sys.executable, "-m", "tui_billing", *words],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )

    def process(self, *words: str, code: int | None = 0) -> Ran:
        """Run in a process of its own."""
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        return self._checked(Ran(process.returncode, out, err), code)

    def __call__(self, *words: str, code: int | None = 0) -> Ran:
        """Run with --json and expect this exit code (None: any)."""
        return self.plain(*words, "--json", code=code)

    def plain(self, *words: str, code: int | None = 0) -> Ran:
        """Run as it is typed, in this process: ten times quicker, with every file opened anew."""
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        out, err = io.StringIO(), io.StringIO()
        try:
            with mock.patch.dict(os.environ, self.environment), redirect_stdout(out), redirect_stderr(err):
                returned = main(list(words))
        finally:
            use_language("de")
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return self._checked(Ran(returned, out.getvalue(), err.getvalue()), code)

    def _checked(self, ran: Ran, code: int | None) -> Ran:
        assert "Traceback" not in ran.err, ran.err
        assert code is None or ran.code == code, ran
        return ran
