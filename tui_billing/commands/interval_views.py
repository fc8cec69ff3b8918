"""What the interval commands show: JSON shapes and tables for people."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tui_billing.commands.frame import listing, table
from tui_billing.domain.creations import IntervalCreation
from tui_billing.domain.format import day_short, money
from tui_billing.domain.interval_schedule import BillingPeriod
from tui_billing.domain.interval_selection import OUT_NAMES
from tui_billing.domain.messages import Problem
from tui_billing.domain.orders import Order, Period
from tui_billing.domain.plans import Reason
from tui_billing.i18n import _, language, say, speak
from tui_billing.services.interval_creation import CreationResult
from tui_billing.services.interval_numbers import CreatedRow
from tui_billing.services.interval_questions import Gaps
from tui_billing.services.intervals import IntervalRow, IntervalSelection, OutRow

MARKS = {True: "✓", False: "✗", None: "·"}


def euro(amount: Decimal) -> str:
    """The amount in the language of this session."""
    return money(amount, language())


def _problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "text": say(problem), "where": problem.where}


def selection_data(plan: IntervalSelection) -> dict[str, Any]:
    """Rows, sums and the balance; candidates = in + out by reason."""
    return {
        **listing(row_item(r) for r in plan.taken),
        "net": f"{plan.net:.2f}",
        "gross": f"{plan.gross:.2f}",
        "out": [_out_item(o) for o in plan.out],
        "dropped": [f"{r.order_number}:{r.period_start.isoformat()}" for r in plan.rows if r.key in plan.dropped],
        "balance": plan.balance().as_json(),
        "hash": plan.fingerprint,
    }


def row_item(row: IntervalRow) -> dict[str, Any]:
    """One row of the selection."""
    flags = [name for name, on in (("overdue", row.overdue), ("part", row.is_part)) if on]
    return {
        "order": row.order_number,
        "customer": row.customer_number,
        "customer_name": row.customer_name,
        "period_start": row.period_start.isoformat(),
        "period_end": row.period_end.isoformat(),
        "periods": [s.isoformat() for s in row.period_starts],
        "text": row.text,
        "header_text": row.header_text,
        "net": f"{row.net:.2f}",
        "gross": f"{row.gross:.2f}",
        "flags": flags + (["combined"] if len(row.period_starts) > 1 else []),
        "warnings": [_problem(w) for w in (*row.blocking, *row.warnings)],
        "blocked": bool(row.blocking),
    }


def _out_item(row: OutRow) -> dict[str, Any]:
    return {
        "order": row.order_number,
        "customer_name": row.customer_name,
        "period_start": row.period_start.isoformat(),
        "period_end": row.period_end.isoformat(),
        "reason": row.reason,
        "gross": f"{row.gross:.2f}",
    }


def selection_lines(plan: IntervalSelection) -> list[str]:
    """The grid for people, with its balance."""
    heads = (_("Auftrag"), _("Kunde"), _("Leistungszeitraum"), "", _("Text"), _("Netto"), _("Brutto"))
    rows = [
        (
            r.order_number,
            r.customer_name,
            f"{day_short(r.period_start)}–{day_short(r.period_end)}",
            "!" if r.overdue or r.warnings or r.blocking else "",
            r.text,
            euro(r.net),
            euro(r.gross),
        )
        for r in plan.taken
    ]
    notes = [
        f"! {r.order_number} {day_short(r.period_start)}: {say(w)}"
        for r in plan.taken
        for w in (*r.blocking, *r.warnings)
    ]
    return [*(table(heads, rows, frozenset({5, 6})) if rows else []), *notes, balance_line(plan)]


def balance_line(plan: IntervalSelection) -> str:
    """12 fällig = 9 zu erstellen 1.071,00 € + 3 nicht: 2 pausiert 1 entfernt"""
    balance = plan.balance()
    text = _("{candidates} fällig = {taken} zu erstellen {gross}").format(
        candidates=balance.candidates, taken=balance.taken, gross=euro(balance.taken_eur)
    )
    if not balance.out:
        return text
    reasons = " ".join(f"{n} {_(OUT_NAMES.get(code, code))}" for code, n in balance.out.items())
    return f"{text} + {sum(balance.out.values())} {_('nicht')}: {reasons}"


def created_item(row: CreatedRow) -> dict[str, Any]:
    """One created invoice."""
    return {
        "id": row.document_id,
        "number": row.number,
        "order": row.order_number,
        "customer": row.customer_number,
        "customer_name": row.customer_name,
        "period_start": row.period_start.isoformat() if row.period_start else None,
        "period_end": row.period_end.isoformat() if row.period_end else None,
        "net": f"{row.net:.2f}",
        "gross": f"{row.gross:.2f}",
    }


def created_lines(rows: Sequence[CreatedRow]) -> list[str]:
    """The list of created numbers for people."""
    heads = (_("Nummer"), _("Auftrag"), _("Kunde"), _("Leistungszeitraum"), _("Brutto"))
    cells = [
        (
            r.number,
            r.order_number,
            r.customer_name,
            f"{day_short(r.period_start)}–{day_short(r.period_end)}",
            euro(r.gross),
        )
        for r in rows
    ]
    return table(heads, cells, frozenset({4})) if cells else []


def outcome_line(result: CreationResult) -> str:
    """What became of the rows."""
    assert result.creation is not None
    return _("Erstellung {id}: {done} erstellt, {failed} nicht, {open} offen").format(
        id=result.creation.id, done=len(result.document_ids), failed=len(result.failed), open=result.open
    )


def creation_item(creation: IntervalCreation) -> dict[str, Any]:
    """One press of Erstellen."""
    parameters = creation.parameters
    return {
        "id": creation.id,
        "number": creation.id,
        "execution_date": parameters.execution_date.isoformat(),
        "invoice_date": parameters.invoice_date.isoformat(),
        "billing_period_text": parameters.billing_period_text,
        "document_type": parameters.document_type,
        "planned": creation.planned,
        "created": len(creation.document_ids),
        "failed": creation.failed or {},
        "finished": creation.finished,
        "created_at": creation.created_at,
        "created_by": creation.created_by,
    }


def creation_lines(found: Iterable[IntervalCreation]) -> list[str]:
    """All creations for people."""
    heads = (_("Nr."), _("Ausführung"), _("Rechnungsdatum"), _("geplant"), _("erstellt"), _("Stand"), _("wer"))
    rows = [
        (
            str(c.id),
            day_short(c.parameters.execution_date),
            day_short(c.parameters.invoice_date),
            str(c.planned),
            str(len(c.document_ids)),
            _("fertig") if c.finished else _("unterbrochen"),
            c.created_by,
        )
        for c in found
    ]
    return table(heads, rows, frozenset({0, 3, 4}))


def reason_item(number: str, period: BillingPeriod | None, reasons: Sequence[Reason]) -> dict[str, Any]:
    """One period with every rule asked of it."""
    return {
        "order": number,
        "period_start": period.start.isoformat() if period else None,
        "period_end": period.end.isoformat() if period else None,
        "in": all(r.passed is not False for r in reasons),
        "reasons": [{"code": r.code, "passed": r.passed, "text": speak(r.text, r.params)} for r in reasons],
    }


def reason_lines(number: str, found: Sequence[tuple[BillingPeriod | None, Sequence[Reason]]]) -> list[str]:
    """F6 for people."""
    lines: list[str] = []
    for period, reasons in found:
        span = f"{day_short(period.start)}–{day_short(period.end)}" if period else ""
        lines.append(f"{number} {span}".strip())
        lines += [f"  {MARKS[r.passed]} {speak(r.text, r.params)}" for r in reasons]
    return lines


def period_data(order: Order, period: Period) -> dict[str, Any]:
    """A line of the ledger."""
    return {
        "period": {
            "id": period.id,
            "order": order.number,
            "period_start": period.period_start.isoformat(),
            "period_end": period.period_end.isoformat(),
            "state": period.state.value,
            "reason": period.reason,
        }
    }


def gap_item(gap: OutRow) -> dict[str, Any]:
    """One forgotten period; `reason` is empty where Erstellen would bill it."""
    return _out_item(gap)


def gap_lines(gaps: Gaps) -> list[str]:
    """What was forgotten, for people."""
    heads = (_("Auftrag"), _("Kunde"), _("Leistungszeitraum"), _("Grund"), _("Brutto"))
    rows = [
        (
            g.order_number,
            g.customer_name,
            f"{day_short(g.period_start)}–{day_short(g.period_end)}",
            _(OUT_NAMES.get(g.reason, "")),
            euro(g.gross),
        )
        for g in gaps.rows
    ]
    total = _("{n} Perioden, {total}").format(n=len(rows), total=euro(gaps.total))
    return [*(table(heads, rows, frozenset({4})) if rows else []), total]
