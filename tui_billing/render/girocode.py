"""GiroCode (EPC069-12, version 002): when a document carries one, and what stands in it."""

from decimal import Decimal

import segno

from tui_billing.domain.parties import Party
from tui_billing.render.markup import plain

SMALLEST = Decimal("0.01")
LARGEST = Decimal("999999999.99")
# Any of the eight masks can be read; choosing the best of them costs three times the code itself.
_MASK = 4


def payload(payee: Party, amount: Decimal, text: str) -> str:
    """The lines of the code, or an empty string where no transfer can be made of the amount or the account."""
    iban = "".join(payee.iban.split()).upper()
    if not iban or not SMALLEST <= amount <= LARGEST:
        return ""
    bic = "".join(payee.bic.split()).upper()
    name, purpose = plain(payee.name)[:70], plain(text)[:140]
    return "\n".join(("BCD", "002", "1", "SCT", bic, name, iban, f"EUR{amount:.2f}", "", "", purpose))


def modules(content: str) -> list[tuple[int, int, int, int]]:
    """The dark runs as rectangles (x0, y0, x1, y1) in modules, and nothing around them; first row on top."""
    matrix = segno.make(content, error="M", micro=False, boost_error=False, encoding="utf-8", mask=_MASK).matrix
    runs = []
    for y, row in enumerate(matrix):
        start = -1
        for x, dark in enumerate([*row, 0]):
            if dark & 1 and start < 0:
                start = x
            elif not dark & 1 and start >= 0:
                runs.append((start, y, x, y + 1))
                start = -1
    return runs


def size(runs: list[tuple[int, int, int, int]]) -> int:
    """Modules on a side."""
    return max((run[3] for run in runs), default=0)
