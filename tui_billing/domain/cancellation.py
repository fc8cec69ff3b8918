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
from tui_billing.domain.totals import Group, compute, group_nets, negated


def storno_problems(document: Document, corrections: Sequence[Document] = ()) -> list[Problem]:
    """Why no Stornorechnung may be made of this document; `corrections` are those that refer to it."""
    problems = _state_problems(document)
    if not problems and any(c.kind is DocumentKind.CANCELLATION for c in _valid(corrections)):
        problems = [_refusal(document, "SCHON_STORNIERT", N_("{number} ist schon storniert."))]
    open_ones = [c for c in _valid(corrections) if c.state is DocumentState.OPEN]
    if not problems and (open_ones or sum((c.totals.gross for c in _valid(corrections)), ZERO)):
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
    come from the original. All corrections together never exceed the document (A6.4), nor any of its tax rates.
    """
    problems = _state_problems(document)
    if not problems and not isinstance(change, Decimal):
        problems = _unknown_lines(document, change)
    if problems:
        return None, problems
    if isinstance(change, Decimal):
        made = _by_amount(document, change, already_corrected)
    else:
        made = _by_lines(document, change)
    result = _second(made, document, DocumentKind.CORRECTION, day)
    problems = correction_problems(document, result, already_corrected)
    return (None, problems) if problems else (result, [])


def correction_problems(document: Document, made: Document, others: Sequence[Document] = ()) -> list[Problem]:
    """What forbids this correction beside the `others`: asked when it is made, and again when it is edited (A6.4)."""
    known = {(row.category, row.rate) for row in document.totals.vat}
    for row in made.totals.vat:
        if (row.category, row.rate) not in known:
            text = N_("{number} hat keine Position zu {rate} %: die Korrektur behält die Steuersätze der Rechnung.")
            return [_refusal(document, "STEUERSATZ_NICHT_DER_RECHNUNG", text, rate=row.rate)]
    return _amount_problems(document, made, others)


def remaining(document: Document, corrections: Sequence[Document]) -> Decimal:
    """Gross amount that is left after the corrections so far."""
    return sum(_remaining_by_group(document, corrections).values(), ZERO)


def is_over_corrected(document: Document, corrections: Sequence[Document]) -> bool:
    """Whether the festgeschriebene corrections take back more than the document has (A6.4)."""
    final = [c for c in corrections if c.kind is DocumentKind.CORRECTION and c.state is DocumentState.FINAL]
    return _exceeds(document.totals.gross, remaining(document, final))


def _remaining_by_group(document: Document, corrections: Sequence[Document]) -> dict[Group, Decimal]:
    """Gross amount that is left of each VAT group of the document, in its order.

    What adds to it counts only once it is festgeschrieben: an open correction can still be changed or cancelled, and
    what was taken back meanwhile would exceed the document.
    """
    left = {(row.category, row.rate): row.net + row.tax for row in document.totals.vat}
    for made in _valid(corrections):
        for row in made.totals.vat:
            group, amount = (row.category, row.rate), row.net + row.tax
            adds = (amount > 0) == (document.totals.gross >= 0)
            if made.state is DocumentState.FINAL or not adds:
                left[group] = left.get(group, ZERO) + amount
    return left


def _valid(corrections: Sequence[Document]) -> list[Document]:
    return [c for c in corrections if c.state is not DocumentState.CANCELLED]


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
    if _exceeds(document.totals.gross, left + gross):
        text = N_("Die Korrektur übersteigt die Rechnung {number}: noch {left} EUR sind offen für Korrekturen.")
        return [_refusal(document, "KORREKTUR_UEBERSTEIGT_RECHNUNG", text, left=money(left, symbol=False))]
    before = _remaining_by_group(document, corrections)
    after = _remaining_by_group(document, (*corrections, made))
    for row in document.totals.vat:
        group = row.category, row.rate
        whole = row.net + row.tax
        was_over = _exceeds(whole, before[group]) and abs(after[group]) <= abs(before[group])
        if _exceeds(whole, after[group]) and not was_over:
            text = N_(
                "Die Korrektur übersteigt die Positionen zu {rate} % der Rechnung {number}: noch {left} EUR offen."
            )
            params = {"rate": row.rate, "left": money(before[group], symbol=False)}
            return [_refusal(document, "KORREKTUR_UEBERSTEIGT_RECHNUNG", text, **params)]
    return []


def _exceeds(original: Decimal, left: Decimal) -> bool:
    """Whether more was taken back than there was: what is left has changed its sign."""
    return left < 0 if original >= 0 else left > 0


def _unknown_lines(document: Document, taken: Sequence[Line]) -> list[Problem]:
    """Only positions of the original are taken back."""
    known = {line.position for line in document.lines}
    text = N_("{number} hat keine Position {n}.")
    return [
        _refusal(document, "POSITION_UNBEKANNT", text, n=line.position) for line in taken if line.position not in known
    ]


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
        reference=Reference(
            document_id=original.id, number=original.number, invoice_date=original.invoice_date, kind=original.kind
        ),
        period_starts=(),
        created_at="",
        final_at="",
        printed_at="",
        mailed_at="",
        file="",
        file_hash="",
    )


def _by_amount(document: Document, gross: Decimal, corrections: Sequence[Document]) -> Document:
    """One line per VAT group with gross prices, so that the gross amount is exact and the rates are the original's.

    It goes over what the corrections so far have left of each group, so that none is taken back twice.
    """
    left = _remaining_by_group(document, corrections)
    if not any(left.values()):
        left = _remaining_by_group(document, ())
    parts = split(gross, list(left.values()))
    lines = tuple(
        Line(
            name=_label(document),
            quantity=Decimal(-1) if part >= 0 else Decimal(1),
            unit="",
            unit_price=abs(part),
            vat_category=category,
            vat_rate=rate,
        )
        for (category, rate), part in zip(left, parts, strict=True)
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
        original = originals[line.position]
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
