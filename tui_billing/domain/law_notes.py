"""Sentences that the law wants on a document, in the document's language (rules A1.6, A3, A4, A5).

The German sentence names the term of the law; a document in English keeps that term in brackets.
"""

from datetime import date, timedelta

from tui_billing.domain.document_facts import categories, is_blank
from tui_billing.domain.documents import Document, Reference, VatCategory
from tui_billing.domain.format import day
from tui_billing.domain.texts import clean

CASH_ACCOUNTING_NOTE_FROM = date(2028, 1, 1)
"""§ 14(4) no. 6a UStG."""

_REASONS: dict[VatCategory, tuple[str, str]] = {
    VatCategory.REVERSE_CHARGE: (
        "Steuerschuldnerschaft des Leistungsempfängers",
        "Reverse charge (Steuerschuldnerschaft des Leistungsempfängers)",
    ),
    VatCategory.INTRA_COMMUNITY: (
        "Steuerfreie innergemeinschaftliche Lieferung (§ 4 Nr. 1 Buchst. b UStG)",
        "Exempt intra-Community supply (§ 4 Nr. 1 Buchst. b UStG)",
    ),
    VatCategory.EXPORT: (
        "Steuerfreie Ausfuhrlieferung (§ 4 Nr. 1 Buchst. a UStG)",
        "Exempt export (§ 4 Nr. 1 Buchst. a UStG)",
    ),
    VatCategory.OUT_OF_SCOPE: (
        "Nicht im Inland steuerbare Leistung",
        "Not taxable in Germany",
    ),
    VatCategory.EXEMPT: ("Umsatzsteuerfreie Leistung (§ 4 UStG)", "Exempt from VAT (§ 4 UStG)"),
}
_SMALL_BUSINESS = (
    "Steuerbefreiung für Kleinunternehmer (§ 19 UStG)",
    "VAT exemption for small businesses (Steuerbefreiung für Kleinunternehmer, § 19 UStG)",
)
_CASH_ACCOUNTING = (
    "Versteuerung nach vereinnahmten Entgelten",
    "Cash accounting (Versteuerung nach vereinnahmten Entgelten)",
)
_PROPERTY_WORK = (
    "Sie sind verpflichtet, diese Rechnung zwei Jahre lang aufzubewahren (§ 14b Abs. 1 Satz 5 UStG).",
    "You are obliged to keep this invoice for two years (Aufbewahrungspflicht, § 14b Abs. 1 Satz 5 UStG).",
)


def property_work_note(document: Document) -> str:
    """The duty of a private buyer to keep the invoice on work on property (§ 14(4) no. 9 UStG); empty without."""
    return _PROPERTY_WORK[_column(document)] if document.property_work else ""


def delivery_note(document: Document) -> str:
    """Where the goods went, if not to the buyer's address; empty without."""
    address = document.delivery_address
    if address is None:
        return ""
    place = f"{address.postcode} {address.city}".strip()
    parts = (document.delivery_name or document.buyer.name, address.street, address.extra, place, address.country)
    shown = ", ".join(text for part in parts if (text := clean(part).strip()))
    return f"{('Lieferanschrift', 'Delivered to')[_column(document)]}: {shown}"


def exemption_reason(document: Document, category: VatCategory) -> str:
    """Why lines of this category carry no tax; empty for the standard and the zero rate."""
    n = _column(document)
    if category is VatCategory.EXEMPT and document.seller.small_business:
        return _SMALL_BUSINESS[n]
    if category is VatCategory.EXEMPT and not is_blank(document.exemption_reason):
        return clean(document.exemption_reason).strip()
    return _REASONS[category][n] if category in _REASONS else ""


def notes(document: Document) -> tuple[str, ...]:
    """All sentences to print below the totals, each once, in the order of the categories."""
    used = categories(document)
    found = [delivery_note(document)]
    found += [exemption_reason(document, category) for category in VatCategory if category in used]
    if document.seller.cash_accounting and document.invoice_date >= CASH_ACCOUNTING_NOTE_FROM:
        found.append(_CASH_ACCOUNTING[_column(document)])
    found.append(property_work_note(document))
    return tuple(dict.fromkeys(note for note in found if note))


def reference_note(document: Document) -> str:
    """The sentence that names the original by number and date (§ 31(5) UStDV); empty without a reference."""
    reference: Reference | None = document.reference
    if reference is None:
        return ""
    when = day(reference.invoice_date, document.language)
    if _column(document):
        return f"Refers to invoice {clean(reference.number)} of {when}"
    return f"Bezug: Rechnung {clean(reference.number)} vom {when}"


def latest_issue_date(delivered: date) -> date:
    """Last day to issue the invoice on an intra-community supply: the 15th of the next month (§ 14a(3) UStG)."""
    return (delivered.replace(day=1) + timedelta(days=31)).replace(day=15)


def _column(document: Document) -> int:
    return 1 if document.language.lower().startswith("en") else 0
