"""The field for a customer by number, with the name beside it."""

from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Customer
from tui_billing.i18n import _
from tui_billing.screens.widgets.field import Field
from tui_billing.services.desk import Desk


def customer_field(name: str, desk: Desk) -> Field:
    """Reads a customer's number into his id."""

    def read(text: str) -> tuple[Any, list[Problem]]:
        number = text.strip()
        if not number:
            return None, [Problem("KUNDE_FEHLT", N_("Bitte die Kundennummer eintippen."))]
        found = desk.store.find_one(Customer, "number", number)
        if found is None:
            return None, [Problem("KUNDE_UNBEKANNT", N_("Kunde {number} gibt es nicht."), {"number": number})]
        return found.id, []

    def stored(customer_id: int) -> Customer | None:
        return desk.store.get(Customer, customer_id) if customer_id else None

    def number_of(customer_id: int) -> str:
        found = stored(customer_id)
        return found.number if found else ""

    def name_of(customer_id: int) -> str:
        found = stored(customer_id)
        if found is None:
            return ""
        return f"{found.name} ({_('gesperrt')})" if found.blocked else found.name

    return Field(name, N_("Kunde"), parse=read, show=number_of, echo=name_of, width=12)
