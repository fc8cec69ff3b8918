"""CSV tables as offices write them: UTF-8 or cp1252, `;`, `,` or tab, header names in German or English."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMALS = re.compile(r"[0-9]{1,6}[-%€]?")
_ISO_ONLY = re.compile(r"[+-]?[0-9]*\.(?:[0-9]{1,2}|[0-9]{4,})")


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
    """A read table; `problems` name rows that are no rows and, as warnings, unknown columns; `fatal` kept it unread.

    `broken` are those rows as far as they could be read, each with its problem.
    """

    rows: tuple[Row, ...] = ()
    columns: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)
    fatal: tuple[Problem, ...] = ()
    broken: tuple[tuple[Row, Problem], ...] = ()


def fold_header(name: str) -> str:
    """A header name for comparison: lower case, only letters and digits."""
    lowered = name.strip().lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return "".join(c for c in lowered if c.isalnum())


def codes_by_name(aliases: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Folded header name -> column code; a code is always one of its names."""
    return {fold_header(n): code for code, names in aliases.items() for n in (code, *names)}


def read_table(
    data: bytes, aliases: Mapping[str, tuple[str, ...]], required: tuple[str, ...], decimals: tuple[str, ...] = ()
) -> Table:
    """The table in `data`. `aliases` maps a column code to its names; the code itself is always one.

    Quoted cells may hold line breaks; a row's line is the one where it begins. `decimals` are the columns whose
    numbers may have a decimal comma.
    """
    text, problem = decoded(data)
    if problem is not None:
        return Table(fatal=(problem,))
    lines = [line for line in text.splitlines() if line.strip()][:2]
    if not lines:
        return Table(fatal=(Problem("DATEI_LEER", N_("Die Datei ist leer.")),))
    delimiter = _delimiter(lines)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    by_name = codes_by_name(aliases)
    columns: tuple[str, ...] = ()
    names: dict[str, str] = {}
    rows: list[Row] = []
    problems: list[Problem] = []
    long: list[tuple[Row, list[str]]] = []
    widths: set[int] = set()
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
            else:
                rows.append(Row(line, {c: bare_cell(v) for c, v in zip(columns, cells, strict=False) if c}, names))
                widths.add(len(cells))
                long += [(rows[-1], cells)] if len(cells) > len(columns) else []
    except csv.Error as error:
        return Table(fatal=(_unreadable(error, before + 1),))
    table = Table(tuple(rows), tuple(c for c in columns if c), tuple(problems))
    return _without_broken(table, long, columns, widths, decimals if delimiter == "," else ())


def _without_broken(
    table: Table,
    long: list[tuple[Row, list[str]]],
    columns: tuple[str, ...],
    widths: set[int],
    decimals: tuple[str, ...],
) -> Table:
    """The table without rows that are longer than the header, unless every row ends with the same empty fields.

    In a comma file even those may be the rest of a number that its decimal comma parted, unless other numbers of
    the file have a point.
    """
    faults: dict[int, Problem] = {}
    has_points = long and any(_ISO_ONLY.fullmatch(row.get(c)) for row in table.rows for c in decimals)
    for row, cells in long:
        parted = "" if has_points else _parted(cells, columns, decimals)
        if len(widths) > 1 or parted or any(c.strip() for c in cells[len(columns) :]):
            faults[row.line] = _too_many(cells, columns, row.line, parted)
    if not faults:
        return table
    return replace(
        table,
        rows=tuple(r for r in table.rows if r.line not in faults),
        broken=tuple((r, faults[r.line]) for r in table.rows if r.line in faults),
        problems=(*table.problems, *faults.values()),
    )


def _parted(cells: list[str], columns: tuple[str, ...], decimals: tuple[str, ...]) -> str:
    """Two neighbours that may be one number with a decimal comma, joined; empty where there are none."""
    stripped = [c.strip() for c in cells]
    pairs = zip(columns, stripped, stripped[1:], strict=False)
    found = [f"{a},{b}" for c, a, b in pairs if c in decimals and _WHOLE.fullmatch(a) and _DECIMALS.fullmatch(b)]
    return found[-1] if found else ""


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


def _too_many(cells: list[str], columns: tuple[str, ...], line: int, parted: str) -> Problem:
    text = N_(
        "Die Zeile hat {cells} Felder, die Kopfzeile {columns}. Felder mit Trennzeichen in Anführungszeichen setzen."
    )
    number = N_(
        "Die Zeile hat {cells} Felder, die Kopfzeile {columns}; „{number}“ kann eine Zahl mit Dezimalkomma sein. "
        "Solche Zahlen in Anführungszeichen setzen; trennt ein Punkt die Dezimalstellen der Datei, "
        "--numbers iso angeben."
    )
    params = {"cells": len(cells), "columns": len(columns), "number": parted}
    return Problem("ZU_VIELE_SPALTEN", number if parted else text, params, f"Zeile {line}")


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
