"""What a sending writes into dispatch, rows and documents: an outcome, or why a mail was held back."""

from collections.abc import Iterable
from dataclasses import replace

from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.run_selection import REASON_NAMES
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.send_reasons import ABOUT_ONE_DOCUMENT
from tui_billing.services import documents
from tui_billing.services.send_parcel import SENDABLE, KeptBack, Parcel
from tui_billing.store.repositories import Transaction

ON_ITS_WAY = frozenset({RowState.IN_FLIGHT, RowState.UNKNOWN})


def write_outcome(tx: Transaction, parcel: Parcel, outcome: Outcome, at: str) -> None:
    """Dispatch, rows and documents after an outcome. Never raises: what has happened is written, whatever it was."""
    current = tx.get(Dispatch, parcel.dispatch.id)
    if current is None or current.attempts != parcel.dispatch.attempts or current.state is RowState.SENT:
        return  # somebody has decided meanwhile
    state, reason = _state_and_reason(parcel, outcome)
    in_vain = parcel.again and state is not RowState.SENT
    tx.put(
        replace(
            current,
            state=RowState.UNKNOWN if in_vain else outcome.state,
            spool=parcel.dispatch.spool,
            spool_hash=parcel.dispatch.spool_hash,
            server=outcome.server,
            reply=outcome.reply,
            reply_code=outcome.code,
            finished_at=at,
            owner="",
        )
    )
    rows = [r for r in tx.get_many(RunRow, parcel.job.row_ids).values() if _is_ours(r, current)]
    write_rows(tx, rows, state, at, reason=reason, reply=outcome.said, dispatch_id=current.id)
    if outcome.state is RowState.SENT:
        files = parcel.job.archived
        for document_id, (file, file_hash) in zip(parcel.job.document_ids, files, strict=True):
            mark_mailed(tx, document_id, at, file, file_hash)


def _state_and_reason(parcel: Parcel, outcome: Outcome) -> tuple[RowState, str]:
    """State and reason of the rows; a run that halts leaves its mail open (E9.2)."""
    if parcel.again and outcome.state is not RowState.SENT:
        return RowState.UNKNOWN, "erneut_vergeblich"
    if outcome.state is RowState.DEFERRED and outcome.pace is Pace.STOP:
        return RowState.OPEN, "versand_angehalten"
    return outcome.state, "keine_antwort" if outcome.state is RowState.UNKNOWN else ""


def _is_ours(row: RunRow, dispatch: Dispatch) -> bool:
    """Not where a second process has the row in flight by another mail, or has sent it already."""
    return row.state in SENDABLE or (row.state in ON_ITS_WAY and row.dispatch_id == dispatch.id)


def write_kept_back(tx: Transaction, kept: KeptBack, at: str) -> Dispatch | None:
    """The reason in the rows. Returns a reserved dispatch that never had a mail in flight: it is taken away again."""
    for row in tx.get_many(RunRow, kept.job.row_ids).values():
        if row.state in SENDABLE:
            tx.put(replace(held(row, kept.problem, failed=kept.failed), changed_at=at))
    current = tx.get(Dispatch, kept.dispatch.id) if kept.dispatch is not None else None
    if current is not None and current.state is RowState.OPEN and not current.attempts:
        tx.delete(Dispatch, current.id)
        return current
    return None


def held(row: RunRow, problem: Problem, *, failed: bool = False) -> RunRow:
    """The row of a mail that is held back; in a joint mail only the document at fault has its reason."""
    words = problem.sentence
    if problem.where and row.number != problem.where and (failed or problem.code in ABOUT_ONE_DOCUMENT):
        return replace(row, reason="mail_aufgehalten", reply=f"{problem.where}: {words}")
    reason = problem.code.lower()
    # The reason says what happened; beside it stands only what it does not say: the server's words.
    reply = str(problem.params.get("reply", words if problem.params else "")) if reason in REASON_NAMES else words
    return replace(row, state=RowState.FAILED if failed else row.state, reason=reason, reply=reply)


def write_rows(
    tx: Transaction, rows: Iterable[RunRow], state: RowState, at: str, *, reason: str, reply: str, dispatch_id: int
) -> None:
    """The rows of one mail after an outcome or a decision."""
    for row in rows:
        tx.put(replace(row, state=state, reason=reason, reply=reply, dispatch_id=dispatch_id, changed_at=at))


def mark_mailed(tx: Transaction, document_id: int, at: str, file: str = "", file_hash: str = "") -> None:
    """The document has left by mail. A law that refuses comes too late here: the truth is written all the same."""
    try:
        documents.mark_output(tx, Document(id=document_id), at=at, mailed=True, file=file, file_hash=file_hash)
    except Refused:
        document = tx.need(Document, document_id)
        tx.put(replace(document, mailed_at=document.mailed_at or at))
