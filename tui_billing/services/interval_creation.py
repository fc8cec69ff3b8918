"""Erstellen: interval invoices with number, receivable and ledger entry in one commit per small group (A8.4).

The ledger's unique key (order, period start) is the guard against a second clerk and against a second attempt:
it is asked inside the transaction, so whatever is killed, resumed or pressed twice, a period is billed once.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.creations import IntervalCreation, IntervalSelectionParameters
from tui_billing.domain.documents import Document
from tui_billing.domain.format import day
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.interval_selection import OrderCase, RowKey, covers_billed_days
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order, Period
from tui_billing.services import documents
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.interval_cases import case_of, unreadable
from tui_billing.services.interval_numbers import need_creation
from tui_billing.services.intervals import Drafting, IntervalRow, IntervalSelection, blocking_problems, plan_select
from tui_billing.store.repositories import Transaction

GROUP = 40
"""Invoices per commit: small enough that Esc is quick and a kill costs little, large enough for fsync."""


@dataclass(slots=True)
class CreationResult:
    """What became of the rows: in = done + failed + open. `creation` is None where there was nothing to do."""

    creation: IntervalCreation | None
    planned: int = 0
    document_ids: list[int] = field(default_factory=list)
    failed: dict[str, Problem] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Rows that a stop has left for later."""
        return self.planned - len(self.document_ids) - len(self.failed)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One confirmed row; `gross` is what the clerk saw, None where a resumed creation no longer knows it."""

    key: RowKey
    starts: tuple[date, ...]
    order_number: str
    gross: Decimal | None

    @property
    def name(self) -> str:
        return f"{self.order_number}:{self.key.start.isoformat()}"


class _Unable(Exception):
    """This row cannot be billed; the others go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def apply_create(
    desk: Desk, plan: IntervalSelection, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, CreationResult]:
    """Create the plan's rows. What the law forbids is a failed row before the first number is drawn."""
    rows = plan.taken
    if not rows:
        return CreationResult(None)
    wanted = [_Wanted(r.key, r.period_starts, r.order_number, r.gross) for r in rows if not r.blocking]
    failed = {_name(r): r.blocking[0] for r in rows if r.blocking}
    creation = _begin(desk, plan.parameters, len(rows), wanted, failed)
    result = CreationResult(creation, planned=len(rows), failed=failed)
    yield from _create_all(desk, result, plan.parameters, wanted, stop)
    return result


def _name(row: IntervalRow) -> str:
    return f"{row.order_number}:{row.key.start.isoformat()}"


def _begin(
    desk: Desk,
    parameters: IntervalSelectionParameters,
    planned: int,
    wanted: Sequence[_Wanted],
    failed: dict[str, Problem],
) -> IntervalCreation:
    creation = IntervalCreation(
        parameters=parameters,
        planned=planned,
        failed=_sentences(failed),
        open_rows=tuple(_packed(w) for w in wanted),
        created_at=desk.timestamp(),
        created_by=desk.user,
    )
    with desk.store.transaction(f"Intervallrechnungen: {planned} zu erstellen") as tx:
        return tx.insert(creation)


def _packed(wanted: _Wanted) -> str:
    """order id:first start,further starts=gross, as it is kept for a resumption."""
    starts = ",".join(s.isoformat() for s in wanted.starts)
    return f"{wanted.key.order_id}:{starts}={wanted.gross}"


def _unpacked(text: str) -> _Wanted:
    order_id, _, rest = text.partition(":")
    days, _, gross = rest.partition("=")
    starts = tuple(date.fromisoformat(d) for d in days.split(","))
    return _Wanted(RowKey(int(order_id), starts[0]), starts, order_id, Decimal(gross))


def _create_all(
    desk: Desk,
    result: CreationResult,
    parameters: IntervalSelectionParameters,
    wanted: Sequence[_Wanted],
    stop: Callable[[], bool],
) -> Generator[Progress, None, None]:
    """Group by group until the end or a stop; what is stopped stays open and can be resumed."""
    total = result.planned
    yield Progress(total - len(wanted), total, failed=len(result.failed))
    drafting = Drafting.of(desk.store, parameters)
    for begin in range(0, len(wanted), GROUP):
        if stop():
            return
        note = _create_group(desk, drafting, result, wanted[begin : begin + GROUP])
        done = len(result.document_ids) + len(result.failed)
        yield Progress(done, total, failed=len(result.failed), note=note)
    _end(desk, result)


def _create_group(desk: Desk, drafting: Drafting, result: CreationResult, group: Sequence[_Wanted]) -> str:
    """One commit; the result counts only what is committed. Returns the last number."""
    assert result.creation is not None
    created: list[int] = []
    failed: dict[str, Problem] = {}
    number, at = "", desk.timestamp()
    with desk.store.transaction(f"Intervallrechnungen {result.creation.id}: erstellt") as tx:
        for one in group:
            try:
                draft, periods = _fresh_draft(tx, drafting, one)
            except _Unable as error:
                failed[error.problem.where or one.name] = error.problem
                continue
            document = documents.add(tx, draft, at=at)
            for period in periods:
                tx.insert(_billed(document, period, result.creation.id))
            created.append(document.id)
            number = document.number
    result.document_ids += created
    result.failed.update(failed)
    return number


def _billed(document: Document, period: BillingPeriod, creation_id: int) -> Period:
    assert document.order_id is not None
    return Period(
        order_id=document.order_id,
        period_start=period.start,
        period_end=period.end,
        document_id=document.id,
        creation_id=creation_id,
    )


def _fresh_draft(tx: Transaction, drafting: Drafting, wanted: _Wanted) -> tuple[Document, tuple[BillingPeriod, ...]]:
    """The row's draft from what is stored now, inside the transaction. Raises _Unable."""
    try:
        order = tx.get(Order, wanted.key.order_id)
        if order is None:
            text = N_("Auftrag {number} wurde inzwischen gelöscht")
            raise _Unable(Problem("AUFTRAG_GELOESCHT", text, {"number": wanted.order_number}, where=wanted.name))
        where = f"{order.number}:{wanted.key.start.isoformat()}"
        case = case_of(tx, order)
        periods = _still_open(tx, case, wanted, where)
        document, _ = drafting.draft(case, periods)
    except (ValueError, TypeError, KeyError, ArithmeticError, OverflowError) as error:
        raise _Unable(replace(unreadable(wanted.order_number, error), where=wanted.name)) from error
    if blocking := blocking_problems(document):
        raise _Unable(replace(blocking[0], where=where))
    if wanted.gross is not None and wanted.gross != document.totals.gross:
        text = N_("Betrag hat sich geändert: {old} statt {new}; bitte neu selektieren")
        params = {"old": str(wanted.gross), "new": str(document.totals.gross)}
        raise _Unable(Problem("BETRAG_GEAENDERT", text, params, where=where))
    return document, periods


def _still_open(tx: Transaction, case: OrderCase, wanted: _Wanted, where: str) -> tuple[BillingPeriod, ...]:
    """The row's periods, if all of them can still be billed. Raises _Unable with the reason."""
    order = case.order
    if order.interval is None or case.schedule is None or order.closed or order.interval.paused:
        text = N_("Auftrag {number} ist inzwischen pausiert, abgeschlossen oder ohne Intervall")
        raise _Unable(Problem("AUFTRAG_GEAENDERT", text, {"number": order.number}, where=where))
    if case.customer is None or case.customer.blocked:
        text = N_("Kunde des Auftrags {number} ist gesperrt oder fehlt")
        raise _Unable(Problem("KUNDE_GESPERRT", text, {"number": order.number}, where=where))
    periods = []
    for start in wanted.starts:
        taken = tx.find_one(Period, "order_period", f"{order.id}|{start.isoformat()}")
        if taken is not None:
            raise _Unable(_already(tx, taken, where))
        period = case.schedule.period_from(start)
        if period is None or case.schedule.is_after_end(period):
            text = N_("Perioden des Auftrags {number} haben sich geändert; bitte neu selektieren")
            raise _Unable(Problem("PERIODE_GEAENDERT", text, {"number": order.number}, where=where))
        if covers_billed_days(case, period):
            text = N_("Periode ab {start} überschneidet eine, die schon berechnet oder ausgelassen ist")
            raise _Unable(Problem("PERIODE_UEBERSCHNEIDET", text, {"start": start}, where=where))
        periods.append(period)
    return tuple(periods)


def _already(tx: Transaction, taken: Period, where: str) -> Problem:
    """What the second clerk is told."""
    document = tx.get(Document, taken.document_id) if taken.document_id else None
    params = {"start": taken.period_start, "document": document.number if document else ""}
    if document is None:
        return Problem(
            "PERIODE_AUSGELASSEN", N_("Periode ab {start} wurde inzwischen ausgelassen"), params, where=where
        )
    return Problem("SCHON_BERECHNET", N_("Periode ab {start} ist schon berechnet mit {document}"), params, where=where)


def _end(desk: Desk, result: CreationResult) -> None:
    """Close the creation: numbers and failed rows are kept, the open rows are no longer needed."""
    assert result.creation is not None
    with desk.store.transaction(f"Intervallrechnungen {result.creation.id}: fertig") as tx:
        current = tx.need(IntervalCreation, result.creation.id)
        result.creation = tx.put(
            replace(
                current,
                document_ids=tuple(result.document_ids),
                failed=_sentences(result.failed),
                finished=True,
                open_rows=(),
            )
        )


def _sentences(failed: dict[str, Problem]) -> dict[str, str] | None:
    """The German sentences, as they are kept beside the rows."""
    return {where: german(problem) for where, problem in failed.items()} or None


def german(problem: Problem) -> str:
    """A problem's sentence in the language of the files."""
    params = {key: day(value) if isinstance(value, date) else value for key, value in problem.params.items()}
    return problem.text.format(**params) if params else problem.text


def resume(
    desk: Desk, creation_id: int, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, CreationResult]:
    """Go on with a creation that was stopped or killed: exactly its confirmed rows, each period once."""
    creation = need_creation(desk.store, creation_id)
    if creation.finished:
        text = N_("Erstellung {number} ist schon fertig")
        raise Refused(Problem("SCHON_FERTIG", text, {"number": creation_id}, where=str(creation_id)))
    rows = [_unpacked(text) for text in creation.open_rows]
    mine = desk.store.find(Period, "creation_id", creation_id)
    billed = {RowKey(p.order_id, p.period_start) for p in mine}
    result = CreationResult(creation, planned=creation.planned)
    result.document_ids = list(dict.fromkeys(p.document_id for p in mine if p.document_id))
    numbers = {i: o.number for i, o in desk.store.get_many(Order, sorted({r.key.order_id for r in rows})).items()}
    wanted = [replace(r, order_number=numbers.get(r.key.order_id, r.order_number)) for r in rows if r.key not in billed]
    result.failed = {
        where: Problem("NICHT_ERSTELLT", "{text}", {"text": text}, where=where)
        for where, text in (creation.failed or {}).items()
    }
    yield from _create_all(desk, result, creation.parameters, wanted, stop)
    return result


def select_and_create(
    desk: Desk,
    parameters: IntervalSelectionParameters,
    *,
    dropped: Collection[RowKey] = (),
    stop: Callable[[], bool] = never,
) -> Generator[Progress, None, CreationResult]:
    """The whole way for scripts: select, leave the dropped rows out, create."""
    plan = yield from plan_select(desk.store, parameters)
    return (yield from apply_create(desk, plan.without(dropped), stop=stop))
