"""Plain questions about a document that several rules ask."""

from tui_billing.domain.documents import Document, VatCategory
from tui_billing.domain.texts import clean


def categories(document: Document) -> set[VatCategory]:
    """The VAT categories of the lines."""
    return {line.vat_category for line in document.lines}


def is_blank(text: str) -> bool:
    """Nothing that a reader would see."""
    return not clean(text).strip()
