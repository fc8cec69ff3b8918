"""What clerks type, read strictly (rules F1-F5): each reader returns the value or None, and the problems.

A problem with `warning=True` stands beside a value. Only ASCII digits count; nothing is rounded or guessed.
"""

from tui_billing.domain.inputs.amounts import parse_amount, parse_percent, parse_quantity, percent_doubts
from tui_billing.domain.inputs.dates import parse_date
from tui_billing.domain.inputs.ids import (
    parse_creditor_id,
    parse_cutoff_day,
    parse_iban,
    parse_leitweg_id,
    parse_vat_id,
)
from tui_billing.domain.inputs.mail import ascii_address, parse_email

__all__ = [
    "ascii_address",
    "parse_amount",
    "parse_creditor_id",
    "parse_cutoff_day",
    "parse_date",
    "parse_email",
    "parse_iban",
    "parse_leitweg_id",
    "parse_percent",
    "parse_quantity",
    "parse_vat_id",
    "percent_doubts",
]
