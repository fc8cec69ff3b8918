"""Text and numbers as XML carries them: without what XML 1.0 forbids, plain decimals without exponent."""

import re
from decimal import Decimal

from tui_billing.domain.texts import clean, clean_block

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def line(text: str) -> str:
    """One line, trimmed."""
    return _FORBIDDEN.sub("", clean(text)).strip()


def block(text: str) -> str:
    """Several lines, trimmed."""
    return _FORBIDDEN.sub("", clean_block(text)).strip()


def amount(value: Decimal) -> str:
    """An amount with two decimals (BR-DEC)."""
    return f"{value:.2f}"


def plain(value: Decimal) -> str:
    """A quantity, price or rate without exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
