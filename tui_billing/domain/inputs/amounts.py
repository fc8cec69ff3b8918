"""Amounts, quantities and percents (rules F2, F5). Decimal() never sees raw input: it takes 1_000, NaN and 1e5.

One dot with exactly three digits is a thousands sign, one dot with one or two digits a decimal sign (numeric pad).
"""

import re
from decimal import Decimal

from tui_billing.domain.format import percent
from tui_billing.domain.inputs.common import Read, refused
from tui_billing.domain.messages import N_, Problem

_BLANK = "[ \u00a0\u2009\u202f]"
_CURRENCY = re.compile(f"(?:€|EUR){_BLANK}*|{_BLANK}*(?:€|EUR)", re.IGNORECASE)
_SPACED = re.compile(f"[0-9]{{1,3}}(?:{_BLANK}[0-9]{{3}})+(?:,[0-9]+)?")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,([0-9]+))?")
_COMMA = re.compile(r"[0-9]*,([0-9]+)|[0-9]+")
_NUMPAD = re.compile(r"[0-9]*\.([0-9]{1,2})")
_MAX_DIGITS = 12


def parse_amount(text: str, decimals: int = 2) -> Read[Decimal]:
    """An amount in EUR with at most `decimals` decimals, padded to cents; a sign may stand on either side."""
    value, problems = _number(_without_currency(text), text, decimals)
    if value is None:
        return None, problems
    return (value.quantize(Decimal("0.01")) if _decimals(value) < 2 else value), []


def parse_quantity(text: str) -> Read[Decimal]:
    """A quantity with at most four decimals, as typed."""
    return _number(text.strip(), text, 4)


def parse_percent(text: str, maximum: Decimal | int | None = None) -> Read[Decimal]:
    """A percentage with or without %, at most two decimals, from 0 to `maximum`; 0,19 gets a warning."""
    value, problems = _number(text.strip().removesuffix("%").strip(), text, 2)
    if value is None:
        return None, problems
    if value < 0:
        return refused("PROZENT_NEGATIV", N_("„{typed}“: Ein Prozentsatz ist nicht negativ."), text)
    if maximum is not None and value > maximum:
        return refused(
            "PROZENT_ZU_GROSS",
            N_("„{typed}“: Höchstens {maximum} sind möglich."),
            text,
            maximum=percent(Decimal(maximum)),
        )
    return value, percent_doubts(value)


def percent_doubts(value: Decimal) -> list[Problem]:
    """The warning beside a percentage below 1: 0,19 is what a spreadsheet keeps behind 19 % (F5)."""
    if not 0 < value < 1:
        return []
    text = N_("{value} ist sehr wenig: meinten Sie {meant}?")
    params = {"value": percent(value), "meant": percent(value * 100)}
    return [Problem("PROZENT_SEHR_KLEIN", text, params, warning=True)]


def _without_currency(text: str) -> str:
    """The text without one € or EUR in front or behind; a sign may stand before it."""
    typed = text.strip()
    sign = typed[:1] if typed[:1] in ("-", "−", "+") else ""
    rest = typed[len(sign) :].strip()
    if sign or not typed:
        return sign + _stripped(rest)
    return _stripped(typed)


def _stripped(text: str) -> str:
    front = _CURRENCY.match(text)
    if front:
        return text[front.end() :].strip()
    behind = re.search(f"{_BLANK}*(?:€|EUR)$", text, re.IGNORECASE)
    return text[: behind.start()].strip() if behind else text


def _number(typed: str, text: str, decimals: int) -> Read[Decimal]:
    """The number with its sign, or why it is none."""
    if not typed:
        return refused("ZAHL_FEHLT", N_("Bitte eine Zahl eingeben, zum Beispiel 1.234,56."), text)
    negative, body = _sign(typed)
    plain = _plain(body)
    if plain is None:
        return refused(
            "ZAHL_UNGUELTIG",
            N_("„{typed}“ ist keine Zahl. Das Komma trennt Dezimalstellen, der Punkt Tausender: 1.234,56."),
            text,
        )
    whole, _, fraction = plain.partition(".")
    if len(fraction) > decimals:
        return refused(
            "ZU_VIELE_NACHKOMMASTELLEN",
            N_("„{typed}“: Höchstens {decimals} Stellen nach dem Komma, es wird nicht gerundet."),
            text,
            decimals=decimals,
        )
    if len(whole.lstrip("0")) > _MAX_DIGITS:
        return refused("ZAHL_ZU_GROSS", N_("„{typed}“: Höchstens zwölf Stellen vor dem Komma."), text)
    value = Decimal(plain if whole else "0" + plain)
    return (-value if negative else value), []


def _sign(typed: str) -> tuple[bool, str]:
    """Whether one minus stands in front or behind, and the rest."""
    if typed[0] in "-−":
        return True, typed[1:].lstrip()
    if typed[-1] in "-−":
        return True, typed[:-1].rstrip()
    return False, typed.removeprefix("+").lstrip()


def _plain(body: str) -> str | None:
    """Digits with at most one point as decimal sign, or None."""
    if _SPACED.fullmatch(body):
        return re.sub(_BLANK, "", body).replace(",", ".")
    if _DOTTED.fullmatch(body):
        return body.replace(".", "").replace(",", ".")
    if _COMMA.fullmatch(body):
        return body.replace(",", ".")
    return body if _NUMPAD.fullmatch(body) else None


def _decimals(value: Decimal) -> int:
    return -int(value.as_tuple().exponent)
