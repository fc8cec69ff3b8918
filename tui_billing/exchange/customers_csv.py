"""Customers from CSV or JSON; the column names are documented by data/customers.csv."""

import re
from decimal import Decimal

from tui_billing.domain.inputs import parse_email, parse_iban, parse_leitweg_id, parse_vat_id
from tui_billing.domain.messages import N_, Clause, Problem
from tui_billing.domain.parties import (
    TERM_DAYS_MAX,
    TERM_MONTHS_MAX,
    Address,
    Channel,
    Customer,
    InvoiceFormat,
    PaymentTerms,
    default_format,
)
from tui_billing.exchange.cells import Cells
from tui_billing.exchange.json_rows import is_json, read_objects
from tui_billing.exchange.numbers import NumberFormat, comma_columns, find_format, number_cells
from tui_billing.exchange.parsed import Item, Parsed, parted
from tui_billing.exchange.tables import Row, read_table

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("Kundennummer", "Kunden-Nr.", "Kundennr", "Nummer", "customer number", "customer"),
    "name": ("Name", "Firma", "Kunde", "company"),
    "name2": ("Name 2", "Zusatzname"),
    "contact_person": ("Ansprechpartner", "Kontakt", "contact"),
    "street": ("Straße", "Anschrift", "address"),
    "extra": ("Adresszusatz", "Zusatz"),
    "po_box": ("Postfach",),
    "postcode": ("PLZ", "Postleitzahl", "zip", "zip code"),
    "city": ("Ort", "Stadt", "town"),
    "country": ("Land", "Ländercode"),
    "bulk_postcode": ("Großempfänger", "Großkunden-PLZ"),
    "language": ("Sprache",),
    "is_business": ("Unternehmen", "Geschäftskunde", "business"),
    "emails": ("E-Mail", "Mail", "E-Mail-Adresse", "email"),
    "channel": ("Versandart", "Versandart Abrechnung"),
    "payment_days": ("Zahlungsziel", "Zahlungsziel Tage", "terms days"),
    "payment_months": ("Zahlungsziel Monate",),
    "skonto_percent": ("Skonto", "Skonto %", "discount percent"),
    "skonto_days": ("Skontotage", "Skonto Tage", "discount days"),
    "direct_debit": ("Lastschrifteinzug", "SEPA", "Bankeinzug"),
    "cutoff_day": ("Stichtag", "Rechnungsstapel-Stichtag"),
    "vat_id": ("USt-IdNr.", "USt-ID", "UStID", "vat number"),
    "registration_id": ("Registernummer", "Handelsregister", "register number"),
    "leitweg_id": ("Leitweg-ID",),
    "invoice_format": ("Rechnungsformat", "format"),
    "iban": ("IBAN",),
    "mandate_reference": ("Mandatsreferenz", "Mandat"),
    "mandate_date": ("Mandatsdatum",),
    "note": ("Notiz", "Bemerkung"),
}
FIELDS: dict[str, str] = {
    **{code: code for code in COLUMNS},
    **{f: f"address.{f}" for f in ("street", "extra", "po_box", "postcode", "city", "country", "bulk_postcode")},
    **{f: f"terms.{f}" for f in ("skonto_percent", "skonto_days", "direct_debit")},
    "payment_days": "terms.days",
    "payment_months": "terms.months",
}
"""Column -> field of the customer, with a point into address and terms."""
NUMBER_COLUMNS = ("skonto_percent",)
CHANNELS = {
    "e-mail": Channel.EMAIL,
    "email": Channel.EMAIL,
    "mail": Channel.EMAIL,
    "brief": Channel.LETTER,
    "post": Channel.LETTER,
    "letter": Channel.LETTER,
}
LANGUAGES = {"de": "de", "deutsch": "de", "german": "de", "en": "en", "englisch": "en", "english": "en"}
FORMATS = {f.value: f for f in InvoiceFormat} | {"zugferd-xrechnung": InvoiceFormat.ZUGFERD_XRECHNUNG}


def parse_customers(data: bytes, numbers: NumberFormat | None = None) -> Parsed[Customer]:
    """Customers in a CSV or JSON file, ids 0. A number that stands twice in the file is refused the second time."""
    if is_json(data):
        table = read_objects(data, COLUMNS, "customers")
    else:
        table = read_table(data, COLUMNS, ("name",), comma_columns(numbers, NUMBER_COLUMNS))
    if table.fatal:
        return Parsed(fatal=table.fatal)
    if numbers is None:
        numbers, ambiguous = find_format(number_cells(table.rows, NUMBER_COLUMNS))
        if numbers is None:
            return Parsed(fatal=tuple(ambiguous))
    items: list[Item[Customer]] = []
    found, warnings = parted(table.problems)
    refused = list(found)
    seen: dict[str, Clause] = {}
    for row in table.rows:
        customer, problems = _customer(row, numbers)
        if customer and customer.number in seen and customer.number:
            problems.append(
                Problem(
                    "KUNDE_DOPPELT",
                    N_("Kundennummer {number} steht schon in {there}."),
                    {"number": customer.number, "there": seen[customer.number]},
                    row.where,
                )
            )
        if problems or customer is None:
            refused += problems
            continue
        seen[customer.number] = row.place
        items.append(Item(row.line, customer, tuple(row.cells), row.kind))
    return Parsed(tuple(items), tuple(refused), (), warnings)


def _customer(row: Row, numbers: NumberFormat) -> tuple[Customer | None, list[Problem]]:
    cells = Cells(row, numbers)
    country = cells.country("country", "DE")
    is_business = cells.switch("is_business", default=True)
    customer = Customer(
        number=cells.text("number", 40),
        name=cells.needed("name"),
        name2=cells.text("name2"),
        contact_person=cells.text("contact_person"),
        address=Address(
            street=cells.text("street"),
            extra=cells.text("extra"),
            po_box=cells.text("po_box", 40),
            postcode=cells.text("postcode", 20),
            city=cells.text("city"),
            country=country,
            bulk_postcode=cells.switch("bulk_postcode"),
        ),
        language=cells.choice("language", LANGUAGES, "de"),
        is_business=is_business,
        emails=_emails(cells),
        channel=cells.choice("channel", CHANNELS, None),
        terms=PaymentTerms(
            days=cells.whole("payment_days", 0 if row.get("payment_months") else 14, most=TERM_DAYS_MAX),
            months=cells.whole("payment_months", most=TERM_MONTHS_MAX),
            skonto_percent=cells.number("skonto_percent", 2, Decimal(0), bounds=(0, 100)) or Decimal(0),
            skonto_days=cells.whole("skonto_days", most=TERM_DAYS_MAX),
            direct_debit=cells.switch("direct_debit"),
        ),
        cutoff_day=cells.whole("cutoff_day", most=31) or None,
        vat_id=_checked(cells, "vat_id", parse_vat_id),
        registration_id=cells.text("registration_id", 60),
        leitweg_id=_checked(cells, "leitweg_id", parse_leitweg_id),
        invoice_format=cells.choice("invoice_format", FORMATS, default_format(is_business, country)),
        iban=_checked(cells, "iban", parse_iban),
        mandate_reference=cells.text("mandate_reference", 35),
        mandate_date=cells.day("mandate_date"),
        note=cells.block("note"),
    )
    return customer, cells.problems


def _checked(cells: Cells, column: str, parse) -> str:  # type: ignore[no-untyped-def]
    """A value with a check digit; empty stays empty."""
    text = cells.row.get(column)
    if not text:
        return ""
    value, problems = parse(text)
    cells.problems += [Problem(p.code, p.text, p.params, cells.row.where) for p in problems if not p.warning]
    return value or ""


def _emails(cells: Cells) -> tuple[str, ...]:
    """Several addresses in one cell are parted by comma, semicolon or blank."""
    found: list[str] = []
    for part in re.split(r"[,;\s]+", cells.row.get("emails")):
        if not part:
            continue
        value, problems = parse_email(part)
        cells.problems += [Problem(p.code, p.text, p.params, cells.row.where) for p in problems if not p.warning]
        if value and value not in found:
            found.append(value)
    return tuple(found)
