"""Payments from CSV; a row without a reference of its own gets one from its content, so a file counts once."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.messages import N_, Problem
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.numbers import NumberFormat, comma_columns, find_format, number_cells
from tui_billing.exchange.parsed import Item, Parsed, parted
from tui_billing.exchange.tables import Row, read_table

COLUMNS: dict[str, tuple[str, ...]] = {
    "paid_date": ("Bezahlt am", "Datum", "Buchungstag", "Buchungsdatum", "date", "booking date"),
    "amount": ("Betrag", "Betrag EUR", "Umsatz"),
    "customer": ("Kundennummer", "Kunde", "Kunden-Nr.", "customer number"),
    "document": ("Rechnungsnummer", "Rechnung", "Beleg", "Belegnummer", "invoice"),
    "text": ("Verwendungszweck", "Text", "Buchungstext", "purpose"),
    "reference": ("Referenz", "Umsatz-ID", "Transaktion", "transaction id"),
}


@dataclass(frozen=True, slots=True)
class ImportedPayment:
    """One row: who paid is named by customer number, by document number, or by a document number in the text."""

    paid_date: date
    amount: Decimal
    customer: str
    document: str
    text: str
    reference: str


def parse_payments(data: bytes, numbers: NumberFormat | None = None) -> Parsed[ImportedPayment]:
    """Payments in a CSV file in the order of its rows."""
    table = read_table(data, COLUMNS, ("paid_date", "amount"), comma_columns(numbers, ("amount",)))
    if table.fatal:
        return Parsed(fatal=table.fatal)
    if numbers is None:
        numbers, ambiguous = find_format(number_cells(table.rows, ("amount",)))
        if numbers is None:
            return Parsed(fatal=tuple(ambiguous))
    items: list[Item[ImportedPayment]] = []
    found, warnings = parted(table.problems)
    refused = list(found)
    seen: Counter[str] = Counter()
    for row in table.rows:
        payment, problems = _payment(row, numbers, seen)
        refused += problems
        if payment is not None and not problems:
            items.append(Item(row.line, payment))
    return Parsed(tuple(items), tuple(refused), (), warnings)


def _payment(row: Row, numbers: NumberFormat, seen: Counter[str]) -> tuple[ImportedPayment | None, list[Problem]]:
    cells = Cells(row, numbers)
    day, amount = cells.day("paid_date"), cells.number("amount", 2)
    if day is None and not row.get("paid_date"):
        cells.refuse("FELD_LEER", N_("{column}: darf nicht leer sein."), column="paid_date")
    if not amount and not cells.problems:
        cells.refuse("BETRAG_NULL", N_("{column}: ein Betrag größer oder kleiner als 0 fehlt."), column="amount")
    customer, document, text = cells.text("customer", 40), cells.text("document", 60), cells.text("text", 400)
    reference = cells.text("reference", 100)
    if day is None or not amount:
        return None, cells.problems
    if not reference:
        # Two equal payments of one day are two payments, the same file a second time is none.
        content = repr((day.isoformat(), format(amount, "f"), customer, document, text))
        seen[content] += 1
        reference = f"csv:{hashlib.sha256(content.encode()).hexdigest()[:16]}:{seen[content]}"
    return ImportedPayment(day, amount, customer, document, text, reference), cells.problems
