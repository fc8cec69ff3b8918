"""Documents and statements to render, and ways to read a PDF back: its text, and where a text stands in millimetres."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pymupdf
from sample_documents import SELLER, november

from tui_billing.domain import cancellation
from tui_billing.domain.documents import Document, DocumentKind, Line
from tui_billing.domain.parties import Address, Party, PaymentTerms
from tui_billing.domain.statements import Statement, StatementPayment, StatementRow
from tui_billing.render import batch
from tui_billing.render.port import Job, Letterhead, Rendered, StatementJob
from tui_billing.render.worker import Order

MM = 72 / 25.4

BUYER = Party(
    number="10004",
    name="Bäckerei Öztürk & Söhne",
    contact_person="Frau Yılmaz",
    address=Address(street="Große Straße 7", postcode="22765", city="Hamburg"),
)


def line(number: int = 1, **changes: Any) -> Line:
    """One position of 84,00 an hour."""
    plain = Line(name=f"Wartung der Kasse {number}", quantity=Decimal("1.5"), unit="Std.", unit_price=Decimal(84))
    return replace(plain, **changes)


def invoice(lines: int | Sequence[Line] = 3, **changes: Any) -> Document:
    """A computed invoice of 22.11.2026 over November; `changes` are fields of the document."""
    given = tuple(line(n) for n in range(1, lines + 1)) if isinstance(lines, int) else tuple(lines)
    fields = {
        "customer_id": 4,
        "buyer": BUYER,
        "header_text": "Sehr geehrte Damen und Herren,\n\nfür unsere Leistungen im **November** berechnen wir:",
        "footer_text": "Vielen Dank für Ihren Auftrag.",
        "terms": PaymentTerms(days=14),
    }
    return november(given, **fields | changes)


def storno() -> Document:
    """The cancellation of the three-line invoice."""
    return replace(cancellation.storno(invoice(), date(2026, 11, 22)), number="ST-2026-00001")


def statement(**changes: Any) -> Statement:
    """The help text's May: former 1000, a payment of 1000, one new invoice of 500."""
    plain = Statement(
        batch_number=87,
        close_date=date(2013, 5, 31),
        period_from=date(2013, 5, 1),
        seller=SELLER,
        buyer=BUYER,
        due_date=date(2013, 6, 14),
        former_amount=Decimal(1000),
        payments=Decimal(1000),
        carry_over=Decimal(0),
        invoiced=Decimal("420.17"),
        taxes=Decimal("79.83"),
        amount_due=Decimal(500),
        rows=(
            StatementRow(
                document_id=2,
                number="RE-2013-00002",
                kind=DocumentKind.INVOICE,
                batch_date=date(2013, 5, 20),
                net=Decimal("420.17"),
                tax=Decimal("79.83"),
                gross=Decimal(500),
            ),
        ),
        payment_rows=(
            StatementPayment(payment_id=1, paid_date=date(2013, 5, 12), text="Überweisung", amount=Decimal(1000)),
        ),
    )
    return replace(plain, **changes)


def render(jobs: Sequence[Job | StatementJob], folder: Path, letterhead: Letterhead = Letterhead()) -> list[Rendered]:
    """Render in this process, as a worker would."""
    return list(batch.render(Order(0, tuple(jobs), str(folder), letterhead)).rendered)


def page_texts(path: Path) -> list[str]:
    """The text of each page with ordinary blanks, lines as they are read."""
    with pymupdf.open(str(path)) as pdf:
        return [page.get_text().replace("\u00a0", " ") for page in pdf]


def render_texts(document: Document, folder: Path, **flags: bool) -> list[str]:
    """The page texts of one document."""
    (row,) = render([Job(document, **flags)], folder)
    assert row.problem is None, row.problem
    assert row.path is not None
    return page_texts(row.path)


def where(path: Path, text: str, page: int = 0) -> tuple[float, float, float, float]:
    """The first place of a text on a page: x0, y0, x1, y1 in millimetres from the upper left."""
    with pymupdf.open(str(path)) as pdf:
        found = pdf[page].search_for(text)
        assert found, f"{text!r} is not found on page {page + 1}"
        return tuple(value / MM for value in found[0])  # type: ignore[return-value]
