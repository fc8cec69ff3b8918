"""Invoices from CSV (one row per position, grouped by number) or JSON; documented by data/invoices.csv and .json."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import DocumentKind, Line
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Address
from tui_billing.domain.texts import clean
from tui_billing.domain.vat_rates import adjusted_rate
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.json_rows import is_json, read_objects
from tui_billing.exchange.numbers import NumberFormat, comma_columns, find_format, number_cells
from tui_billing.exchange.parsed import Item, Parsed, parted
from tui_billing.exchange.positions import contradictions, head_row, places_of, position_values, refusals, torn_rows
from tui_billing.exchange.tables import Row, read_table

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
    "name": ("Bezeichnung", "Leistung", "description short"),
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
    """Invoices in a CSV or JSON file. One bad position refuses its whole invoice, never a part of it.

    A position without a rate and a category gets `default_rate` as of the day of its supply (B12); a default of 0 is
    that of a Kleinunternehmer, whose positions are exempt (A3).
    """
    by_json = is_json(data)
    if by_json:
        table = read_objects(data, COLUMNS, "invoices", "lines", HEAD)
    else:
        table = read_table(data, COLUMNS, REQUIRED, comma_columns(numbers, NUMBER_COLUMNS))
    if table.fatal:
        return Parsed(fatal=table.fatal)
    if numbers is None:
        numbers, ambiguous = find_format(number_cells(table.rows, NUMBER_COLUMNS))
        if numbers is None:
            return Parsed(fatal=tuple(ambiguous))
    groups, problems = _groups(table.rows, by_json)
    problems += table.problems
    torn = torn_rows(table)
    items = []
    for group in groups:
        invoice, faults = _invoice(group, numbers, default_rate)
        bad = refusals(group, faults, torn)
        problems += [*bad, *(p for p in faults if p.warning)]
        if not bad:
            items.append(Item(group[0].line, invoice, kind=group[0].kind, places=places_of(group)))
    refused, warnings = parted(problems)
    return Parsed(tuple(items), refused, (), warnings)


def _groups(rows: Sequence[Row], by_json: bool) -> tuple[list[list[Row]], list[Problem]]:
    """The rows of each invoice: those of one number, in JSON those of one object; two objects are two invoices."""
    groups: dict[str, list[Row]] = {}
    problems: list[Problem] = []
    for row in rows:
        number = clean(row.get("number")).strip()
        if not number:
            text = N_("{column}: darf nicht leer sein.")
            problems.append(Problem("FELD_LEER", text, {"column": row.name("number")}, row.where))
        elif by_json and number in groups and groups[number][0].line != row.line:
            text = N_("Belegnummer {number} steht schon in {there}.")
            params = {"number": number, "there": groups[number][0].place}
            problems.append(Problem("NUMMER_DOPPELT", text, params, row.where))
        else:
            groups.setdefault(number, []).append(row)
    return list(groups.values()), problems


def _invoice(rows: list[Row], numbers: NumberFormat, default_rate: Decimal) -> tuple[ImportedInvoice, list[Problem]]:
    head = Cells(head_row(rows, HEAD), numbers)
    text = N_("{column}: „{value}“ widerspricht „{other}“ in {there} derselben Rechnung.")
    problems = contradictions(rows, HEAD, "ZEILEN_WIDERSPRECHEN", text)
    invoice_date = head.day("invoice_date")
    supplied = _silent_day(head.row, "period_to") or _silent_day(head.row, "service_date") or invoice_date
    rate = adjusted_rate(default_rate, supplied) if supplied else default_rate
    lines = []
    for position, row in enumerate(rows, 1):
        line, faults = _line(row, numbers, rate)
        lines.append(replace(line, position=position))
        problems += faults
    if not head.row.get("invoice_date"):
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
        prepaid=head.number("prepaid", 2, Decimal(0)) or Decimal(0),
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
    country = head.country("delivery_country")
    if not (street or postcode or city or country):
        return None
    return Address(street=street, postcode=postcode, city=city, country=country or "DE")


def _line(row: Row, numbers: NumberFormat, default_rate: Decimal) -> tuple[Line, list[Problem]]:
    cells = Cells(row, numbers)
    return Line(**position_values(cells, default_rate)), cells.problems
