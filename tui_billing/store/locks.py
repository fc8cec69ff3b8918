"""One writer at a time over all processes: blocking flock, asked for through a turnstile, never by polling.

Whoever wants the lock first takes the turnstile and waits there alone for the lock itself, so that a process
which has just written cannot overtake one that has been waiting - except for the rest of its turn of a few
milliseconds, because handing over after every single transaction costs more than the transactions.
"""

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tui_billing.domain.messages import N_
from tui_billing.domain.os_words import os_words
from tui_billing.store.engine import Busy, ReadOnly
from tui_billing.store.fsops import FsOps

try:
    import fcntl

    def _flock(fd: int, *, wait: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # pragma: no cover - Windows

    def _flock(fd: int, *, wait: bool) -> None:
        import portalocker

        flags = portalocker.LockFlags.EXCLUSIVE
        if not wait:
            flags |= portalocker.LockFlags.NON_BLOCKING
        portalocker.lock(fd, flags)


WaitNotice = Callable[[str], None]
TURN = 0.01
"""Seconds in which a process may take the lock again without going to the end of the queue."""


def _try(fd: int) -> bool:
    """Whether the lock was free; it is held then."""
    try:
        _flock(fd, wait=False)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK):
            return False
        raise
    return True


class FileLock:
    """An exclusive lock on a file that is never replaced. Not for two threads at once: the engine sees to that."""

    def __init__(self, path: Path, ops: FsOps, mode: int, patience: float = 30.0, notice_after: float = 1.0) -> None:
        self.path, self._ops, self._mode = path, ops, mode
        self.patience, self.notice_after = patience, notice_after
        self._turnstile_path = path.with_name(path.name + ".queue")
        self._idle: tuple[int, int] | None = None
        self._held: tuple[int, int] | None = None
        self._turn_began = 0.0
        self._name = f"{os.getpid()} {os.environ.get('TUI_BILLING_USER') or _login()}\n".encode()

    def _open(self) -> tuple[int, int]:
        flags = os.O_RDWR | os.O_CREAT
        first = self._ops.open(self._turnstile_path, flags, self._mode)
        try:
            return first, self._ops.open(self.path, flags, self._mode)
        except BaseException:
            self._ops.close(first)
            raise

    def try_acquire(self) -> bool:
        """Take the lock only if nobody has it, and, after this process's turn, if nobody waits for it."""
        pair = self._idle or self._open()
        self._idle = pair
        in_turn = time.monotonic() - self._turn_began < TURN
        if not in_turn and not _try(pair[0]):
            return False
        try:
            free = _try(pair[1])
        finally:
            if not in_turn:
                _unlock(pair[0])
        if free:
            self._take(pair, in_turn)
        return free

    def _try_turnstile(self) -> bool:
        """Whether nobody waits at this moment."""
        pair = self._open()
        try:
            return _try(pair[0])
        finally:
            self._close(pair)

    def acquire(self, on_wait: WaitNotice | None = None) -> None:
        """Wait in line; says who holds the lock after a second. Raises Busy after the patience is over."""
        if self.try_acquire():
            return
        wait = _Wait(self._open(), self._ops)
        if not wait.done.wait(min(self.notice_after, self.patience)):
            if on_wait is not None and self.patience > self.notice_after:
                on_wait(self.holder())
            wait.done.wait(max(0.0, self.patience - self.notice_after))
        pair = wait.take()
        if pair is None:
            raise Busy(N_("Der Datenbestand ist gerade in Arbeit bei {holder}"), holder=self.holder())
        if self._idle is not None:
            self._close(self._idle)
            self._idle = None
        self._take(pair, False)

    def _take(self, pair: tuple[int, int], in_turn: bool) -> None:
        self._held, self._idle = pair, None
        if not in_turn:
            self._turn_began = time.monotonic()
        try:
            if os.pread(pair[1], len(self._name) + 1, 0) != self._name:
                self._ops.ftruncate(pair[1], 0)
                self._ops.pwrite(pair[1], self._name, 0)
        except OSError:
            pass  # on a full disk others cannot be told who holds the lock; it is held all the same

    def release(self) -> None:
        """Let the next one in."""
        pair = self._held
        if pair is not None:
            self._held, self._idle = None, pair
            _unlock(pair[1])

    def holder(self) -> str:
        """User and process that took the lock last, as text."""
        try:
            pid, _, user = self.path.read_text("utf-8", "replace").strip().partition(" ")
        except OSError:
            return "?"
        return f"{user or '?'} (Prozess {pid or '?'})"

    def close(self) -> None:
        """Close the descriptors; the lock goes with them."""
        for pair in (self._held, self._idle):
            if pair is not None:
                self._close(pair)
        self._held = self._idle = None

    def _close(self, pair: tuple[int, int]) -> None:
        for fd in pair:
            self._ops.close(fd)

    def check_works(self) -> None:
        """Raises ReadOnly where locks are not possible, or a second descriptor gets what the first one holds."""
        try:
            first, second = self._open(), self._open()
            try:
                if _try(first[1]) and _try(second[1]):
                    raise ReadOnly(N_("Dateisperren wirken in {folder} nicht"), folder=str(self.path.parent))
            finally:
                self._close(first)
                self._close(second)
        except OSError as error:
            if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
                return  # nobody writes here, so nobody needs the lock
            raise ReadOnly(
                N_("Dateisperren sind in {folder} nicht möglich ({error})"),
                folder=str(self.path.parent),
                error=os_words(error),
            ) from error


class _Wait:
    """A thread that blocks in flock on descriptors of its own; whoever comes second of it and the caller decides."""

    def __init__(self, pair: tuple[int, int], ops: FsOps) -> None:
        self._pair, self._ops = pair, ops
        self._guard = threading.Lock()
        self._abandoned = self._got = False
        self.done = threading.Event()
        threading.Thread(target=self._run, name="store-lock", daemon=True).start()

    def _run(self) -> None:
        try:
            _flock(self._pair[0], wait=True)
            _flock(self._pair[1], wait=True)
            _unlock(self._pair[0])
            got = True
        except OSError:
            got = False
        with self._guard:
            self._got = got
            if self._abandoned or not got:
                self._let_go()
        self.done.set()

    def _let_go(self) -> None:
        for fd in self._pair:
            self._ops.close(fd)

    def take(self) -> tuple[int, int] | None:
        """The descriptors with the lock, or None: then the thread lets go as soon as it gets it."""
        with self._guard:
            if self._got:
                return self._pair
            self._abandoned = True
            return None


def _unlock(fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_UN)
    except NameError:  # pragma: no cover - Windows
        import portalocker

        portalocker.unlock(fd)


def _login() -> str:
    try:
        return os.getlogin()
    except OSError:
        return os.environ.get("USER", "?")
