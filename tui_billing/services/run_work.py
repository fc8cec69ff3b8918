"""The work of one execution: rows in groups, each checked again and rendered, one group ahead of what is sent."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import groupby

from tui_billing.domain.mail_jobs import MailMode
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow
from tui_billing.services.desk import Desk, Progress
from tui_billing.services.run_archive import Made, make_files
from tui_billing.services.run_checks import check_rows, rows_to_do
from tui_billing.services.run_facts import need_run
from tui_billing.services.run_issue import Issue
from tui_billing.services.runs import add_out

FIRST_GROUP, GROUP = 10, 100
"""Rows between two commits. A run begins with few, so that its first mail leaves in the first seconds; each further
group is twice as large, until all workers are kept busy."""
TICK = 0.2
"""Seconds between two looks at a group that is being rendered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteOptions:
    """What the clerk chooses. `overwrite` False keeps PDFs of unsent documents that exist already.

    `out`: folder or ZIP instead of pdf.folder; `print_now`: hand the combined letters to print.command.
    """

    overwrite: bool = True
    confirm_addresses: bool = False
    out: str = ""
    print_now: bool = False


@dataclass(slots=True)
class Work:
    """One execution in progress."""

    desk: Desk
    run: InvoiceRun
    options: ExecuteOptions
    stop: Callable[[], bool]
    names: dict[int, str]
    token: str = ""
    """The lease under which it works."""
    total: int = 0
    done: int = 0
    failed: int = 0
    refused: int = 0
    unknown: int = 0
    prepared: int = 0
    """Documents of this execution whose PDF is made; counted by the thread that renders."""
    stopped: Problem | None = None
    is_stopped: bool = False
    issue: Issue | None = None

    def asked_to_stop(self) -> bool:
        """Remembers that somebody asked, so that the run ends as angehalten."""
        self.is_stopped = self.is_stopped or self.stopped is not None or self.stop()
        return self.is_stopped

    def progress(self, note: str = "", resting: int = 0) -> Progress:
        prepared = max(self.prepared, self.done)
        return Progress(self.done, self.total, self.failed, self.refused, self.unknown, resting, note, prepared)

    def count_prepared(self) -> None:
        """One more PDF is there."""
        self.prepared += 1


def _sizes() -> Iterator[int]:
    size = FIRST_GROUP
    while True:
        yield size
        size = min(GROUP, 2 * size)


def groups_of(rows: Sequence[RunRow], mode: MailMode | None) -> Iterator[list[RunRow]]:
    """Groups of FIRST_GROUP to GROUP rows; with one mail per customer a customer is never cut."""
    sizes, start = _sizes(), 0
    if mode is not MailMode.PER_CUSTOMER:
        while start < len(rows):
            size = next(sizes)
            yield list(rows[start : start + size])
            start += size
        return
    size = next(sizes)
    group: list[RunRow] = []
    ordered = sorted(rows, key=lambda r: (r.customer_id, r.invoice_date, r.document_id))
    for _, bundle in groupby(ordered, key=lambda r: r.customer_id):
        group += bundle
        if len(group) >= size:
            yield group
            group, size = [], next(sizes)
    if group:
        yield group


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A group after checking and rendering: what can go, and how many rows are done without going."""

    made: list[Made]
    done: int
    failed: int


def _prepared(work: Work, group: list[RunRow]) -> _Prepared:
    """Check a group again and render it; rows that do not go are written with their reasons. Counts nothing itself,
    because the next group is prepared in a thread while one is being sent."""
    store = work.desk.store
    fresh = list(store.get_many(RunRow, [r.id for r in group]).values())
    customers = store.get_many(Customer, {r.customer_id for r in fresh})
    fresh = rows_to_do(work.run, fresh, customers)
    checked = check_rows(store, work.run, fresh, work.desk, confirm_addresses=work.options.confirm_addresses)
    made, failed = make_files(
        work.desk,
        work.run,
        [c for c in checked if c.goes],
        overwrite=work.options.overwrite,
        stop=work.asked_to_stop,
        count=work.count_prepared,
    )
    staying = [c.row for c in checked if not c.goes] + failed
    _write_rows(work, staying)
    # The others are no longer to do, because a second process did them meanwhile; after a stop they are open.
    done = len(staying) + (0 if work.is_stopped else len(group) - len(made) - len(staying))
    work.prepared += done - len(failed)
    return _Prepared(made, done, sum(row.state is RowState.FAILED for row in staying))


def prepared_ahead(work: Work, groups: Iterator[list[RunRow]]) -> Generator[Progress | list[Made], None, None]:
    """Group after group, the next one being rendered while the caller is busy with this one.

    A Progress says how far the group is that everybody waits for.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="render") as thread:
        group = next(groups, None)
        ahead = thread.submit(_prepared, work, group) if group else None
        while ahead is not None:
            yield from _awaited(work, ahead)
            prepared = ahead.result()
            group = next(groups, None)
            ahead = thread.submit(_prepared, work, group) if group and not work.asked_to_stop() else None
            work.done += prepared.done
            work.failed += prepared.failed
            yield prepared.made


def _awaited(work: Work, ahead: "Future[_Prepared]") -> Iterator[Progress]:
    """The counts while a group is rendered; who closes the run meanwhile does not wait for its rest."""
    try:
        while not wait([ahead], timeout=TICK).done:
            yield work.progress()
    except GeneratorExit:
        work.is_stopped = True
        raise


def _write_rows(work: Work, rows: Sequence[RunRow]) -> None:
    """Rows that stay or leave; one that a second process has moved on meanwhile is left alone."""
    if not rows:
        return
    with work.desk.store.transaction(f"Rechnungslauf {work.run.number}: Zeilen geprüft") as tx:
        run, gone = need_run(tx, work.run.id), []
        current = tx.get_many(RunRow, [row.id for row in rows])
        for row in rows:
            before = current.get(row.id)
            if before is None or before.rev != row.rev or replace(before, changed_at="") == replace(row, changed_at=""):
                continue
            tx.put(replace(row, changed_at=work.desk.timestamp()))
            if row.state is RowState.REMOVED:
                gone.append(row)
        if gone:
            tx.put(replace(run, out=add_out(run.out, gone)))
