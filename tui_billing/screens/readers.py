"""Readers for fields that may stay empty, for lists, and for texts of several lines."""

from collections.abc import Callable
from typing import Any

from tui_billing.domain import inputs
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.texts import clean_block
from tui_billing.screens.widgets.field import Field, Parse

NEW_LINE = "↵"


def optional(parse: Callable[[str], tuple[Any, list[Problem]]], empty: Any = "") -> Parse:
    """Nothing typed is `empty`; else the reader decides."""

    def read(text: str) -> tuple[Any, list[Problem]]:
        return parse(text) if text.strip() else (empty, [])

    return read


def email_list(text: str) -> tuple[tuple[str, ...] | None, list[Problem]]:
    """Several addresses of one customer, separated by comma, semicolon or blank."""
    found: list[str] = []
    problems: list[Problem] = []
    for part in text.replace(",", " ").replace(";", " ").split():
        address, wrong = inputs.parse_email(part)
        problems += wrong
        if address is not None:
            found.append(address)
    errors = [p for p in problems if not p.warning]
    return (None if errors else tuple(found)), problems


def block_field(name: str, label: str) -> Field:
    """A text of several lines in one line: ↵ stands where the next one begins, typed as \\n."""
    return Field(name, label, parse=_read_block, show=_in_one_line, width=46, hint=N_("\\n: neue Zeile"))


def _in_one_line(text: str) -> str:
    return text.replace("\n", NEW_LINE)


def _read_block(text: str) -> tuple[str, list[Problem]]:
    lines = text.replace("\\n", NEW_LINE).split(NEW_LINE)
    return clean_block("\n".join(lines)).strip(), []


def whole_number(maximum: int) -> Parse:
    """0 to `maximum`, ASCII digits only; nothing typed is 0."""

    def read(text: str) -> tuple[int | None, list[Problem]]:
        digits = text.strip() or "0"
        if digits.isascii() and digits.isdigit() and len(digits) < 7 and int(digits) <= maximum:
            return int(digits), []
        sentence = N_("Bitte eine ganze Zahl von 0 bis {maximum}.")
        return None, [Problem("GANZE_ZAHL", sentence, {"maximum": maximum})]

    return read
