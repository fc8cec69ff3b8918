"""The checkpoint: which table files hold the state at which seq. Only compaction replaces it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tui_billing.domain.messages import N_
from tui_billing.domain.os_words import os_words
from tui_billing.store.damage import damaged
from tui_billing.store.engine import ReadOnly, StoreError
from tui_billing.store.fsops import FsOps, replace_file
from tui_billing.store.journal import START

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One table file: documents with ids of range `index` (0-based), as written under schema `version`."""

    file: str
    table: str
    index: int
    count: int
    size: int
    sha256: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """`pending` are table files that a compaction is about to put in place: they are as good as those in `segments`."""

    seq: int = 0
    head: str = START
    next_ids: dict[str, int] = field(default_factory=dict)
    schema: dict[str, int] = field(default_factory=dict)
    segments: tuple[SegmentInfo, ...] = ()
    pending: tuple[SegmentInfo, ...] = ()
    format: int = FORMAT

    def save(self, folder: Path, ops: FsOps, mode: int) -> None:
        """Replace the file; durable when this returns."""
        replace_file(ops, folder / NAME, [self._text().encode()], mode)

    def _text(self) -> str:
        """JSON with one table file per line, so that a diff of it can be read."""
        plain: dict[str, Any] = asdict(self)
        out = [f'"format":{self.format}']
        out += [f'"{k}":{json.dumps(plain[k], separators=(",", ":"))}' for k in ("seq", "head", "next_ids", "schema")]
        for key in ("segments", "pending"):
            rows = ",\n".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in plain[key])
            out.append(f'"{key}":[\n{rows}\n]' if rows else f'"{key}":[]')
        return "{" + ",\n".join(out) + "}\n"

    def with_segments(self, segments: Iterable[SegmentInfo], **changes: Any) -> "Manifest":
        """A copy with other table files in order."""
        return replace(self, segments=tuple(sorted(segments, key=lambda s: (s.table, s.index))), **changes)


def load_manifest(folder: Path) -> Manifest | None:
    """The manifest, or None where there is none. Raises Damaged, or ReadOnly for a newer format."""
    path = folder / NAME
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(N_("{file} ist nicht lesbar: {error}"), file=str(path), error=os_words(error)) from error
    try:
        data = json.loads(text)
        known = int(data["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(NAME, getattr(error, "lineno", 1), N_("kein gültiges Verzeichnis")) from error
    if known > FORMAT:
        raise ReadOnly(
            N_("Der Datenbestand hat Format {found}, dieses Programm kennt nur {known}: bitte das Programm erneuern"),
            found=known,
            known=FORMAT,
        )
    try:
        rows = {key: tuple(SegmentInfo(**row) for row in data.get(key, ())) for key in ("segments", "pending")}
        return Manifest(int(data["seq"]), data["head"], data["next_ids"], data["schema"], **rows, format=known)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(NAME, 1, N_("kein gültiges Verzeichnis")) from error
