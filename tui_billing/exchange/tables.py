"""CSV tables as offices write them: UTF-8 or cp1252, `;`, `,` or tab, header names in German or English."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_billing.domain.messages import N_, Problem

DELIMITERS = ";\t,"
LINES_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One data row: its line in the file (1 is the header) and its cells by column code, stripped."""

    line: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """The cell, empty where the column is missing."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A read table; `problems` say what kept it from being read, or which columns are unknown (warnings)."""

    rows: tuple[Row, ...] = ()
    columns: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)


def decode_text(data: bytes) -> str:
    """UTF-8 with or without byte order mark, else Windows-1252 (what German spreadsheets save)."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def delimiter_of(header: str) -> str:
    """The sign that parts the header line; `;` wins a tie because German spreadsheets write it."""
    return max(DELIMITERS, key=lambda sign: (header.count(sign), -DELIMITERS.index(sign)))


def fold_header(name: str) -> str:
    """A header name for comparison: lower case, only letters and digits."""
    lowered = name.strip().lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return "".join(c for c in lowered if c.isalnum())


def read_table(data: bytes, aliases: Mapping[str, tuple[str, ...]], required: tuple[str, ...]) -> Table:
    """The table in `data`. `aliases` maps a column code to its names; the code itself is always one.

    Quoted cells may hold line breaks; `Row.line` is the line where the row begins.
    """
    text = decode_text(data)
    if "\0" in text:
        return Table(
            problems=(Problem("KEINE_TEXTDATEI", N_("Die Datei ist keine CSV-Datei (sie enthält Nullbytes).")),)
        )
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        return Table(problems=(Problem("DATEI_LEER", N_("Die Datei ist leer.")),))
    by_name = {fold_header(n): code for code, names in aliases.items() for n in (code, *names)}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(first), strict=False)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    problems: list[Problem] = []
    line_before = 0
    try:
        for cells in reader:
            line, line_before = line_before + 1, reader.line_num
            if not any(c.strip() for c in cells):
                continue
            if not columns:
                columns = tuple(by_name.get(fold_header(c), "") for c in cells)
                problems += _header_problems(cells, columns, required)
                continue
            if len(cells) > len(columns):
                problems.append(
                    Problem(
                        "ZU_VIELE_SPALTEN",
                        N_(
                            "Die Zeile hat {cells} Felder, die Kopfzeile {columns}. "
                            "Felder mit Trennzeichen in Anführungszeichen setzen."
                        ),
                        {"cells": len(cells), "columns": len(columns)},
                        f"Zeile {line}",
                    )
                )
                continue
            rows.append(Row(line, {c: bare_cell(v) for c, v in zip(columns, cells, strict=False) if c}))
    except csv.Error:
        problems.append(
            Problem(
                "CSV_UNLESBAR", N_("Die Datei ist ab hier keine gültige CSV-Datei."), {}, f"Zeile {reader.line_num}"
            )
        )
    return Table(tuple(rows), tuple(c for c in columns if c), tuple(problems))


def bare_cell(cell: str) -> str:
    """The cell without blanks around it, and without the sign that our own lists put before formulas."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _header_problems(names: list[str], columns: tuple[str, ...], required: tuple[str, ...]) -> list[Problem]:
    """Unknown columns are warnings, missing or double ones are errors."""
    problems = [
        Problem(
            "SPALTE_UNBEKANNT",
            N_("Die Spalte „{name}“ ist unbekannt und wird übergangen."),
            {"name": n.strip()},
            "Zeile 1",
            warning=True,
        )
        for n, c in zip(names, columns, strict=True)
        if not c and n.strip()
    ]
    problems += [
        Problem("SPALTE_FEHLT", N_("Die Spalte „{name}“ fehlt in der Kopfzeile."), {"name": name}, "Zeile 1")
        for name in required
        if name not in columns
    ]
    problems += [
        Problem("SPALTE_DOPPELT", N_("Die Spalte „{name}“ kommt zweimal vor."), {"name": name}, "Zeile 1")
        for name in sorted({c for c in columns if c and columns.count(c) > 1})
    ]
    return problems
