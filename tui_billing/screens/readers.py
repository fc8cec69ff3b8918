"""Readers for fields that may stay empty, and for lists."""

from collections.abc import Callable
from typing import Any

from tui_billing.domain import inputs
from tui_billing.domain.messages import N_, Problem
from tui_billing.screens.widgets.field import Parse


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


def whole_number(maximum: int) -> Parse:
    """0 to `maximum`, ASCII digits only; nothing typed is 0."""

    def read(text: str) -> tuple[int | None, list[Problem]]:
        digits = text.strip() or "0"
        if digits.isascii() and digits.isdigit() and len(digits) < 7 and int(digits) <= maximum:
            return int(digits), []
        sentence = N_("Bitte eine ganze Zahl von 0 bis {maximum}.")
        return None, [Problem("GANZE_ZAHL", sentence, {"maximum": maximum})]

    return read
