"""The high-water mark: which transaction was acknowledged last. It tells a torn write from rot of the last line.

Written after the fdatasync of the journal and not synced itself: after a power loss it may be old, never ahead. Once
there is a second journal it is on disk, so that it cannot be missing any more.
"""

import os
import re
import zlib
from pathlib import Path

from tui_billing.store.fsops import FsOps

MARK = re.compile(rb"((\d{12}) ([0-9a-f]{64})) ([0-9a-f]{8})\n")


class HighWaterMark:
    """One line of fixed width with a checksum, in a file of its own, overwritten in place."""

    def __init__(self, path: Path, ops: FsOps, mode: int) -> None:
        self._path, self._ops, self._mode = path, ops, mode
        self._fd = -1
        self._writable = True

    def _open(self) -> int:
        if self._fd < 0:
            try:
                self._fd = self._ops.open(self._path, os.O_RDWR | os.O_CREAT, self._mode)
            except OSError:
                self._writable = False
                self._fd = os.open(self._path, os.O_RDONLY)
        return self._fd

    def read(self) -> tuple[int, str]:
        """(seq, hash); seq 0 where nothing has been acknowledged or the mark is not readable."""
        if self._fd < 0 and not self._path.exists():
            return 0, ""
        try:
            match = MARK.fullmatch(os.pread(self._open(), 100, 0))
        except OSError:
            return 0, ""
        if match is None or zlib.crc32(match[1]) != int(match[4], 16):
            return 0, ""
        return int(match[2]), match[3].decode()

    def write(self, seq: int, head: str) -> None:
        """After the fdatasync. An error is ignored: only the telling apart gets weaker, nothing is lost."""
        try:
            fd = self._open()
            if self._writable:
                mark = b"%012d %s" % (seq, head.encode())
                self._ops.pwrite(fd, b"%s %08x\n" % (mark, zlib.crc32(mark)), 0)
        except OSError:
            pass

    def sync(self) -> None:
        """On disk when this returns, but for its name in the folder. An error is ignored as in `write`."""
        try:
            if self._fd >= 0 and self._writable:
                self._ops.fdatasync(self._fd)
        except OSError:
            pass

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
