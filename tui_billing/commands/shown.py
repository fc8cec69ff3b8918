"""Amounts and days as the reader of this session writes them."""

from datetime import date
from decimal import Decimal

from tui_billing.domain import format as fmt
from tui_billing.i18n import language


def money(value: Decimal, *, symbol: bool = True) -> str:
    """1.234,50 €, in English €1,234.50."""
    return fmt.money(value, language(), symbol)


def percent(value: Decimal) -> str:
    """19 %, in English 19%."""
    return fmt.percent(value, language())


def day(value: date | None) -> str:
    """22.11.2026, in English 22 Nov 2026."""
    return fmt.day(value, language())
