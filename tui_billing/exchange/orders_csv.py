"""Orders from CSV: one row per position, grouped by order number; the columns are documented by data/orders.csv."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.orders import (
    CatchUp,
    IntervalTerms,
    IntervalUnit,
    Order,
    OrderLine,
    PriceBasis,
    Proration,
    Timing,
)
from tui_billing.domain.texts import clean
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.numbers import NumberFormat, comma_columns, find_format, number_cells
from tui_billing.exchange.parsed import Item, Parsed, parted
from tui_billing.exchange.positions import contradictions, head_row, places_of, position_values, refusals, torn_rows
from tui_billing.exchange.tables import Row, read_table

V = TypeVar("V")

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("Auftragsnummer", "Auftrag", "Nummer", "order number", "order"),
    "customer_number": ("Kundennummer", "Kunde", "Kunden-Nr.", "customer"),
    "document_type": ("Belegart",),
    "header_text": ("Kopftext",),
    "footer_text": ("Fußtext", "Schlusstext"),
    "buyer_order_reference": ("Bestellnummer", "Ihre Bestellung", "order reference"),
    "gross_prices": ("Bruttopreise",),
    "exemption_reason": ("Befreiungsgrund", "Grund der Steuerbefreiung"),
    "property_work": ("Bauleistung privat", "Grundstücksleistung", "work on property"),
    "closed": ("Abgeschlossen",),
    "every": ("Alle", "Intervall Anzahl"),
    "interval": ("Intervall", "Rhythmus", "interval unit"),
    "anchor": ("Anfang", "Erste Periode", "Periodenbeginn"),
    "start": ("Beginn", "Vertragsbeginn"),
    "end": ("Ende", "Vertragsende"),
    "timing": ("Abrechnung", "Zahlweise", "vorschüssig/nachschüssig"),
    "month_end": ("Ultimo",),
    "aligned": ("Kalenderperioden", "Ausgerichtet"),
    "proration": ("Teilberechnung",),
    "prorate_end": ("Ende anteilig",),
    "catch_up": ("Nachholen",),
    "notice_months": ("Kündigungsfrist Monate", "Kündigungsfrist"),
    "renew_months": ("Verlängerung Monate", "Verlängerung"),
    "paused": ("Pausiert",),
    "billed_until": ("Berechnet bis", "Abgerechnet bis", "billed to"),
    "article": ("Artikel", "Artikelnummer"),
    "name": ("Bezeichnung", "Leistung"),
    "description": ("Beschreibung", "Langtext"),
    "quantity": ("Menge", "qty"),
    "unit": ("Einheit",),
    "unit_price": ("Einzelpreis", "Preis", "price"),
    "price_unit": ("Preiseinheit",),
    "price_basis": ("Preisbasis", "Preis je"),
    "discount_percent": ("Rabatt", "Rabatt %", "discount"),
    "vat_rate": ("Steuersatz", "MwSt", "USt", "USt %", "vat", "tax rate"),
    "vat_category": ("Steuerkategorie", "Steuerschlüssel", "tax category"),
}
NUMBER_COLUMNS = ("quantity", "unit_price", "price_unit", "discount_percent", "vat_rate")
REQUIRED = ("number", "customer_number", "name", "unit_price")
HEAD_COLUMNS = tuple(COLUMNS)[1 : tuple(COLUMNS).index("article")]
"""Everything that is said once per order."""


def _words(values: dict[str, V], german: dict[str, V]) -> dict[str, V]:
    return {**values, **german}


UNITS = _words(
    {u.value: u for u in IntervalUnit},
    {
        "tag": IntervalUnit.DAY,
        "tage": IntervalUnit.DAY,
        "täglich": IntervalUnit.DAY,
        "woche": IntervalUnit.WEEK,
        "wochen": IntervalUnit.WEEK,
        "wöchentlich": IntervalUnit.WEEK,
        "monat": IntervalUnit.MONTH,
        "monate": IntervalUnit.MONTH,
        "monatlich": IntervalUnit.MONTH,
        "quartal": IntervalUnit.QUARTER,
        "quartale": IntervalUnit.QUARTER,
        "vierteljährlich": IntervalUnit.QUARTER,
        "halbjahr": IntervalUnit.HALF_YEAR,
        "halbjahre": IntervalUnit.HALF_YEAR,
        "halbjährlich": IntervalUnit.HALF_YEAR,
        "jahr": IntervalUnit.YEAR,
        "jahre": IntervalUnit.YEAR,
        "jährlich": IntervalUnit.YEAR,
    },
)
TIMINGS = _words({t.value: t for t in Timing}, {"vorschüssig": Timing.IN_ADVANCE, "nachschüssig": Timing.IN_ARREARS})
CATCH_UPS = _words(
    {c.value: c for c in CatchUp},
    {
        "einzeln": CatchUp.EACH,
        "zusammengefasst": CatchUp.COMBINED,
        "nur nächste": CatchUp.NEXT_ONLY,
    },
)
PRORATIONS = _words(
    {p.value: p for p in Proration},
    {"taggenau": Proration.DAILY, "30/360": Proration.THIRTY_360, "voll": Proration.FULL},
)
BASES = _words(
    {b.value: b for b in PriceBasis},
    {"periode": PriceBasis.PERIOD, "monat": PriceBasis.MONTH, "jahr": PriceBasis.YEAR},
)


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """One order of a file; periods that end on or before `billed_until` were billed elsewhere."""

    order: Order
    customer_number: str
    billed_until: date | None


def parse_orders(
    data: bytes, numbers: NumberFormat | None = None, default_rate: Decimal = Decimal(19)
) -> Parsed[ImportedOrder]:
    """Orders in a CSV file, ids 0. One bad position refuses its whole order, never a part of it."""
    table = read_table(data, COLUMNS, REQUIRED, comma_columns(numbers, NUMBER_COLUMNS))
    if table.fatal:
        return Parsed(fatal=table.fatal)
    if numbers is None:
        numbers, ambiguous = find_format(number_cells(table.rows, NUMBER_COLUMNS))
        if numbers is None:
            return Parsed(fatal=tuple(ambiguous))
    found = list(table.problems)
    groups: dict[str, list[Row]] = {}
    for row in table.rows:
        if number := clean(row.get("number")).strip():
            groups.setdefault(number, []).append(row)
        else:
            text = N_("{column}: darf nicht leer sein.")
            found.append(Problem("FELD_LEER", text, {"column": row.name("number")}, row.where))
    items: list[Item[ImportedOrder]] = []
    torn = torn_rows(table)
    for rows in groups.values():
        order, faults = _order(rows, numbers, default_rate)
        bad = refusals(rows, faults, torn)
        found += [*bad, *(p for p in faults if p.warning)]
        if not bad:
            items.append(Item(rows[0].line, order, places=places_of(rows)))
    refused, warnings = parted(found)
    return Parsed(tuple(items), refused, (), warnings)


def _order(rows: Sequence[Row], numbers: NumberFormat, default_rate: Decimal) -> tuple[ImportedOrder, list[Problem]]:
    head = Cells(head_row(rows, HEAD_COLUMNS), numbers)
    text = N_("{column}: „{value}“ widerspricht „{other}“ in {there} desselben Auftrags.")
    problems = contradictions(rows, HEAD_COLUMNS, "AUFTRAG_WIDERSPRUCH", text)
    lines: list[OrderLine] = []
    for position, row in enumerate(rows, 1):
        cells = Cells(row, numbers)
        lines.append(_line(cells, position, default_rate))
        problems += cells.problems
    order = Order(
        number=head.text("number", 40),
        document_type=head.text("document_type", 60),
        header_text=head.block("header_text"),
        footer_text=head.block("footer_text"),
        buyer_order_reference=head.text("buyer_order_reference"),
        gross_prices=head.switch("gross_prices"),
        exemption_reason=head.text("exemption_reason"),
        property_work=head.switch("property_work"),
        closed=head.switch("closed"),
        lines=tuple(lines),
        interval=_terms(head),
    )
    imported = ImportedOrder(order, head.needed("customer_number"), head.day("billed_until"))
    return imported, [*head.problems, *problems]


def _terms(cells: Cells) -> IntervalTerms | None:
    """The container Intervallrechnungen; none where the row names no interval."""
    if not cells.row.get("interval"):
        return None
    anchor = cells.day("anchor") or cells.day("start")
    if anchor is None:
        cells.refuse("ANKER_FEHLT", N_("{column}: darf nicht leer sein."), column="anchor")
        return None
    return IntervalTerms(
        every=cells.whole("every", 1),
        unit=cells.choice("interval", UNITS, IntervalUnit.MONTH),
        anchor=anchor,
        start=cells.day("start"),
        end=cells.day("end"),
        timing=cells.choice("timing", TIMINGS, Timing.IN_ADVANCE),
        month_end=cells.switch("month_end"),
        aligned=cells.switch("aligned"),
        proration=cells.choice("proration", PRORATIONS, Proration.DAILY),
        prorate_end=cells.switch("prorate_end"),
        catch_up=cells.choice("catch_up", CATCH_UPS, CatchUp.EACH),
        notice_months=cells.whole("notice_months"),
        renew_months=cells.whole("renew_months"),
        paused=cells.switch("paused"),
    )


def _line(cells: Cells, position: int, default_rate: Decimal) -> OrderLine:
    values = position_values(cells, default_rate)
    return OrderLine(position=position, price_basis=cells.choice("price_basis", BASES, PriceBasis.PERIOD), **values)
