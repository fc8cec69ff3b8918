"""Who is alive: each sending holds a lock on a file of its own, which the kernel lets go when the process dies.

An flock, because it survives nothing: neither kill -9 nor a reboot; and because a process id may be given again.
"""

import contextlib
import os
import socket
import uuid
from pathlib import Path

from tui_billing.dispatch.shared import make_folder, share

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER = "sending"


def _lock(handle: int) -> bool:
    """Take the lock without waiting; whether it was free."""
    if fcntl is None:
        import portalocker

        try:
            portalocker.lock(os.fdopen(os.dup(handle), "r+b"), portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Lease:
    """Held from construction to `release`; `token` names it in the dispatches that are in flight."""

    def __init__(self, data_folder: Path) -> None:
        folder = data_folder / FOLDER
        make_folder(folder)
        self.token = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._path = folder / f"{self.token}.lock"
        new = folder / f".{self.token}.new"
        self._handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o660)
        self._pid = os.getpid()
        share(new)
        if not _lock(self._handle):
            raise AssertionError("a new file is locked")
        new.rename(self._path)  # locked before anybody can see it
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """A forked child shares the lock: let it not keep a dead parent's lease alive."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def release(self) -> None:
        """Nothing is in flight any more under this token."""
        if self._handle < 0 or self._pid != os.getpid():
            return
        self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = -1


def is_alive(data_folder: Path, token: str) -> bool:
    """Whether the process that took this lease still holds it."""
    if not token or "/" in token:
        return False
    path = data_folder / FOLDER / f"{token}.lock"
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it is there and cannot be asked: rather wait than send twice
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


def sweep(data_folder: Path) -> None:
    """Take away the files of dead leases; call only after their dispatches have been settled."""
    folder = data_folder / FOLDER
    for path in folder.glob("*.lock") if folder.is_dir() else ():
        if not is_alive(data_folder, path.stem):
            with contextlib.suppress(OSError):
                path.unlink()
