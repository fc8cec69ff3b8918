"""The list of created numbers of one press of Erstellen: kept, read again, exported."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.creations import IntervalCreation
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import N_
from tui_billing.domain.orders import Period
from tui_billing.exchange.port import csv_bytes
from tui_billing.services.errors import not_found
from tui_billing.store.repositories import Store


@dataclass(frozen=True, slots=True)
class CreatedRow:
    """One created invoice in the list of created numbers."""

    document_id: int
    number: str
    order_number: str
    customer_number: str
    customer_name: str
    period_start: date | None
    period_end: date | None
    net: Decimal
    gross: Decimal


def need_creation(store: Store, creation_id: int) -> IntervalCreation:
    """The creation with this number. Raises WrongUse where there is none."""
    found = store.get(IntervalCreation, creation_id)
    if found is None:
        raise not_found(N_("Erstellung"), creation_id)
    return found


def document_ids_of(store: Store, creation: IntervalCreation) -> list[int]:
    """Its documents in the order of creation, also while it is not finished."""
    if creation.document_ids:
        return list(creation.document_ids)
    found = store.find(Period, "creation_id", creation.id)
    return list(dict.fromkeys(p.document_id for p in found if p.document_id))


def created_rows(store: Store, creation: IntervalCreation) -> list[CreatedRow]:
    """The list of created numbers, whenever it is opened again."""
    return [_created_row(d) for d in store.get_many(Document, document_ids_of(store, creation)).values()]


def _created_row(document: Document) -> CreatedRow:
    return CreatedRow(
        document.id,
        document.number,
        document.order_number,
        document.buyer.number,
        document.buyer.name,
        document.period_from,
        document.period_to,
        document.totals.net,
        document.totals.gross,
    )


def created_csv(rows: Iterable[CreatedRow]) -> bytes:
    """The list for a spreadsheet: ISO days, amounts with a comma, formulas defused."""
    header = ("Nummer", "Auftrag", "Kundennummer", "Kunde", "von", "bis", "Netto", "Brutto")
    return csv_bytes(header, (_csv_row(row) for row in rows))


def _csv_row(row: CreatedRow) -> tuple[object, ...]:
    days = [d.isoformat() if d else "" for d in (row.period_start, row.period_end)]
    net, gross = (f"{a:.2f}".replace(".", ",") for a in (row.net, row.gross))
    return (row.number, row.order_number, row.customer_number, row.customer_name, *days, net, gross)
