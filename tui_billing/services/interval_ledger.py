"""Periode auslassen: a period is waived with a reason, undoable; the ledger keeps it beside the billed ones."""

from collections.abc import Sequence
from datetime import date

from tui_billing.domain.documents import DocumentHead, DocumentState
from tui_billing.domain.interval_schedule import schedule
from tui_billing.domain.interval_selection import RowKey, covers_billed_days
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.orders import Order, Period, PeriodState
from tui_billing.domain.texts import clean
from tui_billing.services.desk import Desk
from tui_billing.services.interval_cases import case_of
from tui_billing.store.repositories import Transaction


def waive(desk: Desk, order: Order, start: date, reason: str) -> Period:
    """Leave out one period for good."""
    return waive_all(desk, [RowKey(order.id, start)], reason)[0]


def waive_all(desk: Desk, keys: Sequence[RowKey], reason: str) -> list[Period]:
    """Leave out these periods, all in one undoable commit. Raises Refused where one is no open period."""
    text = clean(reason).strip()
    if not text:
        raise Refused(Problem("GRUND_FEHLT", N_("Auslassen braucht einen Grund"), where="reason"))
    why = f"{len(keys)} {'Periode' if len(keys) == 1 else 'Perioden'} ausgelassen"
    with desk.store.transaction(why, reason=text, undoable=True) as tx:
        return [_waive_one(tx, key, text) for key in keys]


def _waive_one(tx: Transaction, key: RowKey, reason: str) -> Period:
    order = tx.need(Order, key.order_id)
    period = schedule(order.interval).period_from(key.start) if order.interval else None
    params = {"number": order.number, "start": key.start}
    if period is None:
        text = N_("Auftrag {number} hat keine Periode, die am {start} beginnt")
        raise Refused(Problem("PERIODE_UNBEKANNT", text, params, where=order.number))
    taken = tx.find_one(Period, "order_period", f"{order.id}|{key.start.isoformat()}")
    if taken is not None or covers_billed_days(case_of(tx, order), period):
        text = N_("Periode ab {start} des Auftrags {number} ist schon berechnet oder ausgelassen")
        raise Refused(Problem("PERIODE_BELEGT", text, params, where=order.number))
    return tx.insert(
        Period(
            order_id=order.id,
            period_start=period.start,
            period_end=period.end,
            state=PeriodState.WAIVED,
            reason=reason,
        )
    )


def unwaive(desk: Desk, order: Order, start: date) -> None:
    """Take one waived period back."""
    unwaive_all(desk, [RowKey(order.id, start)])


def unwaive_all(desk: Desk, keys: Sequence[RowKey]) -> None:
    """Take waived periods back, all in one undoable commit; they are due again. So are those whose invoice was
    cancelled without freeing them then. Raises Refused where one is neither.
    """
    why = "Periode wieder offen" if len(keys) == 1 else f"{len(keys)} Perioden wieder offen"
    with desk.store.transaction(why, undoable=True) as tx:
        for key in keys:
            order = tx.need(Order, key.order_id)
            taken = tx.find_one(Period, "order_period", f"{order.id}|{key.start.isoformat()}")
            if taken is None or not (taken.state is PeriodState.WAIVED or _is_cancelled(tx, taken)):
                text = N_("Periode ab {start} des Auftrags {number} ist nicht ausgelassen")
                params = {"number": order.number, "start": key.start}
                raise Refused(Problem("NICHT_AUSGELASSEN", text, params, where=order.number))
            tx.delete(Period, taken.id)


def _is_cancelled(tx: Transaction, period: Period) -> bool:
    """Whether the document that billed it is storniert: the customer owes nothing for it any more."""
    document = tx.get(DocumentHead, period.document_id) if period.document_id else None
    return document is not None and document.state is DocumentState.CANCELLED
