"""Lists out as CSV: customers in the columns of the import, documents one row each."""

from tui_billing.domain.documents import Document
from tui_billing.domain.format import local_day
from tui_billing.domain.parties import Channel, Customer
from tui_billing.exchange.port import csv_bytes
from tui_billing.store.repositories import Store

CUSTOMER_HEADS = (
    "Kundennummer", "Name", "Name 2", "Ansprechpartner", "Straße", "Adresszusatz", "Postfach", "PLZ", "Ort", "Land",
    "Großempfänger", "Sprache", "Unternehmen", "E-Mail", "Versandart", "Zahlungsziel", "Zahlungsziel Monate", "Skonto",
    "Skontotage", "Lastschrifteinzug", "Stichtag", "USt-IdNr.", "Registernummer", "Leitweg-ID",
    "Rechnungsformat", "IBAN", "Mandatsreferenz", "Mandatsdatum", "Notiz",
)  # fmt: skip
DOCUMENT_HEADS = (
    "Belegnummer", "Art", "Stand", "Rechnungsdatum", "Fälligkeit", "Kundennummer", "Name", "Netto", "Steuer", "Brutto",
    "Zu zahlen", "gedruckt", "versendet",
)  # fmt: skip
CHANNELS = {Channel.EMAIL: "E-Mail", Channel.LETTER: "Brief", None: ""}


def customers_csv(store: Store) -> bytes:
    """Every customer; the file can be imported again."""
    return csv_bytes(CUSTOMER_HEADS, (_customer(c) for c in store.scan(Customer)))


def _customer(c: Customer) -> tuple[object, ...]:
    a, t = c.address, c.terms
    return (
        c.number, c.name, c.name2, c.contact_person, a.street, a.extra, a.po_box, a.postcode, a.city, a.country,
        _yes(a.bulk_postcode), c.language, _yes(c.is_business), ", ".join(c.emails), CHANNELS[c.channel], t.days,
        t.months, f"{t.skonto_percent:.2f}".replace(".", ","), t.skonto_days, _yes(t.direct_debit), c.cutoff_day or "",
        c.vat_id, c.registration_id, c.leitweg_id, c.invoice_format.value, c.iban, c.mandate_reference,
        c.mandate_date.isoformat() if c.mandate_date else "", c.note,
    )  # fmt: skip


def documents_csv(store: Store) -> bytes:
    """Every document with its sums, amounts in German form."""
    return csv_bytes(DOCUMENT_HEADS, (_document(d) for d in store.scan(Document)))


def _document(d: Document) -> tuple[object, ...]:
    amounts = (d.totals.net, d.totals.tax, d.totals.gross, d.totals.payable)
    return (
        d.number, d.kind.value, d.state.value, d.invoice_date.isoformat(),
        d.due_date.isoformat() if d.due_date else "", d.buyer.number, d.buyer.name,
        *(f"{a:.2f}".replace(".", ",") for a in amounts), _day(d.printed_at), _day(d.mailed_at),
    )  # fmt: skip


def _day(stamp: str) -> str:
    return local_day(stamp).isoformat() if stamp else ""


def _yes(value: bool) -> str:
    return "ja" if value else "nein"
