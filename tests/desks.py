"""A desk in memory with a frozen clock for the tests of use cases; nothing renders or sends unless it is handed in."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tui_billing.domain.parties import Address, Company
from tui_billing.services.desk import Desk
from tui_billing.store.files import Files
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Store

TODAY = date(2026, 11, 22)

COMPANY = Company(
    name="Muster GmbH",
    address=Address(street="Musterweg 7", postcode="20999", city="Nordhafen"),
    tax_number="22/815/08150",
    iban="DE02120300000000202051",
    email="rechnung@muster.example",
)


def _nothing() -> Any:
    raise AssertionError("this test renders and sends nothing")


def memory_desk(folder: Path, *, user: str = "anna", **rooms: Any) -> Desk:
    """An empty desk over the engine in memory, on 22.11.2026 at 8 o'clock UTC."""
    return Desk(
        store=Store(MemoryEngine(), user),
        files=Files(folder),
        folder=folder,
        user=user,
        today=lambda: TODAY,
        now=lambda: datetime(2026, 11, 22, 8, tzinfo=UTC),
        **{"renderer": _nothing, "transport": _nothing, **rooms},
    )
