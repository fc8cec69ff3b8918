"""What a sheet shows, as plain values: the step between a document and its pages. Knows nothing of PDF.

All texts that end in `html` are safe HTML (escaped by `markup`); all others are plain text.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tui_billing.domain.parties import Party


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: `width` in points, `right` aligned for figures."""

    title: str
    width: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a cell's HTML per column. `carry` counts into the Übertrag; `label` names the row in a problem."""

    cells: tuple[str, ...]
    carry: Decimal = Decimal(0)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may break over pages: repeated head, Übertrag in the last column if `has_carry`.

    `sums` are the rows of the totals (label, base, amount, strong); they stay together with the last row. `carry_left`
    is where the word Übertrag begins, in points from the table's edge.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sums: tuple["Sum", ...] = ()
    has_carry: bool = True
    carry_left: float = 0.0


@dataclass(frozen=True, slots=True)
class Sum:
    """One row of totals; `base` is the net amount that a tax was taken of."""

    label: str
    amount: str
    base: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter with its metadata. `created` dates the file, so that it is the same whenever it is made."""

    title: str
    language: str
    created: date
    seller: Party
    identity: str
    address: tuple[str, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    heading: str = ""
    subheading: str = ""
    intro_html: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    payment_html: tuple[str, ...] = ()
    girocode: str = ""
    closing_html: tuple[str, ...] = ()
    mark: str = ""
    copy_mark: str = ""
    running_head: str = ""
    has_sheet: bool = True

    def all_text(self) -> str:
        """Every character of the letter, in no order: what the fonts must have."""
        parts = [self.heading, self.subheading, self.mark, self.copy_mark, self.running_head, *self.address]
        parts += [*self.intro_html, *self.payment_html, *self.closing_html]
        parts += [text for pair in self.info for text in pair]
        for table in self.tables:
            parts += [column.title for column in table.columns]
            parts += [cell for row in table.rows for cell in row.cells]
            parts += [text for line in table.sums for text in (line.label, line.base, line.amount)]
        seller = self.seller
        parts += [value for value in (getattr(seller, name) for name in seller.__slots__) if isinstance(value, str)]
        address = seller.address
        parts += [address.street, address.extra, address.po_box, address.postcode, address.city]
        return "".join(parts)
