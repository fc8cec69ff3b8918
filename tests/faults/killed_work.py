"""What the kill -9 tests of use cases share: a desk over a real store, children that are killed, clerks at once."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes import FakeRenderer, FakeTransport

from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Address
from tui_billing.services.desk import Desk
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store

ADDRESS = Address(street="Weg 1", postcode="20999", city="Nordhafen")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 needs POSIX")
Work = Callable[[Path], object]


def open_desk(folder: Path, today: date = date(2026, 11, 22)) -> Desk:
    """Anna's desk over the journal in this folder; nothing is drawn or sent."""
    return Desk(
        store=Store(open_engine(folder, create=True), "anna"),
        files=Files(folder),
        folder=folder,
        user="anna",
        today=lambda: today,
        renderer=FakeRenderer,
        transport=FakeTransport,
        now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
    )


def child(work: Work, folder: Path) -> int:
    """A process that does the work and never comes back: 0 done, 3 refused, 1 broken."""
    pid = os.fork()
    if pid == 0:
        try:
            work(folder)
            os._exit(0)
        except Refused:
            os._exit(3)
        except BaseException:
            os._exit(1)
    return pid


def killed(work: Work, folder: Path, after: float) -> bool:
    """Work in a child that is killed after so many seconds; whether it was still at work."""
    pid = child(work, folder)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def at_once(work: Work, folder: Path, clerks: int = 2) -> list[int]:
    """Several clerks do the same at the same time; their exit codes, sorted."""
    pids = [child(work, folder) for _ in range(clerks)]
    return sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)


def torture(
    template: Path,
    folder: Path,
    work: Work,
    *,
    rounds: int,
    seed: int,
    kills: int,
    seconds: tuple[float, float],
    between: Work = lambda _: None,
    check: Work,
) -> int:
    """`rounds` times: a copy of the template, killed up to `kills` times, then let through. How often it was killed.

    `between` looks at the data after each kill, `check` at the end of a round.
    """
    rng, count = random.Random(seed), 0
    for n in range(rounds):
        data = folder / str(n)
        shutil.copytree(template, data)
        for _ in range(rng.randint(1, kills)):
            count += killed(work, data, rng.uniform(*seconds))
            between(data)
        work(data)
        check(data)
        shutil.rmtree(data)
    return count
