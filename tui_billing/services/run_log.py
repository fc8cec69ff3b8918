"""The log of a run: every row with state, time, receipt, address and hash, and sums that add up; as CSV too."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tui_billing.domain.documents import DocumentHead
from tui_billing.domain.messages import N_
from tui_billing.domain.run_selection import REASON_NAMES
from tui_billing.domain.runs import ROW_STATE_NAMES, Dispatch, RowState, RunRow
from tui_billing.domain.send_reasons import server_words
from tui_billing.domain.texts import clean, csv_cell
from tui_billing.services.audit_trail import entries_since_run
from tui_billing.services.desk import Desk
from tui_billing.store.repositories import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class LogRow:
    """One row of the run. `time` is UTC ISO; `hash` the SHA-256 of the mail that was spooled, else of the file."""

    number: str
    customer_number: str
    customer: str
    gross: Decimal
    state: RowState
    copy: bool = False
    time: str = ""
    address: tuple[str, ...] = ()
    reply_code: int = 0
    reply: str = ""
    reason: str = ""
    server: str = ""
    message_id: str = ""
    attempts: int = 0
    file: str = ""
    hash: str = ""
    overwritten: tuple[str, ...] = ()
    """SHA-256 of each PDF of this document that the run has overwritten, the oldest first."""


def rows(desk: Desk, run_id: int) -> list[LogRow]:
    """Every row of the run in its order; removed ones are among them, so that the sums add up."""
    stored = sorted(desk.store.find(RunRow, "run_id", run_id), key=lambda r: (r.invoice_date, r.document_id))
    dispatches = desk.store.get_many(Dispatch, sorted({r.dispatch_id for r in stored if r.dispatch_id}))
    heads = desk.store.get_many(DocumentHead, [r.document_id for r in stored])
    replaced = overwritten(desk.store, run_id)
    return [
        _row(r, dispatches.get(r.dispatch_id or 0), heads.get(r.document_id), replaced.get(r.document_id, ()))
        for r in stored
    ]


def overwritten(store: Store, run_id: int) -> dict[int, tuple[str, ...]]:
    """Document id -> the hashes of its PDFs that this run has overwritten, as the journal keeps them (E10.3)."""
    found: dict[int, tuple[str, ...]] = {}
    for entry in reversed(entries_since_run(store, run_id)):
        if not any(table == "run_rows" and (new or {}).get("run_id") == run_id for table, _, _, new in entry.changes):
            continue
        for table, document_id, old, new in entry.changes:
            before, after = (old or {}).get("file_hash", ""), (new or {}).get("file_hash", "")
            if table == "invoices" and before and after and before != after:
                found[document_id] = (*found.get(document_id, ()), before)
    return found


def _row(row: RunRow, dispatch: Dispatch | None, head: DocumentHead | None, replaced: tuple[str, ...]) -> LogRow:
    return LogRow(
        number=row.number,
        customer_number=head.buyer.number if head else "",
        customer=head.buyer.name if head else "",
        gross=row.gross,
        state=row.state,
        copy=row.copy,
        time=row.changed_at,
        address=dispatch.recipients if dispatch else row.address,
        reply_code=dispatch.reply_code if dispatch else 0,
        reply=_reply(row, dispatch),
        reason=row.reason,
        server=dispatch.server if dispatch else "",
        message_id=dispatch.message_id if dispatch else "",
        attempts=dispatch.attempts if dispatch else 0,
        file=dispatch.spool if dispatch and dispatch.spool else row.file,
        hash=dispatch.spool_hash if dispatch and dispatch.spool_hash else row.file_hash,
        overwritten=replaced,
    )


def _reply(row: RunRow, dispatch: Dispatch | None) -> str:
    """The server's words without the code, which has a column of its own; what the row says besides stays."""
    if dispatch is None or row.reply not in ("", server_words(dispatch.reply_code, dispatch.reply)):
        return row.reply
    return dispatch.reply


def sums(log: Sequence[LogRow]) -> dict[RowState, tuple[int, Decimal]]:
    """Count and EUR by state; they add up to the rows of the run."""
    out: dict[RowState, tuple[int, Decimal]] = {}
    for row in log:
        count, eur = out.get(row.state, (0, Decimal(0)))
        out[row.state] = (count + 1, eur + row.gross)
    return out


HEADS = (
    N_("Nummer"),
    N_("Kundennummer"),
    N_("Kunde"),
    N_("Betrag EUR"),
    N_("Stand"),
    N_("Kopie"),
    N_("Zeit (UTC)"),
    N_("Adresse"),
    N_("Code"),
    N_("Antwort des Servers"),
    N_("Grund"),
    N_("Server"),
    N_("Message-ID"),
    N_("Versuche"),
    N_("Datei"),
    N_("SHA-256"),
    N_("überschrieben"),
)


def csv_text(log: Sequence[LogRow], translate: Callable[[str], str] = str) -> str:
    """The log for a spreadsheet: semicolons, decimal comma, CRLF; formulas are defused; sums by state at the end.

    `translate` turns German message ids into the reader's language.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([translate(head) for head in HEADS])
    for row in log:
        writer.writerow([csv_cell(clean(cell)) for cell in _cells(row, translate)])
    total = sums(log)
    name = translate(N_("Summe"))
    for state, (count, eur) in total.items():
        writer.writerow([name, str(count), "", _amount(eur), translate(ROW_STATE_NAMES[state])])
    writer.writerow([name, str(len(log)), "", _amount(sum((eur for _, eur in total.values()), Decimal(0))), ""])
    return out.getvalue()


def _cells(row: LogRow, translate: Callable[[str], str]) -> list[str]:
    return [
        row.number,
        row.customer_number,
        row.customer,
        _amount(row.gross),
        translate(ROW_STATE_NAMES[row.state]),
        translate(N_("Kopie")) if row.copy else "",
        row.time,
        ", ".join(row.address),
        str(row.reply_code or ""),
        row.reply,
        translate(REASON_NAMES.get(row.reason, row.reason)),
        row.server,
        row.message_id,
        str(row.attempts or ""),
        row.file,
        row.hash,
        " ".join(row.overwritten),
    ]


def _amount(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")
