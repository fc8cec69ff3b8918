"""Ungeklärte Sendungen: what is known of each, the look-up in the archive, and the clerk's three decisions.

A mail that was sent and came back is booked here too, as unzustellbar. Nothing happens by itself; each decision has a
reason and stands in the audit trail (E9).
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from tui_billing.dispatch.port import Lookup
from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.messages import N_, Problem, Refused, Term
from tui_billing.domain.runs import ROW_STATE_NAMES, Dispatch, InvoiceRun, RowState, RunRow, RunState
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.errors import not_found
from tui_billing.services.runs import close_if_done
from tui_billing.services.send_orphans import settle_orphans
from tui_billing.services.send_outcome import mark_mailed, write_rows
from tui_billing.services.send_spool import spooled
from tui_billing.services.sending import SendResult, send_spooled
from tui_billing.store.repositories import Repository, Transaction

UNKNOWN, SENT = frozenset({RowState.UNKNOWN}), frozenset({RowState.SENT})
UNDECIDED = UNKNOWN | {RowState.BOUNCED}
"""States that a decision starts from."""


@dataclass(frozen=True, slots=True)
class UnknownSending:
    """One line of the list: the mail with everything that is known, its documents' numbers and their sum."""

    dispatch: Dispatch
    numbers: tuple[str, ...]
    customer: str
    gross: Decimal
    run_number: int


def list_unknown(desk: Desk) -> list[UnknownSending]:
    """All ungeklärte sendings, the oldest first; what a dead process left in flight is among them."""
    settle_orphans(desk)
    found = desk.store.find(Dispatch, "state", RowState.UNKNOWN)
    return [describe(desk.store, d) for d in sorted(found, key=lambda d: (d.in_flight_at, d.id))]


def describe(store: Repository, dispatch: Dispatch) -> UnknownSending:
    """A dispatch as the list shows it, in whatever state it is."""
    heads = store.get_many(DocumentHead, dispatch.document_ids)
    run = store.get(InvoiceRun, dispatch.run_id) if dispatch.run_id else None
    return UnknownSending(
        dispatch,
        tuple(heads[i].number for i in dispatch.document_ids if i in heads),
        next((h.buyer.name for h in heads.values()), ""),
        sum((h.totals.gross for h in heads.values()), Decimal(0)),
        run.number if run else 0,
    )


def need_dispatch(store: Repository, dispatch_id: int) -> Dispatch:
    """The dispatch. Raises WrongUse where there is none."""
    found = store.get(Dispatch, dispatch_id)
    if found is None:
        raise not_found(N_("Sendung"), dispatch_id)
    return found


def need_in(store: Repository, dispatch_id: int, states: frozenset[RowState]) -> Dispatch:
    """The dispatch, where it is in one of these states. Raises Refused where it is not."""
    dispatch = need_dispatch(store, dispatch_id)
    if dispatch.state in states:
        return dispatch
    params = {"number": dispatch.id, "state": Term(ROW_STATE_NAMES[dispatch.state])}
    if states == SENT:
        text = N_("Die Sendung {number} ist {state}; zurückkommen kann nur, was versendet ist.")
        raise Refused(Problem("NICHT_VERSENDET", text, params, where=str(dispatch.id)))
    text = N_("Die Sendung {number} ist {state}; zu entscheiden ist nur, was ungeklärt ist.")
    raise Refused(Problem("NICHT_UNGEKLAERT", text, params, where=str(dispatch.id)))


def look_up(desk: Desk, dispatch_id: int) -> Lookup:
    """Ask the archive for the Message-ID; changes nothing. Raises Refused where no archive is set."""
    dispatch = need_dispatch(desk.store, dispatch_id)
    archive = desk.archive()
    if archive is None:
        text = N_("Es ist kein Archivpostfach eingestellt (mail.archive_imap).")
        raise Refused(Problem("KEIN_ARCHIV", text))
    return archive.find(dispatch.message_id)


def book_as_sent(desk: Desk, dispatch_id: int, reason: str) -> Dispatch:
    """Als versendet buchen: the mail arrived. Rows and documents follow, with the time at which it left.

    So does one that was booked as unzustellbar by mistake.
    """
    with _deciding(desk, dispatch_id, reason, "als versendet gebucht", UNDECIDED) as (tx, dispatch):
        at = desk.timestamp()
        rows = tx.find(RunRow, "dispatch_id", dispatch.id)
        files = {r.document_id: (r.file, r.file_hash) for r in rows}
        for document_id in dispatch.document_ids:
            mark_mailed(tx, document_id, dispatch.in_flight_at or at, *files.get(document_id, ("", "")))
        _write_rows(tx, dispatch, RowState.SENT, at, "als_versendet_gebucht")
        return tx.put(_decided(desk, dispatch, RowState.SENT, reason))


def book_as_bounced(desk: Desk, dispatch_id: int, reason: str) -> Dispatch:
    """Als unzustellbar buchen: it was sent and came back. The run is open again; its row waits for the clerk.

    The document has left the house and stays final; it goes out once more as Kopie (E8).
    """
    with _deciding(desk, dispatch_id, reason, "als unzustellbar gebucht", SENT) as (tx, dispatch):
        _write_rows(tx, dispatch, RowState.BOUNCED, desk.timestamp(), "unzustellbar", SENT)
        run = tx.get(InvoiceRun, dispatch.run_id) if dispatch.run_id is not None else None
        if run is not None and run.state is RunState.DONE:
            tx.put(replace(run, state=RunState.PARTIAL))
        return tx.put(_decided(desk, dispatch, RowState.BOUNCED, reason))


def put_back(desk: Desk, dispatch_id: int, reason: str) -> Dispatch:
    """Zurückstellen: it surely did not arrive; executing the run again takes the row up."""
    with _deciding(desk, dispatch_id, reason, "zurückgestellt") as (tx, dispatch):
        _write_rows(tx, dispatch, RowState.DEFERRED, desk.timestamp(), "zurueckgestellt")
        return tx.put(_decided(desk, dispatch, RowState.DEFERRED, reason))


def send_again(
    desk: Desk, dispatch_id: int, reason: str, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, SendResult]:
    """Erneut senden: the same bytes with the same Message-ID, so that a receiver can see the double.

    Without a receipt it stays ungeklärt: nothing more is known of the first one, and no run takes it up.
    """
    with _deciding(desk, dispatch_id, reason, "wird erneut gesendet") as (tx, dispatch):
        if spooled(desk, dispatch) is None:
            text = N_("Die abgelegte Mail {file} fehlt oder wurde verändert; sie wird nicht noch einmal gesendet.")
            raise Refused(Problem("SPOOL_BESCHAEDIGT", text, {"file": dispatch.spool}, where=str(dispatch_id)))
        dispatch = tx.put(replace(dispatch, decided_by=desk.user, note=reason.strip()))
    result = yield from send_spooled(desk, dispatch, _job_of(desk.store, dispatch), stop=stop)
    if dispatch.run_id is not None:
        with desk.store.transaction(f"Sendung {dispatch_id} wurde erneut gesendet") as tx:
            close_if_done(tx, dispatch.run_id)
    return result


def _job_of(store: Repository, dispatch: Dispatch) -> MailJob:
    rows = {r.document_id: r for r in store.find(RunRow, "dispatch_id", dispatch.id)}
    documents = store.get_many(Document, dispatch.document_ids)
    files = tuple(
        (rows[i].file, rows[i].file_hash) if i in rows else (documents[i].file, documents[i].file_hash)
        for i in dispatch.document_ids
    )
    return MailJob(
        document_ids=dispatch.document_ids,
        customer_id=dispatch.customer_id,
        recipients=dispatch.recipients,
        attachments=(),
        row_ids=tuple(r.id for r in rows.values()),
        files=files,
        copy=dispatch.copy,
        run_id=dispatch.run_id,
    )


@contextmanager
def _deciding(
    desk: Desk, dispatch_id: int, reason: str, what: str, states: frozenset[RowState] = UNKNOWN
) -> Iterator[tuple[Transaction, Dispatch]]:
    """One decision in one commit: only for what is in one of these states, and only with a reason."""
    if not reason.strip():
        raise Refused(Problem("GRUND_FEHLT", N_("Eine Entscheidung über eine Sendung braucht einen Grund.")))
    need_dispatch(desk.store, dispatch_id)
    settle_orphans(desk)
    with desk.store.transaction(f"Sendung {dispatch_id} {what}", reason=reason.strip()) as tx:
        dispatch = need_in(tx, dispatch_id, states)
        yield tx, dispatch
        if dispatch.run_id is not None:
            close_if_done(tx, dispatch.run_id)


def _decided(desk: Desk, dispatch: Dispatch, state: RowState, reason: str) -> Dispatch:
    return replace(
        dispatch, state=state, decided_by=desk.user, note=reason.strip(), finished_at=desk.timestamp(), owner=""
    )


def _write_rows(
    tx: Transaction,
    dispatch: Dispatch,
    state: RowState,
    at: str,
    reason: str,
    before: frozenset[RowState] = UNDECIDED,
) -> None:
    rows = [r for r in tx.find(RunRow, "dispatch_id", dispatch.id) if r.state in before]
    write_rows(tx, rows, state, at, reason=reason, reply=dispatch.reply, dispatch_id=dispatch.id)
