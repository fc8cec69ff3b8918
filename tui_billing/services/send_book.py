"""The records of a sending: in flight on disk before the dot, the outcome after it, orphans become ungeklärt.

Outcomes wait in memory for the next commit, which is mostly the one that sets the next mail in flight: one fsync a
mail. That costs nothing in safety: until its outcome is written a mail stays in flight on disk, so that a crash makes
it ungeklärt, and every claim writes all outcomes first, so that no connection ever has two mails in flight on disk.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tui_billing.dispatch.lease import Lease, is_alive, sweep
from tui_billing.dispatch.port import Envelope, Outcome, Pace
from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.run_selection import REASON_NAMES
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.send_reasons import reason_problem
from tui_billing.services import documents
from tui_billing.services.desk import Desk
from tui_billing.store.engine import NotUnique
from tui_billing.store.repositories import Transaction

StillAllowed = Callable[[Transaction, MailJob], Problem | None]

SENDABLE = frozenset({RowState.OPEN, RowState.RENDERED, RowState.DEFERRED, RowState.FAILED, RowState.REFUSED})
"""States from which a row or a dispatch may be set in flight (E9); never in flight, ungeklärt or versendet."""


class NotAllowed(Exception):
    """The last check before the dot said no: nothing was sent."""

    def __init__(self, problem: Problem, *, failed: bool = False) -> None:
        super().__init__(problem.code)
        self.problem, self.failed = problem, failed


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A mail that is not sent now. `failed`: by our own fault (Fehler), else its rows stay as they are."""

    job: MailJob
    problem: Problem
    failed: bool = False
    dispatch: Dispatch | None = None


@dataclass(slots=True)
class Parcel:
    """One spooled mail on its way; `dispatch` is the record as this process last wrote it,
    `number` that of its last document."""

    job: MailJob
    dispatch: Dispatch
    mail: bytes
    envelope: Envelope
    number: str = ""
    tries: int = 0


def check(
    tx: Transaction, job: MailJob, dispatch: Dispatch | None, still_allowed: StillAllowed | None
) -> Problem | None:
    """The last check: asked when a mail is prepared and again inside the commit that sets it in flight (E1, E11)."""
    rows = tx.get_many(RunRow, job.row_ids)
    if any(row_id not in rows or rows[row_id].state not in SENDABLE for row_id in job.row_ids):
        return reason_problem("zeile_nicht_bereit", next((r.number for r in rows.values()), ""))
    for index, document_id in enumerate(job.document_ids):
        document = tx.get(DocumentHead, document_id)
        if document is None:
            return reason_problem("beleg_fehlt", str(document_id))
        others = [i for i in tx.find_ids(Dispatch, "open_document", document_id) if not dispatch or i != dispatch.id]
        moved = bool(job.document_revs) and document.rev != job.document_revs[index]
        checks = (
            (bool(others), "versand_offen"),
            (document.was_sent and not job.copy, "schon_versendet"),
            (document.state is DocumentState.CANCELLED and not document.final_at, "beleg_storniert"),
            (moved and document.state is DocumentState.OPEN, "beleg_geaendert"),
        )
        if code := next((code for applies, code in checks if applies), ""):
            return reason_problem(code, document.number)
    return still_allowed(tx, job) if still_allowed is not None else None


class Book:
    """All writes of one sending; its methods may be called from any of its threads."""

    def __init__(self, desk: Desk, still_allowed: StillAllowed | None = None) -> None:
        self.desk = desk
        self.still_allowed = still_allowed
        self.lease = Lease(desk.folder)
        self._lock = threading.Lock()
        self._pending: list[Callable[[Transaction], None]] = []

    def claim(self, parcel: Parcel) -> None:
        """Set in flight, durable when this returns; called by the transport just before the dot.

        Raises NotAllowed where the mail must not leave, and whatever the store raises: then nothing is sent.
        """
        with self._lock:
            written = len(self._pending)
            why = f"In Versand: {parcel.dispatch.subject}"
            try:
                with self.desk.store.transaction(why) as tx:
                    self._write_pending(tx)
                    claimed = self._claim(tx, parcel)
            except NotUnique as error:  # a colleague has the document in flight
                raise NotAllowed(reason_problem("versand_offen")) from error
            parcel.dispatch = claimed
            del self._pending[:written]

    def _claim(self, tx: Transaction, parcel: Parcel) -> Dispatch:
        seen = parcel.dispatch
        current = tx.get(Dispatch, seen.id)
        if current is None or current.state not in SENDABLE or current.attempts != seen.attempts:
            raise NotAllowed(reason_problem("versand_offen"))
        if problem := check(tx, parcel.job, current, self.still_allowed):
            raise NotAllowed(problem)
        at = self.desk.timestamp()
        self._make_final(tx, parcel.job, at)
        for row_id in parcel.job.row_ids:
            row = tx.need(RunRow, row_id)
            tx.put(replace(row, state=RowState.IN_FLIGHT, dispatch_id=current.id, reason="", reply="", changed_at=at))
        return tx.put(
            replace(
                seen,
                state=RowState.IN_FLIGHT,
                attempts=seen.attempts + 1,
                in_flight_at=at,
                owner=self.lease.token,
                reply="",
                reply_code=0,
            )
        )

    def _make_final(self, tx: Transaction, job: MailJob, at: str) -> None:
        """From the dot on the document may be with the customer: it must not be edited any more, whatever comes."""
        for document_id in job.document_ids:
            try:
                documents.make_final(tx, tx.need(Document, document_id), at=at)
            except Refused as refused:
                raise NotAllowed(refused.problems[0], failed=True) from refused

    def note(self, parcel: Parcel, outcome: Outcome) -> None:
        """Keep an outcome for the next commit."""
        at = self.desk.timestamp()
        with self._lock:
            self._pending.append(lambda tx: write_outcome(tx, parcel, outcome, at))

    def keep_back(self, kept: KeptBack) -> None:
        """A mail that is not sent now; written with the next commit."""
        at = self.desk.timestamp()
        with self._lock:
            self._pending.append(lambda tx: write_kept_back(tx, kept, at))

    def flush(self) -> None:
        """Write all outcomes that wait."""
        with self._lock:
            written = len(self._pending)
            if not written:
                return
            results = "Ergebnis" if written == 1 else "Ergebnisse"
            with self.desk.store.transaction(f"Versand: {written} {results}") as tx:
                self._write_pending(tx)
            del self._pending[:written]

    def _write_pending(self, tx: Transaction) -> None:
        for write in self._pending:
            write(tx)

    def discard(self, dispatches: Sequence[Dispatch]) -> None:
        """Reserved, and not tried: taken away again, so that nothing looks as if it were on its way."""
        gone = []
        if dispatches:
            with self._lock, self.desk.store.transaction("Bereitgelegte Mails verworfen") as tx:
                for dispatch in tx.get_many(Dispatch, [d.id for d in dispatches]).values():
                    if dispatch.state is RowState.OPEN and not dispatch.attempts:
                        tx.delete(Dispatch, dispatch.id)
                        gone.append(dispatch)
        forget_spooled(self.desk, gone)

    def close(self) -> None:
        """Write what waits and let the lease go; what is still in flight then has nobody left."""
        try:
            self.flush()
        finally:
            self.lease.release()


def write_outcome(tx: Transaction, parcel: Parcel, outcome: Outcome, at: str) -> None:
    """Dispatch, rows and documents after an outcome. Never raises: what has happened is written, whatever it was."""
    current = tx.get(Dispatch, parcel.dispatch.id)
    if current is None or current.attempts != parcel.dispatch.attempts or current.state is RowState.SENT:
        return  # somebody has decided meanwhile
    tx.put(
        replace(
            current,
            state=outcome.state,
            spool=parcel.dispatch.spool,
            spool_hash=parcel.dispatch.spool_hash,
            server=outcome.server,
            reply=outcome.reply,
            reply_code=outcome.code,
            finished_at=at,
            owner="",
        )
    )
    halted = outcome.state is RowState.DEFERRED and outcome.pace is Pace.STOP
    state = RowState.OPEN if halted else outcome.state
    reason = "versand_angehalten" if halted else "keine_antwort" if outcome.state is RowState.UNKNOWN else ""
    write_rows(tx, parcel.job.row_ids, state, at, reason=reason, reply=outcome.said, dispatch_id=current.id)
    if outcome.state is RowState.SENT:
        files = parcel.job.files or (("", ""),) * len(parcel.job.document_ids)
        for document_id, (file, file_hash) in zip(parcel.job.document_ids, files, strict=True):
            mark_mailed(tx, document_id, at, file, file_hash)


def write_kept_back(tx: Transaction, kept: KeptBack, at: str) -> None:
    """The reason in the rows; a reserved dispatch that never had a mail in flight is taken away again."""
    problem = kept.problem
    words = problem.text.format(**problem.params) if problem.params else problem.text
    known = problem.code.lower() in REASON_NAMES
    # The reason says what happened; beside it stands only what it does not say: the server's words.
    reply = str(problem.params.get("reply", words if problem.params else "")) if known else words
    for row in tx.get_many(RunRow, kept.job.row_ids).values():
        if row.state in SENDABLE:
            state = RowState.FAILED if kept.failed else row.state
            reason = problem.code.lower()
            tx.put(replace(row, state=state, reason=reason, reply=reply, changed_at=at))
    if kept.dispatch is not None:
        current = tx.get(Dispatch, kept.dispatch.id)
        if current is not None and current.state is RowState.OPEN and not current.attempts:
            tx.delete(Dispatch, current.id)


def write_rows(
    tx: Transaction, row_ids: tuple[int, ...], state: RowState, at: str, *, reason: str, reply: str, dispatch_id: int
) -> None:
    """The rows of one mail after an outcome or a decision."""
    for row in tx.get_many(RunRow, row_ids).values():
        tx.put(replace(row, state=state, reason=reason, reply=reply, dispatch_id=dispatch_id, changed_at=at))


def mark_mailed(tx: Transaction, document_id: int, at: str, file: str = "", file_hash: str = "") -> None:
    """The document has left by mail. A law that refuses comes too late here: the truth is written all the same."""
    try:
        documents.mark_output(tx, Document(id=document_id), at=at, mailed=True, file=file, file_hash=file_hash)
    except Refused:
        document = tx.need(Document, document_id)
        tx.put(replace(document, mailed_at=document.mailed_at or at))


def settle_orphans(desk: Desk) -> int:
    """In flight, but the process that sent them is gone: they become ungeklärt (E9.1). Returns how many.

    What such a process had only reserved, and never set in flight, is taken away.
    """
    store, states = desk.store, (RowState.IN_FLIGHT.value, RowState.OPEN.value)
    if not any(store.find_ids(Dispatch, "state", state) for state in states):
        return 0
    dead: dict[str, bool] = {}
    settled, abandoned = 0, []
    with store.transaction("Unterbrochene Sendungen sind ungeklärt") as tx:
        for dispatch in (d for state in states for d in tx.find(Dispatch, "state", state)):
            if dispatch.owner not in dead:
                dead[dispatch.owner] = not is_alive(desk.folder, dispatch.owner)
            if not dead[dispatch.owner]:
                continue
            if dispatch.state is RowState.IN_FLIGHT:
                _settle(tx, dispatch, desk.timestamp())
                settled += 1
            elif not dispatch.attempts:
                tx.delete(Dispatch, dispatch.id)
                abandoned.append(dispatch)
    forget_spooled(desk, abandoned)
    sweep(desk.folder)
    return settled


def spool_path(dispatch: Dispatch) -> str:
    """Where its mail is spooled, relative to the data folder."""
    return f"documents/{dispatch.created_at[:4]}/mail/{dispatch.message_id.strip('<>').partition('@')[0]}.eml"


def forget_spooled(desk: Desk, dispatches: Iterable[Dispatch]) -> None:
    """Mails that were spooled and never tried, and whose records are gone."""
    for dispatch in dispatches:
        with contextlib.suppress(OSError, ValueError):
            desk.files.path(spool_path(dispatch)).unlink(missing_ok=True)


def _settle(tx: Transaction, dispatch: Dispatch, at: str) -> None:
    tx.put(replace(dispatch, state=RowState.UNKNOWN, finished_at=at, note="verwaist"))
    rows = tx.find(RunRow, "dispatch_id", dispatch.id)
    in_flight = tuple(r.id for r in rows if r.state is RowState.IN_FLIGHT)
    write_rows(tx, in_flight, RowState.UNKNOWN, at, reason="verwaist", reply="", dispatch_id=dispatch.id)
