"""Plain questions about a document that several rules ask."""

from tui_billing.domain.documents import Document, VatCategory
from tui_billing.domain.parties import Address
from tui_billing.domain.texts import clean


def categories(document: Document) -> set[VatCategory]:
    """The VAT categories of the lines."""
    return {line.vat_category for line in document.lines}


def delivered_to(document: Document) -> Address:
    """Where the goods went: the delivery address, else the buyer's."""
    return document.delivery_address or document.buyer.address


def is_blank(text: str) -> bool:
    """Nothing that a reader would see."""
    return not clean(text).strip()
