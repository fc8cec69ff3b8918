"""One cell of an import file to one value; every refusal names the line and the column as the file calls it."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from tui_billing.domain.countries import country_code
from tui_billing.domain.inputs import parse_date
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.texts import clean, clean_block
from tui_billing.exchange.numbers import NumberFormat, format_of, parse_number
from tui_billing.exchange.tables import Row

V = TypeVar("V")

_FILE_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{2}|[0-9]{4})")
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00(?:\.0+)?)?Z?$")
"""What databases and spreadsheets write behind a day that has no time."""
FORMS = {NumberFormat.DE: "1.234,56", NumberFormat.ISO: "1234.56"}
_EPOCH = date(2000, 1, 1)
YES = ("ja", "j", "yes", "y", "1", "x", "true", "wahr")
NO = ("nein", "n", "no", "0", "", "false", "falsch")


class Cells:
    """The cells of one row; problems gather here, so that all of a row's faults are told at once."""

    def __init__(self, row: Row, numbers: NumberFormat) -> None:
        self.row, self.numbers = row, numbers
        self.problems: list[Problem] = []

    def refuse(self, code: str, text: str, *, warning: bool = False, **params: object) -> None:
        """Note a fault of this row, or a doubt; `column` is a code and is told as the file calls it."""
        if "column" in params:
            params["column"] = self.row.name(str(params["column"]))
        self.problems.append(Problem(code, text, params, self.row.where, warning))

    def doubt(self, code: str, text: str, **params: object) -> None:
        """Note what is taken as it stands and should be looked at."""
        self.refuse(code, text, warning=True, **params)

    def text(self, column: str, limit: int = 200) -> str:
        """One line of text without control characters."""
        value = clean(self.row.get(column)).strip()
        if len(value) > limit:
            self.refuse("TEXT_ZU_LANG", N_("{column}: höchstens {limit} Zeichen."), column=column, limit=limit)
        return value[:limit]

    def block(self, column: str) -> str:
        """Text that keeps its line breaks."""
        return clean_block(self.row.get(column)).strip()

    def needed(self, column: str) -> str:
        """Text that must not be empty."""
        value = self.text(column)
        if not value:
            self.refuse("FELD_LEER", N_("{column}: darf nicht leer sein."), column=column)
        return value

    def number(
        self, column: str, decimals: int, default: Decimal | None = None, *, bounds: tuple[int, int] | None = None
    ) -> Decimal | None:
        """A number in the file's format, within its bounds; the default where the cell is empty."""
        text = self.row.get(column)
        if not text:
            return default
        value = parse_number(text, self.numbers, decimals)
        if value is None:
            self.refuse(
                "ZAHL_UNGUELTIG",
                N_("{column}: „{value}“ ist keine Zahl der Form {form} mit höchstens {decimals} Nachkommastellen."),
                column=column,
                value=clean(text),
                form=FORMS[format_of(text, self.numbers)],
                decimals=decimals,
            )
        elif bounds and not bounds[0] <= value <= bounds[1]:
            sentence = N_("{column}: „{value}“ liegt nicht zwischen {low} und {high}.")
            self.refuse("ZAHL_AUSSERHALB", sentence, column=column, value=clean(text), low=bounds[0], high=bounds[1])
        return value

    def whole(self, column: str, default: int = 0, most: int = 999_999) -> int:
        """A whole number from 0."""
        text = self.row.get(column)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > most:
            sentence = N_("{column}: „{value}“ ist keine ganze Zahl von 0 bis {most}.")
            self.refuse("GANZZAHL_UNGUELTIG", sentence, column=column, value=clean(text), most=most)
            return default
        return int(text)

    def day(self, column: str) -> date | None:
        """A full German or ISO date; no short forms in files."""
        text = self.row.get(column)
        if not text:
            return None
        typed = _MIDNIGHT.sub("", text)
        value = parse_date(typed, _EPOCH)[0] if _FILE_DATE.fullmatch(typed) else None
        if value is None:
            self.refuse(
                "DATUM_UNGUELTIG",
                N_("{column}: „{value}“ ist kein Datum (TT.MM.JJJJ oder JJJJ-MM-TT)."),
                column=column,
                value=clean(text),
            )
        return value

    def country(self, column: str, default: str = "") -> str:
        """An ISO code, from a code or a name."""
        text = self.row.get(column)
        code = country_code(text) if text else default
        if code is None:
            sentence = N_("{column}: „{value}“ ist kein Land; zwei Buchstaben wie DE oder AT angeben.")
            self.refuse("LAND_UNGUELTIG", sentence, column=column, value=clean(text))
        return code or default

    def switch(self, column: str, default: bool = False) -> bool:
        """ja/nein."""
        text = self.row.get(column).lower()
        if not text:
            return default
        if text not in YES + NO:
            self.refuse(
                "JA_NEIN_UNGUELTIG", N_("{column}: „{value}“ ist weder ja noch nein."), column=column, value=clean(text)
            )
        return text in YES

    def choice(self, column: str, choices: Mapping[str, V], default: V) -> V:
        """One of several words, in any case."""
        text = self.row.get(column).strip()
        if not text:
            return default
        if text.lower() not in choices:
            self.refuse(
                "WERT_UNBEKANNT",
                N_("{column}: „{value}“ ist unbekannt; möglich: {choices}."),
                column=column,
                value=clean(text),
                choices=", ".join(sorted(choices)),
            )
            return default
        return choices[text.lower()]
