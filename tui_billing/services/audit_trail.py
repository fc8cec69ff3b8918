"""Protokoll: what the journal knows of a record, newest first, as plain values for lists and JSON."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tui_billing.domain import format as fmt
from tui_billing.domain.audit_words import field_name, record_number, table_name, value_name
from tui_billing.domain.messages import N_
from tui_billing.domain.runs import InvoiceRun, RunRow
from tui_billing.store.engine import Doc, Entry
from tui_billing.store.repositories import Store, table_of

Change = tuple[str, int, Doc | None, Doc | None]
SHOWN = 200
DAY = re.compile(r"\d{4}-\d\d-\d\d")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
CENTS = re.compile(r"-?\d+\.\d\d")
ACTIONS = {"added": N_("angelegt"), "deleted": N_("gelöscht"), "changed": N_("geändert")}


def record_log(
    store: Store, cls: type[Any] | None = None, record_id: int | None = None, limit: int = SHOWN
) -> list[dict[str, Any]]:
    """Entries about one record, one kind of record or everything; `changes` name the fields that differ."""
    entries = store.history(cls, record_id, limit)
    table = table_of(cls) if cls else None
    return [entry_data(e, table, record_id) for e in entries]


def entries_since_run(store: Store, run_id: int) -> list[Entry]:
    """Entries about this run, and about rows of any run since it was made; the newest first."""
    own = {e.seq: e for e in store.history(InvoiceRun, run_id, store.seq)}
    if not own:
        return []
    first = min(own)
    rows = {e.seq: e for e in store.history(RunRow, None, store.seq - first + 1) if e.seq >= first}
    return sorted({**rows, **own}.values(), key=lambda e: -e.seq)


def run_log(store: Store, run_id: int, limit: int = 1000) -> list[dict[str, Any]]:
    """Entries about a run and its rows, however many others lie between them."""
    out = []
    for entry in entries_since_run(store, run_id):
        mine = sorted((c for c in entry.changes if _is_of_run(c, run_id)), key=lambda c: c[0] != "runs")
        if mine:
            out.append(_data(entry, mine))
    return out[: max(0, limit)]


def former_ids(store: Store, cls: type[Any], key: str, value: Any) -> list[int]:
    """Ids of deleted records that had this value when they were deleted, the newest first."""
    table = table_of(cls)
    changes = (c for entry in store.history(cls, None, store.seq) for c in entry.changes)
    return [i for t, i, old, new in changes if t == table and new is None and old is not None and old.get(key) == value]


def _is_of_run(change: Change, run_id: int) -> bool:
    if change[0] == "runs":
        return change[1] == run_id
    return change[0] == "run_rows" and (change[2] or change[3] or {}).get("run_id") == run_id


def entry_data(entry: Entry, table: str | None = None, record_id: int | None = None) -> dict[str, Any]:
    """One entry with the changes that were asked for."""
    changes = tuple(
        c for c in entry.changes if (table is None or c[0] == table) and (record_id is None or c[1] == record_id)
    )
    return _data(entry, changes)


def _data(entry: Entry, changes: Iterable[Change]) -> dict[str, Any]:
    """A record that came and went in the same transaction was never there for anybody."""
    return {
        "seq": entry.seq,
        "ts": entry.ts,
        "by": entry.by,
        "why": entry.why,
        "reason": entry.reason,
        "undoes": entry.undoes,
        "changes": [_change(*change) for change in changes if change[2] is not None or change[3] is not None],
    }


def _change(table: str, record_id: int, old: Doc | None, new: Doc | None) -> dict[str, Any]:
    """`fields` maps a field to [old, new] where they differ; added and deleted records name none."""
    data: dict[str, Any] = {"table": table, "id": record_id, "number": record_number(new or old or {})}
    if old is None or new is None:
        return {**data, "action": "added" if old is None else "deleted", "fields": {}}
    keys = [k for k in {**old, **new} if k != "rev" and old.get(k) != new.get(k)]
    return {**data, "action": "changed", "fields": {key: [old.get(key), new.get(key)] for key in keys}}


Say = Callable[[str], str]


def record_name(change: dict[str, Any], say: Say) -> str:
    """Rechnung RE-2026-00042; a record without a number by its id."""
    return f"{say(table_name(change['table']))} {change['number'] or change['id']}"


def action_name(change: dict[str, Any], say: Say) -> str:
    """Angelegt, geändert, gelöscht."""
    return say(ACTIONS[change["action"]])


@dataclass(frozen=True, slots=True)
class Words:
    """How values are said: translation, language of days and amounts, and the form of a timestamp."""

    say: Say
    language: str = "de"
    stamp: Say = str


def field_rows(change: dict[str, Any], words: Words) -> Iterator[tuple[str, str, str]]:
    """(field, old, new) in the clerk's words; a field of fields gives one row for each of them that differs."""
    say = words.say
    for name, (old, new) in change["fields"].items():
        for path, before, after in _differences((name,), old, new):
            label = " · ".join(say(field_name(part)) if isinstance(part, str) else str(part) for part in path)
            values = (_shown(change["table"], path[-1], value, words) for value in (before, after))
            yield (label, *values)  # type: ignore[misc]


def _differences(path: tuple[Any, ...], old: Any, new: Any) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield from _differences((*path, key), old.get(key), new.get(key))
    elif _has_objects(old) and _has_objects(new):
        for n in range(max(len(old), len(new))):
            before, after = (part[n] if n < len(part) else None for part in (old, new))
            if before != after:
                yield from _differences((*path, n + 1), before, after)
    else:
        yield path, old, new


def _has_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)


def _shown(table: str, field: Any, value: Any, words: Words) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return words.say(N_("Ja") if value else N_("Nein"))
    if isinstance(value, list):
        return ", ".join(_shown(table, field, part, words) for part in value)
    if isinstance(value, dict):
        parts = ((k, v) for k, v in value.items() if v not in (None, "", [], {}))
        return ", ".join(f"{words.say(field_name(k))} {_shown(table, k, v, words)}" for k, v in parts)
    return _text(table, field, str(value), words)


def _text(table: str, field: Any, text: str, words: Words) -> str:
    if DAY.fullmatch(text):
        return fmt.day(date.fromisoformat(text), words.language)
    if STAMP.fullmatch(text):
        return words.stamp(text)
    if CENTS.fullmatch(text):
        return fmt.money(Decimal(text), words.language, symbol=False)
    named = value_name(table, str(field), text)
    return words.say(named) if named != text else text
