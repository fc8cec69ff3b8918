"""Rechnungslauf durchführen: check again, render, then mail or hand out; resumable, one bad invoice is one row.

Rows go in groups: the PDFs of a group are on disk before the commit that names them, and a mail or file leaves
only after that. Whatever ends the process, the rows say what has happened, and executing again takes up the rest.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tui_billing.domain.documents import Document
from tui_billing.domain.mail_jobs import MailJob, MailMode, SendItem, plan_jobs
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.run_states import RunAction, state_after
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow, RunState, RunType
from tui_billing.services import settings
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.mail_text import mail_problems
from tui_billing.services.run_archive import Made, name_of, names_of, sweep_staging
from tui_billing.services.run_checks import check_rows, forbidden_now, moved_address, rows_to_do
from tui_billing.services.run_facts import need_run
from tui_billing.services.run_issue import Issue
from tui_billing.services.run_lease import held, workers
from tui_billing.services.run_work import ExecuteOptions, Work, groups_of, prepared_ahead
from tui_billing.services.runs import allow
from tui_billing.services.send_outcome import held as held_back
from tui_billing.services.sending import send_jobs, settle_orphans
from tui_billing.store.repositories import Transaction

HANDED_OUT = 10
"""Files of a PDF run that are booked in one commit; who stops waits for no more than these."""

__all__ = ["ExecuteOptions", "ExecutePlan", "ExecutionResult", "execute", "plan_execute"]


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """The run afterwards, its rows by state, what it left behind, and why it ended early (None: it did not)."""

    run: InvoiceRun
    counts: dict[str, int]
    reasons: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    print_file: str = ""
    stopped: Problem | None = None
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecutePlan:
    """What executing would do now: rows that go, rows that stay with their reason; `minutes` by mail.per_hour or 0."""

    run: InvoiceRun
    going: tuple[RunRow, ...]
    staying: tuple[RunRow, ...]
    customers: int
    eur: Decimal
    minutes: int
    problems: tuple[Problem, ...] = ()
    """What blocks the whole run: an unknown placeholder, no sender (E6.2)."""


def execute(
    desk: Desk,
    run_id: int,
    options: ExecuteOptions | None = None,
    stop: Callable[[], bool] = never,
) -> Generator[Progress, None, ExecutionResult]:
    """Send or hand out every row that is to do; stops between two documents when `stop()` is true or it is closed.

    Raises Refused before anything happens where the run or the mail profile forbids it (E6.2, E10.4).
    """
    settle_orphans(desk)
    sweep_staging(desk)
    with held(desk) as token:
        return (yield from _executed(desk, run_id, options or ExecuteOptions(), stop, token))


def _executed(
    desk: Desk, run_id: int, options: ExecuteOptions, stop: Callable[[], bool], token: str
) -> Generator[Progress, None, ExecutionResult]:
    run, rows, customers = _begin(desk, run_id, token)
    work = Work(desk, run, options, stop, names_of(desk, rows), token)
    todo = rows_to_do(run, rows, customers)
    work.total = len(todo)
    finished: list[ExecutionResult] = []
    try:
        yield work.progress()
        if run.parameters.type is RunType.EMAIL:
            yield from _mail_all(work, todo)
        else:
            work.issue = Issue(desk, run, options.out, work.names, overwrite=options.overwrite)
            yield from _issue_all(work, todo)
    except BaseException:
        work.is_stopped = True
        raise
    finally:
        finished.append(_finish(work))
    return finished[0]


def plan_execute(desk: Desk, run_id: int, options: ExecuteOptions | None = None) -> ExecutePlan:
    """Check every row that is to do without any effect; what the question before F8 and --dry-run show."""
    run = need_run(desk.store, run_id)
    allow(run, RunAction.EXECUTE)
    rows = desk.store.find(RunRow, "run_id", run_id)
    customers = desk.store.get_many(Customer, sorted({r.customer_id for r in rows}))
    confirm = (options or ExecuteOptions()).confirm_addresses
    checked = check_rows(desk.store, run, rows_to_do(run, rows, customers), desk, confirm_addresses=confirm)
    going = tuple(c.row for c in checked if c.goes)
    per_hour = settings.get_int(desk.store, "mail.per_hour") if run.parameters.type is RunType.EMAIL else 0
    return ExecutePlan(
        run=run,
        going=going,
        staying=tuple(c.row for c in checked if not c.goes),
        customers=len({row.customer_id for row in going}),
        eur=sum((row.gross for row in going), Decimal(0)),
        minutes=-(-60 * len(going) // per_hour) if per_hour else 0,
        problems=_mail_errors(desk, rows) if run.parameters.type is RunType.EMAIL else (),
    )


def _begin(desk: Desk, run_id: int, token: str) -> tuple[InvoiceRun, list[RunRow], dict[int, Customer]]:
    run = need_run(desk.store, run_id)
    allow(run, RunAction.EXECUTE)
    rows = sorted(desk.store.find(RunRow, "run_id", run_id), key=lambda r: (r.invoice_date, r.document_id))
    if run.parameters.type is RunType.EMAIL and (errors := _mail_errors(desk, rows)):
        raise Refused(*errors)
    with desk.store.transaction(f"Rechnungslauf {run.number} wird durchgeführt") as tx:
        current = need_run(tx, run_id)
        allow(current, RunAction.EXECUTE)
        at = current.executed_at or desk.timestamp()
        owners = (*workers(desk, current), token)
        run = tx.put(replace(current, state=RunState.RUNNING, executed_at=at, note="", owners=owners))
    return run, rows, desk.store.get_many(Customer, sorted({r.customer_id for r in rows}))


def _mail_errors(desk: Desk, rows: Sequence[RunRow]) -> tuple[Problem, ...]:
    """An unknown placeholder or a missing sender blocks the whole run before its first mail (E6.2)."""
    sample = next((d for r in rows if (d := desk.store.get(Document, r.document_id))), None)
    if sample is None:
        return ()
    return tuple(p for p in mail_problems(desk.store, ("de", "en"), sample) if not p.warning)


def _mail_all(work: Work, todo: list[RunRow]) -> Generator[Progress, None, None]:
    mode = MailMode(settings.get(work.desk.store, "mail.mode"))
    limit = 1024 * settings.get_int(work.desk.store, "mail.size_limit_kb")
    statements = _statements(work)
    with closing(prepared_ahead(work, groups_of(todo, mode))) as groups:
        for made in groups:
            if isinstance(made, Progress):
                yield made
                continue
            yield work.progress()
            items = [_item(work, m, statements) for m in made]
            jobs = plan_jobs(items, mode, size_limit=limit, run_id=work.run.id)
            if jobs and not work.asked_to_stop():
                yield from _send(work, jobs, len(items))
    if work.stopped is not None:
        _hold_back(work, todo)


def _statements(work: Work) -> dict[int, tuple[str, str]]:
    """The statements of a Rechnungsstapel that travel with rows of this run."""
    if work.run.parameters.batch_id is None:
        return {}
    from tui_billing.services.batch_mail import statement_files

    store = work.desk.store
    return statement_files(store, work.run, store.find(RunRow, "run_id", work.run.id))


def _item(work: Work, made: Made, statements: dict[int, tuple[str, str]]) -> SendItem:
    row, document = made.row, made.document
    beside = [statements[row.id]] if row.id in statements else []
    return SendItem(
        document_id=document.id,
        customer_id=row.customer_id,
        recipients=row.address,
        files=((name_of(work.names, row), made.file), *beside),
        row_id=row.id,
        document_rev=document.rev,
        file_hash=made.sha256,
        language=document.language,
        size=made.size + sum(work.desk.files.size(file) for _, file in beside),
        copy=row.copy,
    )


def _send(work: Work, jobs: Sequence[MailJob], documents: int) -> Generator[Progress, None, None]:
    """Send one group; its own progress counts on from where the run stands."""
    base = work.progress()

    def check(tx: Transaction, job: MailJob) -> Problem | None:
        return forbidden_now(tx, work.run.id, job.document_ids, work.desk) or moved_address(tx, job)

    with closing(send_jobs(work.desk, jobs, stop=work.asked_to_stop, still_allowed=check)) as steps:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result = end.value
                break
            yield replace(
                step,
                done=base.done + step.done,
                total=work.total,
                failed=base.failed + step.failed,
                refused=base.refused + step.refused,
                unknown=base.unknown + step.unknown,
                prepared=max(work.prepared, base.done + step.done),
            )
    work.done += documents
    work.failed, work.refused = base.failed + result.failed, base.refused + result.refused
    work.unknown = base.unknown + result.unknown
    work.stopped = result.stopped


def _hold_back(work: Work, rows: Sequence[RunRow]) -> None:
    """All rows that the end of the run left open say why (E9.2)."""
    stopped = work.stopped
    if stopped is None:
        return
    with work.desk.store.transaction(f"Rechnungslauf {work.run.number} angehalten") as tx:
        for row in tx.get_many(RunRow, [r.id for r in rows]).values():
            if row.state in (RowState.OPEN, RowState.RENDERED, RowState.DEFERRED) and not row.reason:
                tx.put(replace(held_back(row, stopped), state=RowState.OPEN))


def _issue_all(work: Work, todo: list[RunRow]) -> Generator[Progress, None, None]:
    issue = work.issue
    assert issue is not None
    with closing(prepared_ahead(work, groups_of(todo, None))) as groups:
        for made in groups:
            if isinstance(made, Progress):
                yield made
                continue
            for start in range(0, len(made), HANDED_OUT):
                if start and work.asked_to_stop():
                    break
                for row in issue.deliver(made[start : start + HANDED_OUT]):
                    work.done += 1
                    work.failed += row.state is RowState.FAILED
                    yield work.progress(row.number)
    for row in issue.finish():
        work.done += 1
        work.failed += row.state is RowState.FAILED
    yield work.progress()
    is_alone = not workers(work.desk, need_run(work.desk.store, work.run.id), without=work.token)
    issue.print_letters(work.options.print_now, left_over=is_alone)


def _finish(work: Work) -> ExecutionResult:
    """Write the state of the run from its rows; the balance follows amounts that were edited meanwhile."""
    with work.desk.store.transaction(f"Rechnungslauf {work.run.number}: Ende der Durchführung") as tx:
        rows = tx.find(RunRow, "run_id", work.run.id)
        if work.run.parameters.type is RunType.EMAIL:
            rows = [_settled(tx, row) for row in rows]
        state = state_after([row.state for row in rows], work.is_stopped or work.stopped is not None)
        run = need_run(tx, work.run.id)
        if state is RunState.DONE and any(row.to_print for row in rows):
            state = RunState.PARTIAL  # letters that stand in no print file yet
        others = workers(work.desk, run, without=work.token)
        if others and state is not RunState.DONE:
            state = RunState.RUNNING  # a second process is still at it
        inside = sum((r.gross for r in rows if r.state is not RowState.REMOVED), Decimal(0))
        outside = sum((eur for _, eur in run.out.values()), Decimal(0))
        note = work.stopped.sentence if work.stopped else ""
        run = tx.put(replace(run, state=state, candidates_eur=inside + outside, note=note, owners=others))
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for row in rows:
        counts[row.state.value] = counts.get(row.state.value, 0) + 1
        if row.reason:
            reasons[row.reason] = reasons.get(row.reason, 0) + 1
    files = tuple(work.issue.files) if work.issue else ()
    print_file = work.issue.print_target if work.issue else ""
    return ExecutionResult(run, counts, reasons, files, print_file, work.stopped)


def _settled(tx: Transaction, row: RunRow) -> RunRow:
    """A PDF that was made but not mailed is a row that is still open (E9.2)."""
    return tx.put(replace(row, state=RowState.OPEN)) if row.state is RowState.RENDERED else row
