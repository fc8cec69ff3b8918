"""The work of one execution: rows in groups, each checked again and rendered, one group ahead of what is sent."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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

GROUP = 100
"""Rows between two commits: enough to keep all workers busy, few enough to see a run move."""


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
    total: int = 0
    done: int = 0
    failed: int = 0
    refused: int = 0
    unknown: int = 0
    stopped: Problem | None = None
    is_stopped: bool = False
    issue: Issue | None = None

    def asked_to_stop(self) -> bool:
        """Remembers that somebody asked, so that the run ends as angehalten."""
        self.is_stopped = self.is_stopped or self.stopped is not None or self.stop()
        return self.is_stopped

    def progress(self, note: str = "", resting: int = 0) -> Progress:
        return Progress(self.done, self.total, self.failed, self.refused, self.unknown, resting, note)


def groups_of(rows: Sequence[RunRow], mode: MailMode | None) -> Iterator[list[RunRow]]:
    """Groups of about GROUP rows; with one mail per customer a customer is never cut."""
    if mode is not MailMode.PER_CUSTOMER:
        for start in range(0, len(rows), GROUP):
            yield list(rows[start : start + GROUP])
        return
    group: list[RunRow] = []
    ordered = sorted(rows, key=lambda r: (r.customer_id, r.invoice_date, r.document_id))
    for _, bundle in groupby(ordered, key=lambda r: r.customer_id):
        group += bundle
        if len(group) >= GROUP:
            yield group
            group = []
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
        work.desk, work.run, [c for c in checked if c.goes], overwrite=work.options.overwrite, stop=work.asked_to_stop
    )
    staying = [c.row for c in checked if not c.goes] + failed
    _write_rows(work, staying)
    # Rows that are no longer to do were done by a second process meanwhile.
    done = len(group) - len(fresh) + len(staying)
    return _Prepared(made, done, sum(row.state is RowState.FAILED for row in staying))


def prepared_ahead(work: Work, groups: Iterator[list[RunRow]]) -> Generator[list[Made], None, None]:
    """Group after group, the next one being rendered while the caller is busy with this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="render") as thread:
        group = next(groups, None)
        ahead = thread.submit(_prepared, work, group) if group else None
        while ahead is not None:
            prepared = ahead.result()
            group = next(groups, None)
            ahead = thread.submit(_prepared, work, group) if group and not work.asked_to_stop() else None
            work.done += prepared.done
            work.failed += prepared.failed
            yield prepared.made


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
