"""Numbers in files: one format per file, German (1.234,56) or ISO (1234.56), never guessed value by value."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum

from tui_billing.domain.messages import N_, Problem
from tui_billing.exchange.tables import Row


class NumberFormat(StrEnum):
    """de: points group thousands, comma before decimals; iso: point before decimals, no grouping."""

    DE = "de"
    ISO = "iso"


class IsoNumber(str):
    """A cell that its file marks as a number (JSON does): a point stands before decimals, whatever texts do."""

    __slots__ = ()


_GERMAN = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?|[+-]?,[0-9]+")
_ISO = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_NEUTRAL = re.compile(r"[+-]?[0-9]+")
_AMBIGUOUS = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}|,[0-9]{3})")


def _bare(text: str) -> str:
    """Without currency and percent signs and blanks around them; a minus behind the number (SAP) in front."""
    value = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-").strip()
    value = value.removeprefix("€").removeprefix("EUR").removesuffix("€").removesuffix("%").removesuffix("EUR").strip()
    return f"-{value[:-1].strip()}" if value.endswith("-") and not value.startswith(("-", "+")) else value


def number_cells(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Where and what: the cells of these columns that follow the file's format."""
    for row in rows:
        for column in columns:
            text = row.get(column)
            if text and not isinstance(text, IsoNumber):
                yield row.where, text


def find_format(cells: Iterable[tuple[str, str]]) -> tuple[NumberFormat | None, list[Problem]]:
    """The format of all number cells (where, text) of a file, or the problem that it cannot be told.

    A single value that fits both ways, like 1.234, is enough to refuse: the clerk then says it with --numbers.
    """
    german = iso = None
    for where, text in cells:
        value = _bare(text)
        if not value or _NEUTRAL.fullmatch(value):
            continue
        if _AMBIGUOUS.fullmatch(value):
            return None, [
                Problem(
                    "ZAHLENFORMAT_MEHRDEUTIG",
                    N_(
                        "„{value}“ kann zweierlei bedeuten. Das Format der Datei angeben: "
                        "--numbers de (1.234,56) oder --numbers iso (1234.56)."
                    ),
                    {"value": value},
                    where,
                )
            ]
        if _GERMAN.fullmatch(value):
            german = german or (where, value)
        elif _ISO.fullmatch(value):
            iso = iso or (where, value)
    if german and iso:
        return None, [
            Problem(
                "ZAHLENFORMAT_GEMISCHT",
                N_("Die Datei mischt deutsche und ISO-Zahlen: „{german}“ ({there}) und „{iso}“. Ein Format je Datei."),
                {"german": german[1], "there": german[0], "iso": iso[1]},
                iso[0],
            )
        ]
    return (NumberFormat.ISO if iso else NumberFormat.DE), []


def format_of(text: str, numbers: NumberFormat) -> NumberFormat:
    """The format of one cell in a file of this format."""
    return NumberFormat.ISO if isinstance(text, IsoNumber) else numbers


def comma_columns(numbers: NumberFormat | None, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Those columns whose numbers may have a decimal comma: none where the clerk has said ISO."""
    return () if numbers is NumberFormat.ISO else columns


def parse_number(text: str, numbers: NumberFormat, decimals: int) -> Decimal | None:
    """The value in this format with at most so many decimals; None where it does not fit."""
    value, numbers = _bare(text), format_of(text, numbers)
    pattern = _GERMAN if numbers is NumberFormat.DE else _ISO
    if not pattern.fullmatch(value):
        return None
    if numbers is NumberFormat.DE:
        value = value.replace(".", "").replace(",", ".")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and -exponent <= decimals and abs(number) < Decimal(10) ** 12 else None
