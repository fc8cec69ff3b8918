"""The records of a sending: in flight on disk before the dot, the outcome after it.

Outcomes wait in memory for the next commit, which is mostly the one that sets the next mail in flight: one fsync a
mail. That costs nothing in safety: until its outcome is written a mail stays in flight on disk, so that a crash makes
it ungeklärt, and every claim writes all outcomes first, so that no connection ever has two mails in flight on disk.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from tui_billing.dispatch.lease import Lease
from tui_billing.dispatch.port import Outcome
from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.mail_jobs import MailJob, is_outdated
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.send_reasons import reason_problem
from tui_billing.services import documents
from tui_billing.services.desk import Desk
from tui_billing.services.send_orphans import forget_spooled
from tui_billing.services.send_outcome import write_kept_back, write_outcome
from tui_billing.services.send_parcel import SENDABLE, KeptBack, NotAllowed, Parcel, StillAllowed
from tui_billing.store.engine import NotUnique
from tui_billing.store.repositories import Transaction


def check(
    tx: Transaction,
    job: MailJob,
    dispatch: Dispatch | None,
    still_allowed: StillAllowed | None,
    *,
    again: bool = False,
) -> Problem | None:
    """The last check: asked when a mail is prepared and again inside the commit that sets it in flight (E1, E11).

    `again`: the clerk sends this ungeklärte dispatch once more, so its own rows are ungeklärt too.
    """
    ready = SENDABLE | {RowState.UNKNOWN} if again else SENDABLE
    rows = tx.get_many(RunRow, job.row_ids)
    if gone := [i for i in job.row_ids if i not in rows or rows[i].state not in ready]:
        return reason_problem("zeile_nicht_bereit", rows[gone[0]].number if gone[0] in rows else "")
    own = dispatch.id if dispatch else 0
    files = job.archived
    revs = job.document_revs or (0,) * len(job.document_ids)
    for document_id, (_, file_hash), rev in zip(job.document_ids, files, revs, strict=True):
        document = tx.get(DocumentHead, document_id)
        if document is None:
            return reason_problem("beleg_fehlt", str(document_id))
        checks = (
            (any(i != own for i in tx.find_ids(Dispatch, "open_document", document_id)), "versand_offen"),
            (document.was_sent and not job.copy, "schon_versendet"),
            (document.state is DocumentState.CANCELLED and not document.final_at, "beleg_storniert"),
            (bool(rev) and is_outdated(document, rev, file_hash), "beleg_geaendert"),
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
        self._pending: list[Callable[[Transaction], Dispatch | None]] = []

    def claim(self, parcel: Parcel) -> None:
        """Set in flight, durable when this returns; called by the transport just before the dot.

        Raises NotAllowed where the mail must not leave, and whatever the store raises: then nothing is sent.
        """
        with self._lock:
            written = len(self._pending)
            why = f"In Versand: {parcel.dispatch.subject}"
            try:
                with self.desk.store.transaction(why) as tx:
                    gone = self._write_pending(tx)
                    claimed = self._claim(tx, parcel)
            except NotUnique as error:  # a colleague has the document in flight
                raise NotAllowed(reason_problem("versand_offen")) from error
            parcel.dispatch = claimed
            del self._pending[:written]
        forget_spooled(self.desk, gone)

    def _claim(self, tx: Transaction, parcel: Parcel) -> Dispatch:
        seen = parcel.dispatch
        current = tx.get(Dispatch, seen.id)
        ready = SENDABLE | {RowState.UNKNOWN} if parcel.again else SENDABLE
        if current is None or current.state not in ready or current.attempts != seen.attempts:
            raise NotAllowed(reason_problem("versand_offen"))
        if problem := check(tx, parcel.job, current, self.still_allowed, again=parcel.again):
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
        """From the dot on the document may be with the customer: it must not be edited any more, whatever comes, and
        it names the file that left."""
        files = job.archived
        for document_id, (file, file_hash) in zip(job.document_ids, files, strict=True):
            document = tx.need(Document, document_id)
            try:
                final = documents.make_final(tx, document, at=at, store=False)
            except Refused as refused:
                problem = replace(refused.problems[0], where=document.number)
                raise NotAllowed(problem, failed=True) from refused
            if file and not final.was_sent:
                final = replace(final, file=file, file_hash=file_hash)
            if final != document:
                tx.put(final)

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
                gone = self._write_pending(tx)
            del self._pending[:written]
        forget_spooled(self.desk, gone)

    def _write_pending(self, tx: Transaction) -> list[Dispatch]:
        """Returns the dispatches that are taken away, for their spooled mails to go after the commit."""
        return [gone for write in self._pending if (gone := write(tx)) is not None]

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
