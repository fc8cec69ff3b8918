"""What a dead process has left of a sending: in flight becomes ungeklärt, reserved and never tried is taken away."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from tui_billing.dispatch.lease import is_alive, sweep
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.services.desk import Desk
from tui_billing.services.send_outcome import write_rows
from tui_billing.store.repositories import Transaction


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


def _settle(tx: Transaction, dispatch: Dispatch, at: str) -> None:
    tx.put(replace(dispatch, state=RowState.UNKNOWN, finished_at=at, note="verwaist"))
    rows = [r for r in tx.find(RunRow, "dispatch_id", dispatch.id) if r.state is RowState.IN_FLIGHT]
    write_rows(tx, rows, RowState.UNKNOWN, at, reason="verwaist", reply="", dispatch_id=dispatch.id)


def spool_path(dispatch: Dispatch) -> str:
    """Where its mail is spooled, relative to the data folder."""
    return f"documents/{dispatch.created_at[:4]}/mail/{dispatch.message_id.strip('<>').partition('@')[0]}.eml"


def forget_spooled(desk: Desk, dispatches: Iterable[Dispatch]) -> None:
    """Mails that were spooled and never tried, and whose records are gone."""
    for dispatch in dispatches:
        with contextlib.suppress(OSError, ValueError):
            desk.files.path(spool_path(dispatch)).unlink(missing_ok=True)
