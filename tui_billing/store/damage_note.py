"""A note of damage in the table files, beside the journal: as long as it lies there, nobody writes.

Only damage that the journals can mend is noted. Whoever has mended it takes the note away by a check without findings.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_, Clause
from tui_billing.store.engine import Damaged
from tui_billing.store.findings import Finding
from tui_billing.store.fsops import FsOps, file_mode, replace_file

NOTE = "/journal/damaged"
NOTED = frozenset(
    {
        "MANIFEST_CHAIN", "RECORD_CHANGED", "RECORD_DAMAGED", "RECORD_UNKNOWN", "TABLE_CHANGED", "TABLE_DAMAGED",
        "TABLE_MISSING",
    }
)  # fmt: skip
"""Codes of findings in what is made anew from the journals."""


def note_path(folder: Path) -> Path:
    """Where the note lies."""
    return Path(f"{folder}{NOTE}")


def is_noted(folder: Path) -> bool:
    """Whether nobody may write. Asked in every transaction, so it makes no Path."""
    return os.access(f"{folder}{NOTE}", os.F_OK)


def update(folder: Path, findings: Iterable[Finding]) -> None:
    """Note the first place that the journals can mend, or take the note away where the tables are sound."""
    errors = [f for f in findings if not f.warning]
    place = next((f for f in errors if f.code in NOTED), None)
    if place is not None:
        note(folder, place.file, place.line, place.byte)
    elif all(f.file != "manifest.json" for f in errors):  # without it nobody has looked at the tables
        with suppress(OSError):
            note_path(folder).unlink()


def note(folder: Path, file: str, line: int = 0, byte: int = 0) -> None:
    """Stop all writers. On a medium that is only read nobody writes anyway."""
    text = json.dumps({"file": file, "line": line, "byte": byte}) + "\n"
    with suppress(OSError):
        replace_file(FsOps(), note_path(folder), [text.encode()], file_mode(folder))


def refuse(folder: Path) -> None:
    """Raises Damaged where damage is noted."""
    if not is_noted(folder):
        return
    text = N_(
        "Der Datenbestand ist beschädigt ({place}) und wird nur noch gelesen. Was lesbar ist, rettet „tui-billing "
        "restore --rescue {folder} --data NEUER_ORDNER“; ist die Datei wieder in Ordnung, gibt „tui-billing verify“ "
        "das Schreiben frei"
    )
    params = _read(note_path(folder))
    place = params["file"]
    if params["line"]:
        place = Clause(N_("{file}, Zeile {line} (Byte {byte})"), **params)
    raise Damaged(text, place=place, folder=str(folder), **params)


def _read(path: Path) -> dict[str, Any]:
    """The place; a note that cannot be read stops the writers all the same."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_bytes())
        return {"file": str(found["file"]), "line": int(found["line"]), "byte": int(found["byte"])}
    return {"file": "tables", "line": 0, "byte": 0}
