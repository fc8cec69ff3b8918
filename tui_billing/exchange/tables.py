"""CSV tables as offices write them: UTF-8 or cp1252, `;`, `,` or tab, header names in German or English."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_billing.domain.messages import N_, Clause, Problem
from tui_billing.domain.texts import clean
from tui_billing.exchange.encodings import decoded

DELIMITERS = ";\t,"
SHOWN_HEADER = 120
ENTRY = "Eintrag"
FIELD_MAX = 131_072
"""What the csv module takes as one field; more is always a quotation mark that is missing."""

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file: where it begins and its cells by column code, stripped.

    `line` counts from 1, the header's line in a CSV file; in JSON it is the place in the list and `kind` says so.
    `names` are the columns as the file calls them.
    """

    line: int
    cells: dict[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = "Zeile"

    @property
    def place(self) -> Clause:
        """The place as the clerk finds it, translated where it is shown."""
        return Clause(N_("Eintrag {n}") if self.kind == ENTRY else N_("Zeile {n}"), n=self.line)

    @property
    def where(self) -> str:
        """The place as reports name it."""
        return str(self.place)

    def get(self, column: str) -> str:
        """The cell, empty where the column is missing."""
        return self.cells.get(column, "")

    def name(self, column: str) -> str:
        """The column as the file calls it, else its code."""
        return self.names.get(column, column)


@dataclass(frozen=True, slots=True)
class Table:
    """A read table; `problems` name rows that are no rows and, as warnings, unknown columns; `fatal` kept it unread."""

    rows: tuple[Row, ...] = ()
    columns: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)
    fatal: tuple[Problem, ...] = ()


def fold_header(name: str) -> str:
    """A header name for comparison: lower case, only letters and digits."""
    lowered = name.strip().lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return "".join(c for c in lowered if c.isalnum())


def codes_by_name(aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Folded header name -> column code; a code is always one of its names."""
    return {fold_header(n): code for code, names in aliases.items() for n in (code, *names)}


def read_table(data: bytes, aliases: Mapping[str, tuple[str, ...]], required: tuple[str, ...]) -> Table:
    """The table in `data`. `aliases` maps a column code to its names; the code itself is always one.

    Quoted cells may hold line breaks; a row's line is the one where it begins.
    """
    text, problem = decoded(data)
    if problem is not None:
        return Table(fatal=(problem,))
    lines = [line for line in text.splitlines() if line.strip()][:2]
    if not lines:
        return Table(fatal=(Problem("DATEI_LEER", N_("Die Datei ist leer.")),))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(lines), strict=True)
    by_name = codes_by_name(aliases)
    columns: tuple[str, ...] = ()
    names: dict[str, str] = {}
    rows: list[Row] = []
    problems: list[Problem] = []
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(c.strip() for c in cells) or (not columns and _is_separator_line(cells)):
                continue
            if not columns:
                columns = tuple(by_name.get(fold_header(c), "") for c in cells)
                names = {code: clean(c).strip() for code, c in zip(columns, cells, strict=True) if code}
                if faults := _header_faults(cells, columns, names, required, aliases, line):
                    return Table(fatal=tuple(faults))
                problems += _unknown_columns(cells, columns, line)
            elif len(cells) > len(columns) and any(c.strip() for c in cells[len(columns) :]):
                problems.append(_too_many(cells, columns, line))
            else:
                rows.append(Row(line, {c: bare_cell(v) for c, v in zip(columns, cells, strict=False) if c}, names))
    except csv.Error as error:
        return Table(fatal=(_unreadable(error, before + 1),))
    return Table(tuple(rows), tuple(c for c in columns if c), tuple(problems))


def _delimiter(lines: list[str]) -> str:
    """The sign that parts the header line, or the one that a first line `sep=;` names (Excel writes it)."""
    if found := _SEPARATOR_LINE.fullmatch(lines[0]):
        return found.group(1)
    header = _QUOTED.sub("", lines[0])
    # `;` wins a tie because German spreadsheets write it.
    return max(DELIMITERS, key=lambda sign: (header.count(sign), -DELIMITERS.index(sign)))


def _is_separator_line(cells: list[str]) -> bool:
    return cells[0].strip().lower() == "sep=" and not any(c.strip() for c in cells[1:])


def bare_cell(cell: str) -> str:
    """The cell without blanks around it, and without the sign that our own lists put before formulas."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _unreadable(error: csv.Error, line: int) -> Problem:
    """What the csv module refuses: an open quotation mark would swallow every row behind it."""
    if "field larger" in str(error):
        text = N_("Ein Feld hat mehr als {most} Zeichen; vermutlich fehlt ein schließendes Anführungszeichen.")
        return Problem("CSV_UNLESBAR", text, {"most": FIELD_MAX}, f"Zeile {line}")
    text = N_(
        "Hier stimmen die Anführungszeichen nicht: Sie umschließen ein ganzes Feld, und im Feld selbst werden "
        "sie verdoppelt."
    )
    return Problem("CSV_UNLESBAR", text, {}, f"Zeile {line}")


def _too_many(cells: list[str], columns: tuple[str, ...], line: int) -> Problem:
    text = N_(
        "Die Zeile hat {cells} Felder, die Kopfzeile {columns}. Felder mit Trennzeichen in Anführungszeichen setzen."
    )
    return Problem("ZU_VIELE_SPALTEN", text, {"cells": len(cells), "columns": len(columns)}, f"Zeile {line}")


def _unknown_columns(cells: list[str], columns: tuple[str, ...], line: int) -> list[Problem]:
    return [
        unknown_column(clean(n).strip(), f"Zeile {line}")
        for n, c in zip(cells, columns, strict=True)
        if not c and n.strip()
    ]


def unknown_column(name: str, where: str) -> Problem:
    """The warning that a column, or a key of a JSON file, is passed over."""
    text = N_("Die Spalte „{name}“ ist unbekannt und wird übergangen.")
    return Problem("SPALTE_UNBEKANNT", text, {"name": name}, where, warning=True)


def _header_faults(
    cells: list[str],
    columns: tuple[str, ...],
    names: Mapping[str, str],
    required: tuple[str, ...],
    aliases: Mapping[str, tuple[str, ...]],
    line: int,
) -> list[Problem]:
    """Missing and double columns."""
    where = f"Zeile {line}"
    header = ", ".join(clean(c).strip() for c in cells)
    shown = header if len(header) <= SHOWN_HEADER else header[: SHOWN_HEADER - 1] + "…"
    missing = N_("Die Spalte „{name}“ ({code}) fehlt in der Kopfzeile; dort steht: {header}")
    double = N_("Die Spalte „{name}“ kommt zweimal vor.")
    return [
        *(
            Problem("SPALTE_FEHLT", missing, {"name": (*aliases[c], c)[0], "code": c, "header": shown}, where)
            for c in required
            if c not in columns
        ),
        *(
            Problem("SPALTE_DOPPELT", double, {"name": names[c]}, where)
            for c in sorted({c for c in columns if c and columns.count(c) > 1})
        ),
    ]
