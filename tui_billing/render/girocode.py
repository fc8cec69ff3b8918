"""GiroCode (EPC069-12, version 002): when a document carries one, and what stands in it."""

from collections.abc import Iterable
from decimal import Decimal

import segno

from tui_billing.domain.parties import Party
from tui_billing.render.markup import plain

SMALLEST = Decimal("0.01")
LARGEST = Decimal("999999999.99")
MASK = 4  # any mask is valid; trying all eight for the best one takes four times as long
LARGEST_TEXT = 240  # bytes of name and purpose: the code ends at version 13, 331 bytes in all


def payload(payee: Party, amount: Decimal, text: str) -> str:
    """The lines of the code, or an empty string where no transfer can be made of the amount or the account."""
    iban = "".join(payee.iban.split()).upper()
    if not iban or not SMALLEST <= amount <= LARGEST:
        return ""
    bic = "".join(payee.bic.split()).upper()
    name = plain(payee.name)[:70]
    room = LARGEST_TEXT - len(name.encode())
    purpose = plain(text)[:140].encode()[: max(room, 0)].decode(errors="ignore")
    return "\n".join(("BCD", "002", "1", "SCT", bic, name, iban, f"EUR{amount:.2f}", "", "", purpose))


def drawing(content: str, x: float, y: float, side: float) -> bytes:
    """PDF operators that paint the code with its lower left corner at (x, y), as an inline image of one bit a module.

    Inline because the engine names a picture's object by its number in the batch, and the bytes must not know it.
    """
    code = segno.make(content, error="M", mask=MASK, micro=False, boost_error=False, encoding="utf-8", mode="byte")
    matrix = code.matrix
    size = len(matrix)
    bits = "".join(_hex(row) for row in matrix)
    place = f"q {side:.3f} 0 0 {side:.3f} {x:.3f} {y:.3f} cm"
    return f"{place}\nBI /W {size} /H {size} /IM true /BPC 1 /F /AHx ID\n{bits}>\nEI Q\n".encode()


def _hex(row: Iterable[int]) -> str:
    """A row of modules as hex, bit 0 for ink; the last byte is filled with ones."""
    bits = "".join("0" if dark else "1" for dark in row)
    bits += "1" * (-len(bits) % 8)
    return f"{int(bits, 2):0{len(bits) // 4}x}"
