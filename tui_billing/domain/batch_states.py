"""Which action a Rechnungsstapel allows in which state, and the German reason where it does not (D4.2, D6.4)."""

from enum import StrEnum

from tui_billing.domain.batches import BATCH_STATE_NAMES, BatchState, InvoiceBatch
from tui_billing.domain.messages import N_, Problem, Term


class BatchAction(StrEnum):
    """What a clerk may want to do with a batch."""

    ADD = "add"
    DROP = "drop"
    DELETE = "delete"
    REFRESH = "refresh"
    PREVIEW = "preview"
    PRINT = "print"
    REPRINT = "reprint"
    UNDO_DUMMY = "undo_dummy"


_PRINTED = N_("Stapel {number} ist bereits gedruckt und wird nicht mehr geändert.")
_DUMMY = N_("Stapel {number} ist ein Dummy-Stapel: nichts wurde gedruckt, er wird nur zurückgenommen.")
_DELETE_PRINTED = N_("Stapel {number} ist bereits gedruckt und wird nicht gelöscht; möglich ist ein Neudruck.")
_PRINT_PRINTED = N_("Stapel {number} ist bereits gedruckt; möglich ist ein Neudruck.")
_NOT_PRINTED = N_("Stapel {number} ist noch nicht gedruckt; einen Neudruck gibt es erst danach.")
_NO_DUMMY = N_("Stapel {number} ist kein Dummy-Stapel.")

ALLOWED: dict[BatchState, dict[BatchAction, str]] = {
    BatchState.OPEN: {
        BatchAction.ADD: "",
        BatchAction.DROP: "",
        BatchAction.DELETE: "",
        BatchAction.REFRESH: "",
        BatchAction.PREVIEW: "",
        BatchAction.PRINT: "",
        BatchAction.REPRINT: _NOT_PRINTED,
        BatchAction.UNDO_DUMMY: _NO_DUMMY,
    },
    BatchState.PRINTED: {
        BatchAction.ADD: _PRINTED,
        BatchAction.DROP: _PRINTED,
        BatchAction.DELETE: _DELETE_PRINTED,
        BatchAction.REFRESH: _PRINTED,
        BatchAction.PREVIEW: "",
        BatchAction.PRINT: _PRINT_PRINTED,
        BatchAction.REPRINT: "",
        BatchAction.UNDO_DUMMY: _NO_DUMMY,
    },
    BatchState.DUMMY: {
        BatchAction.ADD: _DUMMY,
        BatchAction.DROP: _DUMMY,
        BatchAction.DELETE: "",
        BatchAction.REFRESH: _DUMMY,
        BatchAction.PREVIEW: _DUMMY,
        BatchAction.PRINT: _DUMMY,
        BatchAction.REPRINT: _DUMMY,
        BatchAction.UNDO_DUMMY: "",
    },
}
"""State -> action -> reason why not; an empty reason allows it. Deleting a dummy batch takes it back."""


def refusal(batch: InvoiceBatch, action: BatchAction) -> Problem | None:
    """Why the batch does not allow this, or None."""
    text = ALLOWED[batch.state][action]
    if not text:
        return None
    code = {BatchState.OPEN: "STAPEL_OFFEN", BatchState.PRINTED: "STAPEL_GEDRUCKT", BatchState.DUMMY: "STAPEL_DUMMY"}
    params = {"number": batch.number, "state": Term(BATCH_STATE_NAMES[batch.state])}
    return Problem(code[batch.state], text, params, where=str(batch.number))
