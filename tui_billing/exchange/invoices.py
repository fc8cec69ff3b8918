"""Invoices from CSV (one row per position, grouped by number) or JSON; documented by data/invoices.csv and .json."""

import json
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tui_billing.domain.documents import DocumentKind, Line, VatCategory
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Address
from tui_billing.domain.vat_rates import adjusted_rate
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.numbers import NumberFormat, find_format
from tui_billing.exchange.parsed import Item, Parsed
from tui_billing.exchange.tables import Row, decode_text, read_table

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("Rechnungsnummer", "Belegnummer", "Nummer", "invoice number", "invoice"),
    "kind": ("Art", "Belegart"),
    "customer_number": ("Kundennummer", "Kunde", "Kunden-Nr.", "customer"),
    "invoice_date": ("Rechnungsdatum", "Datum", "Belegdatum", "date"),
    "due_date": ("Fälligkeit", "Fällig am", "Fälligkeitsdatum", "due"),
    "service_date": ("Leistungsdatum", "Lieferdatum", "delivery date"),
    "period_from": ("Leistung von", "Zeitraum von", "Leistungszeitraum von", "service from"),
    "period_to": ("Leistung bis", "Zeitraum bis", "Leistungszeitraum bis", "service to"),
    "header_text": ("Kopftext",),
    "footer_text": ("Fußtext", "Schlusstext"),
    "buyer_order_reference": ("Bestellnummer", "Ihre Bestellung", "order reference"),
    "exemption_reason": ("Befreiungsgrund", "Grund der Steuerbefreiung"),
    "property_work": ("Bauleistung privat", "Grundstücksleistung", "work on property"),
    "delivery_name": ("Lieferung an", "Lieferanschrift", "delivered to"),
    "delivery_street": ("Lieferstraße", "Lieferung Straße", "delivery street"),
    "delivery_postcode": ("Liefer-PLZ", "Lieferung PLZ", "delivery postcode"),
    "delivery_city": ("Lieferort", "Lieferung Ort", "delivery city"),
    "delivery_country": ("Lieferland", "Lieferung Land", "delivery country"),
    "gross_prices": ("Bruttopreise",),
    "prepaid": ("Anzahlung", "bereits gezahlt"),
    "sent_on": ("Versendet am", "sent"),
    "article": ("Artikel", "Artikelnummer"),
    "name": ("Bezeichnung", "Leistung", "Position", "description short"),
    "description": ("Beschreibung", "Langtext"),
    "quantity": ("Menge", "qty"),
    "unit": ("Einheit",),
    "unit_price": ("Einzelpreis", "Preis", "price"),
    "price_unit": ("Preiseinheit",),
    "discount_percent": ("Rabatt", "Rabatt %", "discount"),
    "vat_rate": ("Steuersatz", "MwSt", "USt", "USt %", "vat", "tax rate"),
    "vat_category": ("Steuerkategorie", "Steuerschlüssel", "tax category"),
    "gross": ("Brutto", "Bruttobetrag", "Gesamtbetrag", "total"),
}
HEAD = (
    "kind",
    "customer_number",
    "invoice_date",
    "due_date",
    "service_date",
    "period_from",
    "period_to",
    "header_text",
    "footer_text",
    "buyer_order_reference",
    "exemption_reason",
    "property_work",
    "delivery_name",
    "delivery_street",
    "delivery_postcode",
    "delivery_city",
    "delivery_country",
    "gross_prices",
    "prepaid",
    "sent_on",
    "gross",
)
NUMBER_COLUMNS = ("quantity", "unit_price", "price_unit", "discount_percent", "vat_rate", "prepaid", "gross")
REQUIRED = ("number", "customer_number", "invoice_date", "name", "unit_price")
KINDS = {
    "rechnung": DocumentKind.INVOICE,
    "invoice": DocumentKind.INVOICE,
    "gutschrift": DocumentKind.CREDIT_MEMO,
    "credit_memo": DocumentKind.CREDIT_MEMO,
    "lastschrift": DocumentKind.DEBIT_MEMO,
    "belastung": DocumentKind.DEBIT_MEMO,
    "debit_memo": DocumentKind.DEBIT_MEMO,
}
CATEGORIES = {c.value.lower(): c for c in VatCategory}


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedInvoice:
    """One invoice of a file. `gross` is the file's own sum, to be compared, None where it has none.

    Amounts of credit memos may stand with either sign in the file; lines are stored as the file has them.
    """

    number: str
    kind: DocumentKind
    customer_number: str
    invoice_date: date
    due_date: date | None
    service_date: date | None
    period_from: date | None
    period_to: date | None
    header_text: str
    footer_text: str
    buyer_order_reference: str
    exemption_reason: str
    property_work: bool
    delivery_name: str
    delivery_address: Address | None
    gross_prices: bool
    prepaid: Decimal
    sent_on: date | None
    gross: Decimal | None
    lines: tuple[Line, ...]


def parse_invoices(
    data: bytes, numbers: NumberFormat | None = None, default_rate: Decimal = Decimal(19)
) -> Parsed[ImportedInvoice]:
    """Invoices in a CSV or JSON file. One bad position refuses its whole invoice, never a part of it."""
    warnings: list[Problem] = []
    if decode_text(data).lstrip().startswith(("[", "{")):
        rows, problems = _json_rows(data)
        numbers = NumberFormat.ISO
    else:
        table = read_table(data, COLUMNS, REQUIRED)
        fatal = tuple(p for p in table.problems if not p.warning and p.where in ("", "Zeile 1"))
        if fatal:
            return Parsed(fatal=fatal)
        rows, problems = list(table.rows), [p for p in table.problems if not p.warning]
        warnings = [p for p in table.problems if p.warning]
    if numbers is None:
        numbers, ambiguous = find_format((f"Zeile {r.line}", r.get(c)) for r in rows for c in NUMBER_COLUMNS)
        if numbers is None:
            return Parsed(fatal=tuple(ambiguous))
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.get("number"):
            groups.setdefault(row.get("number"), []).append(row)
        else:
            problems.append(
                Problem("FELD_LEER", N_("{column}: darf nicht leer sein."), {"column": "number"}, f"Zeile {row.line}")
            )
    items = []
    for group in groups.values():
        invoice, faults = _invoice(group, numbers, default_rate)
        if faults or invoice is None:
            problems += faults
        else:
            items.append(Item(group[0].line, invoice))
    return Parsed(tuple(items), tuple(problems), (), tuple(warnings))


def _invoice(
    rows: list[Row], numbers: NumberFormat, default_rate: Decimal
) -> tuple[ImportedInvoice | None, list[Problem]]:
    head = Cells(rows[0], numbers)
    problems = [p for row in rows[1:] for p in _contradictions(rows[0], row)]
    invoice_date = head.day("invoice_date")
    supplied = _silent_day(rows[0], "period_to") or _silent_day(rows[0], "service_date") or invoice_date
    rate = adjusted_rate(default_rate, supplied) if supplied else default_rate
    lines = []
    for position, row in enumerate(rows, 1):
        line, faults = _line(row, numbers, rate)
        lines.append(replace(line, position=position))
        problems += faults
    if invoice_date is None and not head.problems:
        head.refuse("FELD_LEER", N_("{column}: darf nicht leer sein."), column="invoice_date")
    invoice = ImportedInvoice(
        number=head.text("number", 40),
        kind=head.choice("kind", KINDS, DocumentKind.INVOICE),
        customer_number=head.needed("customer_number"),
        invoice_date=invoice_date or date(1970, 1, 1),
        due_date=head.day("due_date"),
        service_date=head.day("service_date"),
        period_from=head.day("period_from"),
        period_to=head.day("period_to"),
        header_text=head.block("header_text"),
        footer_text=head.block("footer_text"),
        buyer_order_reference=head.text("buyer_order_reference"),
        exemption_reason=head.text("exemption_reason"),
        property_work=head.switch("property_work"),
        delivery_name=head.text("delivery_name"),
        delivery_address=_delivery(head),
        gross_prices=head.switch("gross_prices"),
        prepaid=head.number("prepaid", 2) or Decimal(0),
        sent_on=head.day("sent_on"),
        gross=head.number("gross", 2),
        lines=tuple(lines),
    )
    if invoice.period_from and invoice.period_to and invoice.period_from > invoice.period_to:
        head.refuse("ZEITRAUM_VERKEHRT", N_("Der Leistungszeitraum beginnt nach seinem Ende."))
    return invoice, head.problems + problems


def _silent_day(row: Row, column: str) -> date | None:
    """A day of the head that is read, and complained about, elsewhere."""
    return Cells(row, NumberFormat.ISO).day(column)


def _delivery(head: Cells) -> Address | None:
    """The delivery address, None where no column of it holds anything but a name."""
    street, postcode, city = (
        head.text("delivery_street"),
        head.text("delivery_postcode", 20),
        head.text("delivery_city"),
    )
    country = head.text("delivery_country", 2).upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        head.refuse("LAND_UNGUELTIG", N_("{column}: zwei Buchstaben wie DE oder AT."), column="delivery_country")
    if not (street or postcode or city or country):
        return None
    return Address(street=street, postcode=postcode, city=city, country=country or "DE")


def _contradictions(first: Row, row: Row) -> list[Problem]:
    """Fields of the whole invoice that a later row says differently; an empty cell says nothing."""
    return [
        Problem(
            "ZEILEN_WIDERSPRECHEN",
            N_("{column}: „{value}“ widerspricht Zeile {line} derselben Rechnung."),
            {"column": column, "value": row.get(column), "line": first.line},
            f"Zeile {row.line}",
        )
        for column in HEAD
        if row.get(column) and row.get(column) != first.get(column)
    ]


def _line(row: Row, numbers: NumberFormat, default_rate: Decimal) -> tuple[Line, list[Problem]]:
    cells = Cells(row, numbers)
    category = cells.choice("vat_category", CATEGORIES, VatCategory.STANDARD)
    rate_default = default_rate if category is VatCategory.STANDARD else Decimal(0)
    price = cells.number("unit_price", 6)
    if price is None and not cells.problems:
        cells.refuse("FELD_LEER", N_("{column}: darf nicht leer sein."), column="unit_price")
    price_unit = cells.number("price_unit", 0, Decimal(1)) or Decimal(1)
    discount = cells.number("discount_percent", 2, Decimal(0)) or Decimal(0)
    if not 0 <= discount <= 100:
        cells.refuse("RABATT_UNGUELTIG", N_("{column}: 0 bis 100 Prozent."), column="discount_percent")
    rate = cells.number("vat_rate", 2, rate_default)
    if rate is not None and not 0 <= rate <= 100:
        cells.refuse("STEUERSATZ_UNGUELTIG", N_("{column}: 0 bis 100 Prozent."), column="vat_rate")
    if price_unit < 1:
        cells.refuse("PREISEINHEIT_UNGUELTIG", N_("{column}: mindestens 1."), column="price_unit")
    line = Line(
        article=cells.text("article", 60),
        name=cells.needed("name"),
        description=cells.block("description"),
        quantity=cells.number("quantity", 4, Decimal(1)) or Decimal(0),
        unit=cells.text("unit", 30) or "Stück",
        unit_price=price or Decimal(0),
        price_unit=price_unit,
        discount_percent=discount,
        vat_category=category,
        vat_rate=rate or Decimal(0),
    )
    return line, cells.problems


def _json_rows(data: bytes) -> tuple[list[Row], list[Problem]]:
    """JSON invoices as rows: a list of objects with the same names and a list `lines`; the line is the place in it."""
    try:
        content = json.loads(decode_text(data), parse_float=str, parse_int=str, parse_constant=str)
    except ValueError as error:
        return [], [Problem("JSON_UNLESBAR", N_("Die Datei ist kein gültiges JSON ({error})."), {"error": str(error)})]
    invoices = content.get("invoices", [content]) if isinstance(content, dict) else content
    rows: list[Row] = []
    problems: list[Problem] = []
    for place, invoice in enumerate(invoices if isinstance(invoices, list) else [], 1):
        if not isinstance(invoice, dict) or not isinstance(invoice.get("lines"), list) or not invoice["lines"]:
            problems.append(
                Problem(
                    "RECHNUNG_OHNE_POSITION",
                    N_("Eine Rechnung braucht „lines“ mit mindestens einer Position."),
                    {},
                    f"Zeile {place}",
                )
            )
            continue
        head = {k: _cell(v) for k, v in invoice.items() if k in COLUMNS}
        for line in invoice["lines"]:
            cells = {k: _cell(v) for k, v in line.items() if k in COLUMNS} if isinstance(line, dict) else {}
            rows.append(Row(place, head | cells))
    return rows, problems


def _cell(value: Any) -> str:
    if value is None or isinstance(value, (list, dict)):
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return str(value).strip()
