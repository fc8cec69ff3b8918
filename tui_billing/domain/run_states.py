"""Which action a run allows in which state, and what to say where it does not (E10, design.md States)."""

from enum import StrEnum

from tui_billing.domain.messages import N_, Problem, Term
from tui_billing.domain.runs import RUN_STATE_NAMES, InvoiceRun, RowState, RunState


class RunAction(StrEnum):
    """What a clerk can do with a run."""

    REMOVE = "remove"
    REBUILD = "rebuild"
    EXECUTE = "execute"
    DELETE = "delete"
    MEND = "mend"


ALL = frozenset(RunState)

ALLOWED: dict[RunAction, tuple[frozenset[RunState], str]] = {
    RunAction.REMOVE: (
        frozenset({RunState.CREATED}),
        N_("Entfernen geht nur, solange der Lauf angelegt ist; Lauf {number}: {state}."),
    ),
    RunAction.REBUILD: (
        frozenset({RunState.CREATED}),
        N_("Neu aufbauen geht nur, solange der Lauf angelegt ist; Lauf {number}: {state}."),
    ),
    RunAction.EXECUTE: (
        # RUNNING too: two processes at once do each row once.
        ALL - {RunState.DONE},
        N_("Lauf {number} ist schon {state}; es ist nichts mehr zu tun."),
    ),
    RunAction.DELETE: (
        frozenset({RunState.CREATED}),
        N_("Löschen geht nur, solange der Lauf angelegt ist; Lauf {number}: {state}."),
    ),
    RunAction.MEND: (
        ALL - {RunState.DONE},
        N_("Lauf {number} ist {state}; es gibt nichts mehr zu berichtigen."),
    ),
}
"""Action -> (states in which it is allowed, sentence for the others)."""


def refusal(run: InvoiceRun, action: RunAction) -> Problem | None:
    """Why this action is not possible now, or None."""
    states, text = ALLOWED[action]
    if run.state in states:
        return None
    params = {"number": run.number, "state": Term(RUN_STATE_NAMES[run.state])}
    return Problem("LAUF_STAND", text, params, where=str(run.number))


FINISHED_ROWS = frozenset({RowState.SENT, RowState.ISSUED, RowState.REMOVED})
"""Rows that nothing more happens to."""

TO_DO_ROWS = frozenset({RowState.OPEN, RowState.RENDERED, RowState.DEFERRED, RowState.FAILED})
"""Rows that executing takes up again: FAILED is ours and is checked anew; REFUSED waits for a mended address,
UNKNOWN and BOUNCED for the clerk's decision (E9)."""


def state_after(rows: list[RowState], stopped: bool) -> RunState:
    """The state of a run after an execution: done where nothing is left, paused where it was stopped."""
    if all(state in FINISHED_ROWS for state in rows):
        return RunState.DONE
    return RunState.PAUSED if stopped else RunState.PARTIAL
