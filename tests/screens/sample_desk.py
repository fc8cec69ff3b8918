"""A desk in memory for the tests of the screens: frozen clock, no files, invented data."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tui_billing.demo.company import COMPANY
from tui_billing.domain.documents import Document, Line
from tui_billing.domain.parties import Address, Channel, Customer
from tui_billing.services import documents
from tui_billing.services.desk import Desk
from tui_billing.store.files import Files
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Store

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)

HOSTILE = ("a [/] b", "[red]x", "\x1b[31mrot\x1b[0m", "zeile\r\nzwei", "<img src=x>", "# heading", "a|b", "=1+1")


def none_here() -> Any:
    """No renderer and no transport on this desk."""
    raise AssertionError("the screens under test render and send nothing")


def empty_desk(
    folder: Path = Path("nowhere"), renderer: Callable[[], Any] = none_here, transport: Callable[[], Any] = none_here
) -> Desk:
    """A desk over an empty store."""
    return Desk(
        store=Store(MemoryEngine(), "anna"),
        files=Files(folder),
        folder=folder,
        user="anna",
        today=lambda: TODAY,
        renderer=renderer,
        transport=transport,
        now=lambda: NOON,
    )


CUSTOMERS: tuple[tuple[str, Channel | None, str], ...] = (
    ("Bäckerei Öztürk & Söhne", Channel.EMAIL, "rechnung@oeztuerk.example"),
    ("Kanzlei Dr. Weiß", Channel.EMAIL, "buero@weiss.example"),
    ("Hausverwaltung Nord GmbH", Channel.EMAIL, ""),
    ("a [/] b Elektronik", Channel.EMAIL, "ab@elektronik.example"),
    ("Turnverein 1899 Nordhafen", Channel.LETTER, ""),
    ("Praxis Dr. Yılmaz", None, "praxis@yilmaz.example"),
    ("Gärtnerei Grünfink", Channel.EMAIL, "post@gruenfink.example"),
    ("Müller \x1b[31m Metallbau", Channel.EMAIL, "info@mueller.example"),
)


def fill(desk: Desk, copies: int = 3) -> Desk:
    """Company, eight customers, `copies` invoices each in November 2026."""
    with desk.store.transaction("Beispiel") as tx:
        company = tx.insert(COMPANY)
        customers = [
            tx.insert(
                Customer(
                    number=f"{10001 + n}",
                    name=name,
                    channel=channel,
                    emails=(mail,) if mail else (),
                    address=Address(street=f"Hafenstraße {n + 1}", postcode="20999", city="Nordhafen"),
                )
            )
            for n, (name, channel, mail) in enumerate(CUSTOMERS)
        ]
        for turn in range(copies):
            for n, customer in enumerate(customers):
                _invoice(tx, company, customer, date(2026, 11, 1 + (turn * 8 + n) % 20), Decimal(100 + 37 * n + turn))
    return desk


def _invoice(tx: Any, company: Any, customer: Customer, day: date, price: Decimal) -> Document:
    line = Line(name="Wartung", quantity=Decimal(2), unit_price=price)
    return documents.add(
        tx,
        documents.build(
            company,
            customer,
            kind=documents.DocumentKind.INVOICE,
            invoice_date=day,
            lines=(line,),
            period_from=date(2026, 11, 1),
            period_to=date(2026, 11, 30),
        ),
    )


def sample_desk(copies: int = 3) -> Desk:
    """The filled desk."""
    return fill(empty_desk(), copies)
