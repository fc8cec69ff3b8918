"""Newer versions of a table: a pure function lifts one document one version up, on every read and replay.

Raise `version` in store/schema.py and register the function here. The first program that opens the folder for writing
keeps a copy, notes the change in the audit trail and rewrites the table files; a read-only one just reads.
An older program refuses a folder with newer tables.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_billing.domain.messages import N_
from tui_billing.store.engine import Doc, ReadOnly

if TYPE_CHECKING:
    from tui_billing.store.journal_engine import JournalEngine

Upcaster = Callable[[Doc], Doc]

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(table, version) -> the document as version + 1 has it; must not change its argument's id and rev."""


def upcast(upcasters: Mapping[tuple[str, int], Upcaster], table: str, doc: Doc, found: int, known: int) -> Doc:
    """A document of version `found` as version `known` has it."""
    for version in range(found, known):
        doc = upcasters[table, version](doc)
    return doc


def refuse_newer(found: Mapping[str, int], known: Mapping[str, Any]) -> None:
    """Raises ReadOnly where a table is newer than this program knows."""
    for table, version in found.items():
        if table in known and version > known[table].version:
            raise ReadOnly(
                N_("Tabelle {table} hat Version {found}, dieses Programm kennt nur {known}: bitte Programm erneuern"),
                table=table,
                found=version,
                known=known[table].version,
            )


def pending(engine: "JournalEngine") -> dict[str, tuple[int, int]]:
    """(found, known) version by table of what is older on disk than in this program."""
    state = engine.state
    known = {name: table.version for name, table in engine.book.tables.items()}
    out = {t: (v, known[t]) for t, v in state.journal_schema.items() if v < known.get(t, v)}
    for table, version in known.items():
        if version > 1 and table not in state.journal_schema:
            out[table] = 1, version
    for info in state.manifest.segments:
        if info.version < known.get(info.table, info.version):
            out[info.table] = info.version, known[info.table]
    return out


def migrate(engine: "JournalEngine", **options: Any) -> Path | None:
    """Bring an open folder to this program's versions; returns the copy that was kept, None where nothing was older."""
    from tui_billing.store.backup import backup
    from tui_billing.store.compact import compact

    todo = pending(engine)
    if not todo:
        return None
    steps = ", ".join(f"{table} {found} → {known}" for table, (found, known) in sorted(todo.items()))
    kept = engine.folder / "kept" / f"seq-{engine.seq:012d}"
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    if not kept.exists():
        backup(engine.folder, kept, **options)
    engine.note(f"Format: {steps}")
    compact(engine.folder, migrating=False, **options)
    engine.reload()
    return kept
