"""Exact sums of an e-invoice that somebody else made: the official rules tolerate up to 1 per VAT row.

The codes are the rules' own ids (BR-CO-10 …). A tax that is a cent off is a warning: sellers with gross prices may
carry it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.documents import ZERO
from tui_billing.domain.einvoice_sentences import SENTENCES
from tui_billing.domain.format import money
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.money import CENT, EXACT, percent_of, product, r2

_ONE_CENT_OFF = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ReadLine:
    """BG-25; `extra` is charges less allowances of the line."""

    position: str
    quantity: Decimal
    price: Decimal
    price_unit: Decimal
    extra: Decimal
    net: Decimal
    group: tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class ReadAdjustment:
    """BG-20 (negative) or BG-21 (positive)."""

    group: tuple[str, Decimal]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReadVat:
    """BG-23."""

    group: tuple[str, Decimal]
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class ReadInvoice:
    """The amounts of a file; what it does not state is zero."""

    number: str = ""
    type_code: str = ""
    currency: str = ""
    seller: str = ""
    buyer: str = ""
    ibans: tuple[str, ...] = ()
    has_terms: bool = True
    lines: tuple[ReadLine, ...] = ()
    adjustments: tuple[ReadAdjustment, ...] = ()
    vat: tuple[ReadVat, ...] = ()
    line_total: Decimal = ZERO
    allowances: Decimal = ZERO
    charges: Decimal = ZERO
    net: Decimal = ZERO
    tax: Decimal = ZERO
    gross: Decimal = ZERO
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO
    payable: Decimal = ZERO


def check_cents(read: ReadInvoice) -> list[Problem]:
    """Every sum that is not exact, with its right figure; and BR-CO-25, which the official CII rules miss."""
    problems = [*_sums(read), *_vat(read)]
    if read.payable > 0 and not read.has_terms:
        problems.append(Problem("BR-CO-25", SENTENCES["BR-CO-25"]))
    if read.lines:
        problems += [*_lines(read), *_bases(read)]
    return problems


def _off(rule: str, text: str, stated: Decimal, right: Decimal, *, warning: bool = False, **params: object) -> Problem:
    shown = {"stated": money(stated, symbol=False), "right": money(right, symbol=False), **params}
    return Problem(rule, text, shown, warning=warning)


def _sums(read: ReadInvoice) -> Iterator[Problem]:
    checks = [
        ("BR-CO-13", N_("Gesamtbetrag ohne Umsatzsteuer: {stated} statt {right}."), read.net,
         read.line_total - read.allowances + read.charges),
        ("BR-CO-15", N_("Gesamtbetrag mit Umsatzsteuer: {stated} statt {right}."), read.gross, read.net + read.tax),
        ("BR-CO-16", N_("Zahlbetrag: {stated} statt {right}."), read.payable,
         read.gross - read.prepaid + read.rounding),
    ]  # fmt: skip
    if read.lines:
        lines = sum((line.net for line in read.lines), ZERO)
        less = -sum((a.amount for a in read.adjustments if a.amount < 0), ZERO)
        more = sum((a.amount for a in read.adjustments if a.amount > 0), ZERO)
        checks += [
            ("BR-CO-10", N_("Summe der Positionen: {stated} statt {right}."), read.line_total, lines),
            ("BR-CO-11", N_("Summe der Nachlässe: {stated} statt {right}."), read.allowances, less),
            ("BR-CO-12", N_("Summe der Zuschläge: {stated} statt {right}."), read.charges, more),
        ]
    if read.vat:
        taxes = sum((row.tax for row in read.vat), ZERO)
        checks.append(("BR-CO-14", N_("Summe der Umsatzsteuer: {stated} statt {right}."), read.tax, taxes))
    for rule, text, stated, right in checks:
        if stated != right:
            yield _off(rule, text, stated, right)


def _vat(read: ReadInvoice) -> Iterator[Problem]:
    for row in read.vat:
        right = percent_of(row.net, row.group[1])
        if row.tax != right:
            text = N_("Umsatzsteuer zu {rate} % auf {net}: {stated} statt {right}.")
            net = money(row.net, symbol=False)
            off = abs(row.tax - right) <= _ONE_CENT_OFF
            yield _off("BR-CO-17", text, row.tax, right, warning=off, rate=row.group[1], net=net)


def _lines(read: ReadInvoice) -> Iterator[Problem]:
    for line in read.lines:
        exact = r2(EXACT.divide(product(line.quantity, line.price), line.price_unit or Decimal(1))) + line.extra
        if abs(line.net - exact) > CENT:
            text = N_("Position {n}: Betrag {stated}, aber Menge x Preis mit Nachlass ergibt {right}.")
            yield _off("BT-131", text, line.net, exact, n=line.position)


def _bases(read: ReadInvoice) -> Iterator[Problem]:
    """Each VAT row's basis is the sum of its lines and adjustments (BR-S-08 and its like), and no row is missing."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for group, amount in [(line.group, line.net) for line in read.lines] + [
        (a.group, a.amount) for a in read.adjustments
    ]:
        sums[group] = sums.get(group, ZERO) + amount
    stated = {row.group: row.net for row in read.vat}
    for group in sorted({*sums, *stated}):
        right = sums.get(group, ZERO)
        if stated.get(group, ZERO) != right or group not in stated:
            text = N_("Steuerbasis der Kategorie {category} zu {rate} %: {stated} statt {right}.")
            rule = f"BR-{'IC' if group[0] == 'K' else group[0]}-08"
            yield _off(rule, text, stated.get(group, ZERO), right, category=group[0], rate=group[1])
