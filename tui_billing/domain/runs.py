"""Rechnungsläufe: mass dispatch of existing documents, their rows, dispatches and ignore lists."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.messages import N_


class RunType(StrEnum):
    """per E-Mail versenden / als PDF herunterladen."""

    EMAIL = "email"
    PDF = "pdf"


class RunState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Shown, never stored: the run says running, and the process that worked on it is gone."""
    PAUSED = "paused"
    PARTIAL = "partial"
    DONE = "done"


class RowState(StrEnum):
    """State of a row of a run, and of a dispatch."""

    OPEN = "open"
    RENDERED = "rendered"
    IN_FLIGHT = "in_flight"
    SENT = "sent"
    ISSUED = "issued"
    FAILED = "failed"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    BOUNCED = "bounced"
    REMOVED = "removed"


RUN_STATE_NAMES: dict[RunState, str] = {
    RunState.CREATED: N_("angelegt"),
    RunState.RUNNING: N_("läuft"),
    RunState.INTERRUPTED: N_("unterbrochen"),
    RunState.PAUSED: N_("angehalten"),
    RunState.PARTIAL: N_("teilweise"),
    RunState.DONE: N_("durchgeführt"),
}

ROW_STATE_NAMES: dict[RowState, str] = {
    RowState.OPEN: N_("bereit"),
    RowState.RENDERED: N_("erstellt"),
    RowState.IN_FLIGHT: N_("in Versand"),
    RowState.SENT: N_("versendet"),
    RowState.ISSUED: N_("ausgegeben"),
    RowState.FAILED: N_("Fehler"),
    RowState.REFUSED: N_("abgelehnt"),
    RowState.DEFERRED: N_("zurückgestellt"),
    RowState.UNKNOWN: N_("ungeklärt"),
    RowState.BOUNCED: N_("unzustellbar"),
    RowState.REMOVED: N_("entfernt"),
}

RUN_TYPE_NAMES: dict[RunType, str] = {
    RunType.EMAIL: N_("per E-Mail versenden"),
    RunType.PDF: N_("als PDF herunterladen"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunParameters:
    """What the form Rechnungslauf anlegen asks; both days inclusive, by invoice date."""

    date_from: date
    date_to: date
    type: RunType = RunType.EMAIL
    respect_preference: bool = True
    include_sent: bool = False
    document_ids: tuple[int, ...] = ()
    """Only these documents where given (marked rows, Massendruck, a batch)."""
    batch_id: int | None = None
    """The Rechnungsstapel whose statements travel with these documents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRun:
    """A run; `candidates` and `out` keep the balance of the last plan: out maps reason -> (count, EUR)."""

    id: int = 0
    rev: int = 0
    number: int = 0
    state: RunState = RunState.CREATED
    parameters: RunParameters = RunParameters(date_from=date(1970, 1, 1), date_to=date(1970, 1, 1))
    candidates: int = 0
    candidates_eur: Decimal = Decimal(0)
    out: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    created_at: str = ""
    created_by: str = ""
    executed_at: str = ""
    note: str = ""
    owners: tuple[str, ...] = ()
    """The leases of the processes that execute it now; where none of them is held, it was interrupted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """One document in a run. `address` is what the clerk saw when the run was built (E7.2)."""

    id: int = 0
    rev: int = 0
    run_id: int = 0
    document_id: int = 0
    customer_id: int = 0
    number: str = ""
    gross: Decimal = Decimal(0)
    invoice_date: date = date(1970, 1, 1)
    state: RowState = RowState.OPEN
    reason: str = ""
    reply: str = ""
    copy: bool = False
    address: tuple[str, ...] = ()
    address_confirmed: bool = False
    dispatch_id: int | None = None
    file: str = ""
    file_hash: str = ""
    to_print: bool = False
    """A letter that was issued and stands in no print file yet."""
    changed_at: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """One spooled mail with everything that is known of its way; `state` as for rows.

    While it is in flight or unknown it is the one open dispatch of each of its documents (unique in the store).
    """

    id: int = 0
    rev: int = 0
    run_id: int | None = None
    document_ids: tuple[int, ...] = ()
    customer_id: int = 0
    generation: int = 1
    message_id: str = ""
    recipients: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""
    state: RowState = RowState.OPEN
    spool: str = ""
    spool_hash: str = ""
    transport: str = ""
    server: str = ""
    reply_code: int = 0
    reply: str = ""
    attempts: int = 0
    copy: bool = False
    created_at: str = ""
    in_flight_at: str = ""
    finished_at: str = ""
    decided_by: str = ""
    note: str = ""
    owner: str = ""
    """The lease of the process that has it in flight; where nobody holds the lease, it has become unknown."""
    fingerprint: str = ""
    """Hash of everything that went into the spooled mail; an equal job sends the same bytes again."""


class IgnoredKind(StrEnum):
    CUSTOMER = "customer"
    DOCUMENT = "invoice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ignored:
    """An entry of the global ignore lists; `until` is inclusive, None means until it is taken off."""

    id: int = 0
    rev: int = 0
    kind: IgnoredKind = IgnoredKind.CUSTOMER
    target_id: int = 0
    reason: str = ""
    until: date | None = None
    created_at: str = ""
    created_by: str = ""
