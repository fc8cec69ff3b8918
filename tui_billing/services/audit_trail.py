"""Protokoll: what the journal knows of a record, newest first, as plain values for lists and JSON."""

from collections.abc import Iterable
from typing import Any

from tui_billing.domain.runs import RunRow
from tui_billing.store.engine import Doc, Entry
from tui_billing.store.repositories import Store, table_of

Change = tuple[str, int, Doc | None, Doc | None]
SHOWN = 200


def record_log(
    store: Store, cls: type[Any] | None = None, record_id: int | None = None, limit: int = SHOWN
) -> list[dict[str, Any]]:
    """Entries about one record, one kind of record or everything; `changes` name the fields that differ."""
    entries = store.history(cls, record_id, limit)
    table = table_of(cls) if cls else None
    return [entry_data(e, table, record_id) for e in entries]


def run_log(store: Store, run_id: int, limit: int = 1000) -> list[dict[str, Any]]:
    """Entries about a run and its rows."""
    rows = set(store.find_ids(RunRow, "run_id", run_id))
    out = []
    for entry in store.history(limit=limit):
        mine = tuple(c for c in entry.changes if _is_run(c, run_id) or _is_row(c, rows, run_id))
        if mine:
            out.append(_data(entry, mine))
    return out


def _is_run(change: Change, run_id: int) -> bool:
    return change[0] == "runs" and change[1] == run_id


def _is_row(change: Change, rows: set[int], run_id: int) -> bool:
    if change[0] != "run_rows":
        return False
    return change[1] in rows or (change[2] or change[3] or {}).get("run_id") == run_id


def entry_data(entry: Entry, table: str | None = None, record_id: int | None = None) -> dict[str, Any]:
    """One entry with the changes that were asked for."""
    changes = tuple(
        c for c in entry.changes if (table is None or c[0] == table) and (record_id is None or c[1] == record_id)
    )
    return _data(entry, changes)


def _data(entry: Entry, changes: Iterable[Change]) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "ts": entry.ts,
        "by": entry.by,
        "why": entry.why,
        "reason": entry.reason,
        "undoes": entry.undoes,
        "changes": [_change(*change) for change in changes],
    }


def _change(table: str, record_id: int, old: Doc | None, new: Doc | None) -> dict[str, Any]:
    """`fields` maps a field to [old, new] where they differ; added and deleted records name none."""
    data: dict[str, Any] = {"table": table, "id": record_id}
    if old is None or new is None:
        return {**data, "action": "added" if old is None else "deleted", "fields": {}}
    keys = [k for k in {**old, **new} if k != "rev" and old.get(k) != new.get(k)]
    return {**data, "action": "changed", "fields": {key: [old.get(key), new.get(key)] for key in keys}}
