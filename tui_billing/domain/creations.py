"""A run of Erstellen: which interval invoices were made, kept so that their numbers can be read later."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalSelectionParameters:
    """The form Intervallrechnungen. The execution date decides what is due and is never printed."""

    execution_date: date
    invoice_date: date
    billing_period_text: str = ""
    document_type: str = ""
    customer_ids: tuple[int, ...] = ()
    order_ids: tuple[int, ...] = ()
    document_type_filter: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalCreation:
    """One press of Erstellen; `document_ids` in the order of creation.

    `open_rows` ("order id:period start") are the rows that the clerk confirmed, kept until it is finished so that a
    killed creation goes on with exactly these; `failed` maps "order number:period start" to the German sentence.
    """

    id: int = 0
    rev: int = 0
    parameters: IntervalSelectionParameters
    planned: int = 0
    document_ids: tuple[int, ...] = ()
    failed: dict[str, str] | None = None
    finished: bool = False
    open_rows: tuple[str, ...] = ()
    created_at: str = ""
    created_by: str = ""
