"""The app in a real pseudo-terminal, with pyte as the eye."""

import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pyte

UNSET = ("NO_COLOR", "COLORTERM", "TERM", "COLUMNS", "LINES")
"""What would speak for the terminal: a runner of tests sets some of them for itself."""
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from sample_desk import empty_desk, sample_desk
from tui_billing.app import run_app
sys.exit(run_app(sample_desk({copies}) if {copies} else empty_desk(), "de", {slow}))
"""


class Terminal:
    """One run of the app; everything that it wrote is in `raw`, what a clerk sees in `lines`."""

    def __init__(
        self, *, size: tuple[int, int] = (80, 24), copies: int = 3, slow: bool = False, **environment: str
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        program = PROGRAM.format(tests=str(Path(__file__).parent), root=str(ROOT), copies=copies, slow=slow)
        surroundings = {k: v for k, v in os.environ.items() if k not in UNSET}
        surroundings |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "Europe/Berlin", **environment}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.05)  # the parent sets the size first
            os.execve(sys.executable, [sys.executable, "-c", program], surroundings)
        self.resize(*size, tell=False)
        self.before = termios.tcgetattr(self.fd)

    def resize(self, columns: int, lines: int, *, tell: bool = True) -> None:
        """Another window size."""
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)
        if tell:
            os.kill(self.pid, signal.SIGWINCH)

    def read(self, quiet: float = 0.3, first: float = 3.0) -> bytes:
        """What came until it was quiet."""
        data, patience = b"", first
        while select.select([self.fd], [], [], patience)[0]:
            try:
                chunk = os.read(self.fd, 65536)
            except OSError:
                break
            if not chunk:
                break
            data, patience = data + chunk, quiet
            self._stream.feed(chunk)
        self.raw += data
        return data

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        """Until this text stands on the screen."""
        end = time.monotonic() + seconds
        while text not in "\n".join(self.lines) and time.monotonic() < end:
            self.read(0.05, 0.2)
        assert text in "\n".join(self.lines), "\n".join(self.lines)

    def press(self, keys: str | bytes, quiet: float = 0.3) -> bytes:
        """Send keys; returns what came back."""
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)
        return self.read(quiet)

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        return [line.rstrip() for line in self.screen.display]

    def wait_for_end(self, seconds: float = 10.0) -> int:
        """The exit code; what is written until then is read."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.05, 0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("the app did not end")

    def close(self) -> None:
        """End it, however it stands."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
