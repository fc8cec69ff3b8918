"""Whether anybody works on a run: it names the leases of the processes that execute it.

A process that is killed writes nothing any more, but its lease ends with it: a run that says `läuft` and whose leases
are all dead is shown as unterbrochen, and executing it again takes up the rest.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from tui_billing.dispatch.lease import Lease, is_alive, sweep
from tui_billing.domain.runs import InvoiceRun, RunState
from tui_billing.services.desk import Desk
from tui_billing.services.errors import StoreError
from tui_billing.services.send_orphans import settle_orphans


@contextmanager
def held(desk: Desk) -> Iterator[str]:
    """A lease of this process while it executes a run; gives the token to be written into the run."""
    sweep(desk.folder)
    lease = Lease(desk.folder)
    try:
        yield lease.token
    finally:
        lease.release()


def workers(desk: Desk, run: InvoiceRun, without: str = "") -> tuple[str, ...]:
    """The leases named in the run that are still held, but for `without`."""
    return tuple(token for token in run.owners if token != without and is_alive(desk.folder, token))


def as_it_stands(desk: Desk, run: InvoiceRun) -> InvoiceRun:
    """The run as it is shown: INTERRUPTED where it should be running and nobody works on it."""
    if run.state is RunState.RUNNING and not workers(desk, run):
        return replace(run, state=RunState.INTERRUPTED)
    return run


def opened(desk: Desk, run: InvoiceRun) -> InvoiceRun:
    """The same when a run is opened: what its dead process left in flight is ungeklärt from now on (E9.1)."""
    run = as_it_stands(desk, run)
    if run.state is RunState.INTERRUPTED:
        with suppress(StoreError):  # a store that is read-only shows the rows as they were left
            settle_orphans(desk)
    return run


def all_as_they_stand(desk: Desk, runs: Iterable[InvoiceRun]) -> list[InvoiceRun]:
    """The same for a list."""
    return [as_it_stands(desk, run) for run in runs]
