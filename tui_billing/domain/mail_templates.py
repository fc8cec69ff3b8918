"""Subject and text of a mail (E6): shipped templates, the placeholders, one literal pass; a subject is one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.documents import TITLES, Document
from tui_billing.domain.format import day, money
from tui_billing.domain.placeholders import fill, period_values
from tui_billing.domain.texts import clean, clean_block

NUMBERS_IN_SUBJECT = 3

SUBJECTS = {"de": "{Belegart} {Nummer}", "en": "{Belegart} {Nummer}"}

TEXTS = {
    "de": (
        "Guten Tag,\n\nanbei erhalten Sie {Belegart} {Nummer} vom {Rechnungsdatum} über {Betrag}.\n\n"
        "Bei Fragen antworten Sie gern auf diese E-Mail.\n\nMit freundlichen Grüßen\n{Firma}\n"
    ),
    "en": (
        "Dear Sir or Madam,\n\nplease find attached {DocumentType} {Number} of {InvoiceDate} over {Amount}.\n\n"
        "If you have any questions, please reply to this e-mail.\n\nKind regards\n{Company}\n"
    ),
}

ENGLISH_TITLES = {
    "Rechnung": "Invoice",
    "Kaufmännische Gutschrift": "Credit memo",
    "Belastung": "Debit memo",
    "Stornorechnung": "Cancellation",
    "Rechnungskorrektur": "Corrected invoice",
    "Gutschrift": "Self-billed invoice",
}

PLURALS = {
    "Rechnung": "Rechnungen",
    "Stornorechnung": "Stornorechnungen",
    "Rechnungskorrektur": "Rechnungskorrekturen",
    "Invoice": "Invoices",
    "Cancellation": "Cancellations",
    "Corrected invoice": "Corrected invoices",
}

ENGLISH_NAMES = {
    "Nummer": "Number",
    "Belegart": "DocumentType",
    "Kunde": "Customer",
    "Kundennummer": "CustomerNumber",
    "Ansprechpartner": "ContactPerson",
    "Betrag": "Amount",
    "Rechnungsdatum": "InvoiceDate",
    "Fälligkeit": "DueDate",
    "Firma": "Company",
    "Anzahl": "Count",
}
"""Every placeholder of a mail by its German name, with its English twin; those of the period (C7) come besides."""


PLACEHOLDERS = (*ENGLISH_NAMES, *period_values(None, None))
"""The German names that a text of a mail may name in braces."""


def unknown_placeholders(text: str) -> tuple[str, ...]:
    """The names in braces that no mail knows; each would block every mail (E6.2)."""
    return fill(text, dict.fromkeys((*PLACEHOLDERS, *ENGLISH_NAMES.values()), ""))[1]


@dataclass(frozen=True, slots=True)
class MailText:
    """A filled template; `unknown` placeholders stay as typed and block the sending (E6.2)."""

    subject: str
    text: str
    unknown: tuple[str, ...] = ()


def title(document: Document, language: str) -> str:
    """Belegart in the customer's language; a name of the house's own is left as it is."""
    name = document.document_type or TITLES[document.kind]
    return ENGLISH_TITLES.get(name, name) if language == "en" else name


def _joined(values: Sequence[str]) -> str:
    """Distinct values in their order."""
    return ", ".join(dict.fromkeys(v for v in values if v))


def _titles(documents: Sequence[Document], language: str) -> str:
    names = list(dict.fromkeys(title(d, language) for d in documents))
    if len(documents) == 1:
        return names[0]
    many = "Documents" if language == "en" else "Belege"
    return PLURALS.get(names[0], many) if len(names) == 1 else many


def _numbers(documents: Sequence[Document], *, short: bool) -> str:
    numbers = [d.number for d in documents]
    if short and len(numbers) > NUMBERS_IN_SUBJECT:
        return f"{', '.join(numbers[:NUMBERS_IN_SUBJECT])} … ({len(numbers)})"
    return ", ".join(numbers)


def _amount(documents: Sequence[Document], language: str) -> str:
    """The sum in each currency; documents of one customer mostly have one."""
    sums: dict[str, Decimal] = {}
    for document in documents:
        sums[document.currency] = sums.get(document.currency, Decimal(0)) + document.totals.gross
    shown = [
        money(value, language) if currency == "EUR" else f"{money(value, language, symbol=False)} {currency}"
        for currency, value in sums.items()
    ]
    return ", ".join(shown)


def _days(values: Sequence[date | None], language: str) -> str:
    return _joined([day(v, language) for v in values if v is not None])


def values(documents: Sequence[Document], language: str, *, short: bool = False) -> dict[str, str]:
    """Every placeholder with its value for these documents of one customer; `short` cuts long lists for a subject."""
    first = documents[0]
    german = {
        "Nummer": _numbers(documents, short=short),
        "Belegart": _titles(documents, language),
        "Kunde": " ".join(p for p in (first.buyer.name, first.buyer.name2) if p),
        "Kundennummer": first.buyer.number,
        "Ansprechpartner": first.buyer.contact_person,
        "Betrag": _amount(documents, language),
        "Rechnungsdatum": _days([d.invoice_date for d in documents], language),
        "Fälligkeit": _days([d.due_date for d in documents], language),
        "Firma": first.seller.name,
        "Anzahl": str(len(documents)),
    }
    start, end = (first.period_from, first.period_to) if len(documents) == 1 else (None, None)
    return period_values(start, end, language=language) | german | {ENGLISH_NAMES[k]: v for k, v in german.items()}


def compose(
    subject: str,
    text: str,
    documents: Sequence[Document],
    *,
    language: str = "de",
    copy: bool = False,
    part: tuple[int, int] = (1, 1),
) -> MailText:
    """The mail's subject and text; empty templates are the shipped ones. Kopie stands in front (E8), (1/2) behind."""
    language = "en" if language == "en" else "de"
    full = values(documents, language)
    short = full if len(documents) <= NUMBERS_IN_SUBJECT else values(documents, language, short=True)
    filled, unknown = fill(subject or SUBJECTS[language], short)
    body, unknown_in_text = fill(text or TEXTS[language], full)
    line = " ".join(clean(filled).split())
    if copy:
        line = f"{'Copy' if language == 'en' else 'Kopie'}: {line}"
    if part[1] > 1:
        line += f" ({part[0]}/{part[1]})"
    return MailText(line, clean_block(body), tuple(dict.fromkeys(unknown + unknown_in_text)))
