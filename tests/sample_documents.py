"""The invented seller and the plain invoice that the tests of paper and of e-invoices share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tui_billing.domain.documents import Document, Line
from tui_billing.domain.parties import Address, Party
from tui_billing.domain.totals import compute

SELLER = Party(
    name="Muster & Söhne GmbH",
    address=Address(street="Kontorstraße 12", postcode="20457", city="Hamburg"),
    tax_number="22/123/45678",
    vat_id="DE136695976",
    iban="DE02120300000000202051",
    bic="BYLADEM1001",
    bank_name="Deutsche Kreditbank",
    creditor_id="DE98ZZZ09999999999",
    email="rechnung@muster.example",
    phone="040 123456",
    website="www.muster.example",
    register_entry="AG Hamburg HRB 12345",
    managing_directors="Anna Muster, Jörg Öztürk",
)


def november(lines: Sequence[Line], **changes: object) -> Document:
    """A computed invoice of 22.11.2026 over November; `changes` are fields of the document."""
    document = Document(
        id=1,
        number="RE-2026-00001",
        customer_id=1,
        invoice_date=date(2026, 11, 22),
        due_date=date(2026, 12, 6),
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 30),
        seller=SELLER,
        lines=tuple(lines),
    )
    return compute(replace(document, **changes))  # type: ignore[arg-type]
