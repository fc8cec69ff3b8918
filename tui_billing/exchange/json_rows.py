"""JSON files as rows of the same columns: a list of objects, alone or under its name, keys as in CSV files."""

import json
from collections.abc import Mapping
from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.texts import clean
from tui_billing.exchange.encodings import decoded
from tui_billing.exchange.tables import ENTRY, Row, Table, codes_by_name, fold_header


def is_json(data: bytes) -> bool:
    """Whether the file begins as JSON does."""
    text, problem = decoded(data[:64] if data[:64].isascii() else data)
    return problem is None and text.lstrip()[:1] in ("[", "{")


def read_objects(data: bytes, aliases: Mapping[str, tuple[str, ...]], under: str, lines: str = "") -> Table:
    """One row per object, or per object of its list `lines`; a row's line is the object's place in the file, from 1.

    An object inside an object (an address) gives its keys to it; the file may name the list `under`.
    """
    text, problem = decoded(data)
    content: Any = None
    if problem is None:
        try:
            content = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
        except json.JSONDecodeError as error:
            sentence = N_("Die Datei ist ab Spalte {column} dieser Zeile kein gültiges JSON.")
            problem = Problem("JSON_UNLESBAR", sentence, {"column": error.colno}, f"Zeile {error.lineno}")
        except RecursionError:
            problem = Problem("JSON_UNLESBAR", N_("Die Datei ist zu tief verschachtelt."))
    if problem is not None:
        return Table(fatal=(problem,))
    objects = content.get(under, [content]) if isinstance(content, dict) else content
    reader = _Reader(codes_by_name(aliases), under, lines)
    for place, one in enumerate(objects if isinstance(objects, list) else [objects], 1):
        reader.take(place, one)
    unknown = [_unknown(name, place) for name, place in reader.unknown.items()]
    return Table(tuple(reader.rows), tuple(aliases), (*reader.problems, *unknown))


class _Reader:
    """Gathers rows, refused objects, and each unknown key with the place where it stood first."""

    def __init__(self, by_name: Mapping[str, str], under: str, lines: str) -> None:
        self.by_name, self.under, self.lines = by_name, under, lines
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.unknown: dict[str, int] = {}

    def take(self, place: int, one: Any) -> None:
        """One object: a row, or a row for each of its lines."""
        positions = one.get(self.lines) if self.lines and isinstance(one, dict) else [{}]
        if not isinstance(one, dict) or not isinstance(positions, list) or not positions:
            self.problems.append(_no_record(place, self.lines))
            return
        names: dict[str, str] = {}
        head = self._cells(one, place, names)
        for position in positions:
            cells = self._cells(position, place, names) if isinstance(position, dict) else {}
            self.rows.append(Row(place, head | cells, names, ENTRY))

    def _cells(self, one: dict[str, Any], place: int, names: dict[str, str], parent: str = "") -> dict[str, str]:
        cells: dict[str, str] = {}
        for key, value in one.items():
            if not parent and key == self.lines:
                continue
            if isinstance(value, dict):
                cells |= self._cells(value, place, names, key)
                continue
            code = self.by_name.get(fold_header(f"{parent} {key}")) or self.by_name.get(fold_header(key))
            if code:
                cells[code], names[code] = _cell(value), clean(key)
            else:
                self.unknown.setdefault(clean(f"{parent}.{key}" if parent else key), place)
        return cells


def _no_record(place: int, lines: str) -> Problem:
    text = (
        N_("Eine Rechnung braucht „lines“ mit mindestens einer Position.")
        if lines
        else N_("Erwartet wird eine Liste von Objekten.")
    )
    return Problem("RECHNUNG_OHNE_POSITION" if lines else "KEIN_OBJEKT", text, {}, f"{ENTRY} {place}")


def _unknown(name: str, place: int) -> Problem:
    text = N_("Die Spalte „{name}“ ist unbekannt und wird übergangen.")
    return Problem("SPALTE_UNBEKANNT", text, {"name": name}, f"{ENTRY} {place}", warning=True)


def _cell(value: Any) -> str:
    """A value as a cell; several (addresses) are parted by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, list):
        return ", ".join(_cell(v) for v in value if not isinstance(v, (list, dict)))
    return str(value).strip()
