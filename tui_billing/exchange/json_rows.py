"""JSON files as rows of the same columns: a list of objects, alone or under its name, keys as in CSV files."""

import codecs
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.texts import clean
from tui_billing.exchange.encodings import decoded
from tui_billing.exchange.numbers import IsoNumber
from tui_billing.exchange.tables import ENTRY, Row, Table, codes_by_name, fold_header, unknown_column

_BEGINNING = 1024


class _Doubled(dict[str, Any]):
    """An object that names fields twice; a plain dict would keep the last value without a word."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = tuple(key for key, n in Counter(key for key, _value in pairs).items() if n > 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Doubled(pairs)


def is_json(data: bytes) -> bool:
    """Whether the file begins as JSON does."""
    return data[:_BEGINNING].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{")


def read_objects(
    data: bytes, aliases: Mapping[str, tuple[str, ...]], under: str, lines: str = "", whole: tuple[str, ...] = ()
) -> Table:
    """One row per object, or per object of its list `lines`; a row's line is the object's place in the file, from 1.

    An object inside an object (an address) gives its keys to it; the file may name the list `under`. Numbers come
    as IsoNumber, so that texts alone follow the file's number format. `whole` are columns that a line may not
    fill differently from its object.
    """
    content, problem = _content(data)
    if problem is None and isinstance(content, _Doubled) and under in content.twice:
        problem = _double(under)
    if problem is not None:
        return Table(fatal=(problem,))
    objects = content.get(under, [content]) if isinstance(content, dict) else content
    reader = _Reader(codes_by_name(aliases), under, lines, whole)
    for place, one in enumerate(objects if isinstance(objects, list) else [objects], 1):
        reader.take(place, one)
    unknown = [unknown_column(name, f"{ENTRY} {place}") for name, place in reader.unknown.items()]
    return Table(tuple(reader.rows), tuple(aliases), (*reader.problems, *unknown))


def _content(data: bytes) -> tuple[Any, Problem | None]:
    text, problem = decoded(data)
    if problem is not None:
        return None, problem
    try:
        return json.loads(
            text, parse_float=IsoNumber, parse_int=IsoNumber, parse_constant=str, object_pairs_hook=_object
        ), None
    except json.JSONDecodeError as error:
        sentence = N_("Die Datei ist ab Spalte {column} dieser Zeile kein gültiges JSON.")
        return None, Problem("JSON_UNLESBAR", sentence, {"column": error.colno}, f"Zeile {error.lineno}")
    except RecursionError:
        return None, Problem("JSON_UNLESBAR", N_("Die Datei ist zu tief verschachtelt."))


class _Reader:
    """Gathers rows, refused objects, and each unknown key with the place where it stood first."""

    def __init__(self, by_name: Mapping[str, str], under: str, lines: str, whole: tuple[str, ...]) -> None:
        self.by_name, self.under, self.lines, self.whole = by_name, under, lines, whole
        self.codes: dict[tuple[str, str], str] = {}
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.unknown: dict[str, int] = {}

    def code(self, parent: str, key: str) -> str:
        """The column of a key; one of an object inside may have the object's name before it. Empty: unknown."""
        if (parent, key) not in self.codes:
            both = fold_header(f"{parent} {key}"), fold_header(key)
            self.codes[parent, key] = next((self.by_name[n] for n in both if n in self.by_name), "")
        return self.codes[parent, key]

    def take(self, place: int, one: Any) -> None:
        """One object: a row, or a row for each of its lines; what names a field twice is refused whole."""
        positions = one.get(self.lines) if self.lines and isinstance(one, dict) else [{}]
        if not isinstance(one, dict) or not isinstance(positions, list) or not positions:
            self.problems.append(_no_record(place, self.lines))
            return
        found = _Fields(self, place)
        head = found.cells(one)
        rows: list[Row] = []
        for number, position in enumerate(positions, 1):
            cells = found.cells(position, f"{self.lines}[{number}]") if isinstance(position, dict) else {}
            found.compare(head, cells, self.whole)
            rows.append(Row(place, head | cells, found.names, ENTRY))
        self.problems += found.problems
        self.rows += [] if found.problems else rows


class _Fields:
    """The cells of one entry: its own, and those of each of its lines."""

    def __init__(self, reader: _Reader, place: int) -> None:
        self.reader, self.place = reader, place
        self.names: dict[str, str] = {}
        self.problems: list[Problem] = []

    def cells(self, one: dict[str, Any], path: str = "") -> dict[str, str]:
        """Column code -> value; `path` says where the object stands in its entry."""
        found: dict[str, str] = {}
        self._gather(one, "", path, found, {})
        return found

    def compare(self, head: Mapping[str, str], cells: Mapping[str, str], whole: tuple[str, ...]) -> None:
        """Refuse a line that says of its object what the object says differently."""
        for code in whole:
            if head.get(code) and cells.get(code) and head[code] != cells[code]:
                text = N_("{column}: „{value}“ in „{lines}“ widerspricht „{other}“ im Eintrag selbst.")
                params = {"column": self.names[code], "value": clean(cells[code]), "other": clean(head[code])}
                where = f"{ENTRY} {self.place}"
                self.problems.append(
                    Problem("ZEILEN_WIDERSPRECHEN", text, {**params, "lines": self.reader.lines}, where)
                )

    def _gather(
        self, one: dict[str, Any], parent: str, path: str, found: dict[str, str], keys: dict[str, tuple[str, ...]]
    ) -> None:
        for key in one.twice if isinstance(one, _Doubled) else ():
            self.problems.append(_double(_named(path, parent, key), place=self.place))
        for key, value in one.items():
            if not (parent or path) and key == self.reader.lines:
                continue
            if isinstance(value, dict):
                self._gather(value, key, path, found, keys)
                continue
            code = self.reader.code(parent, key)
            if not code:
                self.reader.unknown.setdefault(clean(f"{parent}.{key}" if parent else key), self.place)
                continue
            if code in found:
                self.problems.append(_double(_named(path, parent, key), _named(*keys[code]), place=self.place))
            found[code], self.names[code], keys[code] = _cell(value), clean(key), (path, parent, key)


def _named(*parts: str) -> str:
    return clean(".".join(part for part in parts if part))


def _double(name: str, other: str = "", *, place: int = 0) -> Problem:
    same = N_("Das Feld „{name}“ kommt zweimal vor.")
    text = N_("„{other}“ und „{name}“ sind dasselbe Feld; es darf nur einmal vorkommen.") if other else same
    return Problem("SPALTE_DOPPELT", text, {"name": name, "other": other}, f"{ENTRY} {place}" if place else "")


def _no_record(place: int, lines: str) -> Problem:
    text = (
        N_("Eine Rechnung braucht „lines“ mit mindestens einer Position.")
        if lines
        else N_("Erwartet wird eine Liste von Objekten.")
    )
    return Problem("RECHNUNG_OHNE_POSITION" if lines else "KEIN_OBJEKT", text, {}, f"{ENTRY} {place}")


def _cell(value: Any) -> str:
    """A value as a cell; several (addresses) are parted by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, list):
        return ", ".join(_cell(v) for v in value if not isinstance(v, (list, dict)))
    return value if isinstance(value, IsoNumber) else str(value).strip()
