"""Stornorechnung and Rechnungskorrektur made from an original (rules A6, B7). Stored amounts are negated.

The original is never touched here; snapshots, rates and language are the original's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import (
    ZERO,
    Adjustment,
    Document,
    DocumentKind,
    DocumentState,
    Line,
    Reference,
)
from tui_billing.domain.format import money
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.money import EXACT, product, r2, split
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.totals import compute, group_nets, negated

_SECOND_KINDS = (DocumentKind.CANCELLATION, DocumentKind.CORRECTION)


def storno_problems(document: Document, corrections: Sequence[Document] = ()) -> list[Problem]:
    """Why no Stornorechnung may be made of this document; `corrections` are those that refer to it."""
    problems = _state_problems(document)
    if not problems and any(c.kind is DocumentKind.CANCELLATION for c in _valid(corrections)):
        problems = [_refusal(document, "SCHON_STORNIERT", N_("{number} ist schon storniert."))]
    if not problems and _corrected(corrections):
        text = N_("Zu {number} gibt es schon Korrekturen: den Rest mit einer Rechnungskorrektur aufheben.")
        problems = [_refusal(document, "STORNO_NACH_KORREKTUR", text)]
    return problems


def storno(document: Document, day: date) -> Document:
    """The Stornorechnung of a whole document, still without a number; ask storno_problems first."""
    return _second(negated(document), document, DocumentKind.CANCELLATION, day)


def correction(
    document: Document,
    change: Decimal | Sequence[Line],
    day: date,
    already_corrected: Sequence[Document] = (),
) -> tuple[Document | None, list[Problem]]:
    """A Rechnungskorrektur over a gross amount (positive: less to pay), or over lines to take back.

    A line is one of the original's by its position, with the quantity to take back; tax category, rate and prices
    come from the original. All corrections together never exceed the document (A6.4).
    """
    problems = _state_problems(document)
    if problems:
        return None, problems
    made = _by_amount(document, change) if isinstance(change, Decimal) else _by_lines(document, change)
    result = _second(made, document, DocumentKind.CORRECTION, day)
    problems = _amount_problems(document, result, already_corrected)
    return (None, problems) if problems else (result, [])


def remaining(document: Document, corrections: Sequence[Document]) -> Decimal:
    """Gross amount that is left after the corrections so far."""
    return document.totals.gross + _corrected(corrections)


def _valid(corrections: Sequence[Document]) -> list[Document]:
    return [c for c in corrections if c.state is not DocumentState.CANCELLED]


def _corrected(corrections: Sequence[Document]) -> Decimal:
    return sum((c.totals.gross for c in _valid(corrections)), ZERO)


def _state_problems(document: Document) -> list[Problem]:
    """One table of refusals, first hit counts."""
    if document.kind is DocumentKind.CANCELLATION:
        return [_refusal(document, "STORNO_VON_STORNO", N_("{number} ist selbst ein Storno und bleibt, wie es ist."))]
    if document.kind is DocumentKind.CORRECTION:
        text = N_("{number} ist selbst eine Korrektur: zur ursprünglichen Rechnung eine weitere Korrektur anlegen.")
        return [_refusal(document, "STORNO_VON_STORNO", text)]
    if document.state is DocumentState.CANCELLED:
        return [_refusal(document, "SCHON_STORNIERT", N_("{number} ist schon storniert."))]
    if document.state is DocumentState.OPEN:
        text = N_("{number} ist noch nicht festgeschrieben: ändern oder ohne Stornorechnung stornieren.")
        return [_refusal(document, "NOCH_NICHT_FESTGESCHRIEBEN", text)]
    return []


def _amount_problems(document: Document, made: Document, corrections: Sequence[Document]) -> list[Problem]:
    gross = made.totals.gross
    if not gross and not any(row.net or row.tax for row in made.totals.vat):
        return [_refusal(document, "KORREKTUR_OHNE_BETRAG", N_("Die Korrektur ändert keinen Betrag."))]
    left = remaining(document, corrections)
    after = left + gross
    sign = 1 if document.totals.gross >= 0 else -1
    if sign * after < 0:
        text = N_("Die Korrektur übersteigt die Rechnung {number}: noch {left} EUR sind offen für Korrekturen.")
        return [_refusal(document, "KORREKTUR_UEBERSTEIGT_RECHNUNG", text, left=money(left, symbol=False))]
    return []


def _refusal(document: Document, code: str, text: str, **params: object) -> Problem:
    return Problem(code, text, {"number": document.number, **params}, where=document.number)


def _second(made: Document, original: Document, kind: DocumentKind, day: date) -> Document:
    """A new document without number and history that names its original by number and date."""
    return replace(
        made,
        id=0,
        rev=0,
        number="",
        kind=kind,
        state=DocumentState.OPEN,
        document_type="",
        invoice_date=day,
        due_date=None,
        header_text="",
        footer_text="",
        terms=PaymentTerms(days=0),
        reference=Reference(document_id=original.id, number=original.number, invoice_date=original.invoice_date),
        period_starts=(),
        created_at="",
        final_at="",
        printed_at="",
        mailed_at="",
        file="",
        file_hash="",
    )


def _by_amount(document: Document, gross: Decimal) -> Document:
    """One line per VAT group with gross prices, so that the gross amount is exact and the rates are the original's."""
    rows = document.totals.vat
    parts = split(gross, [row.net + row.tax for row in rows])
    lines = tuple(
        Line(
            name=_label(document),
            quantity=Decimal(-1) if part >= 0 else Decimal(1),
            unit="",
            unit_price=abs(part),
            vat_category=row.category,
            vat_rate=row.rate,
        )
        for row, part in zip(rows, parts, strict=True)
        if part
    )
    return compute(replace(document, lines=lines, gross_prices=True, adjustments=(), prepaid=ZERO))


def _label(document: Document) -> str:
    return f"{'Correction of' if document.language == 'en' else 'Korrektur zu'} {document.number}"


def _by_lines(document: Document, taken: Sequence[Line]) -> Document:
    """The lines to take back with negative quantity, and the document's discounts in proportion."""
    originals = {line.position: line for line in document.lines}
    lines = []
    for line in taken:
        original = originals.get(line.position, line)
        lines.append(replace(original, quantity=-line.quantity, unit_price=line.unit_price or original.unit_price))
    bare = compute(replace(document, lines=tuple(lines), adjustments=(), prepaid=ZERO))
    whole = sum(group_nets(document.lines).values(), ZERO)
    share = EXACT.divide(sum(group_nets(bare.lines).values(), ZERO), whole) if whole else ZERO
    adjustments = tuple(_scaled(adjustment, share) for adjustment in document.adjustments)
    return compute(replace(bare, adjustments=adjustments))


def _scaled(adjustment: Adjustment, share: Decimal) -> Adjustment:
    """A percentage holds for any part; a fixed amount goes back in proportion (`share` is negative)."""
    if adjustment.percent is not None:
        return adjustment
    return replace(adjustment, amount=r2(product(adjustment.amount or ZERO, share)))
