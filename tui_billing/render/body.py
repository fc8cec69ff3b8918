"""The running text of a letter as one HTML story: laid out once, its pieces then drawn on the pages as they fall."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from operator import add

import pymupdf
from pymupdf import mupdf

from tui_billing.render.layout import NO_TABLE, Item
from tui_billing.render.letter import Column, Letter, Sum, Table
from tui_billing.render.markup import escape
from tui_billing.render.metrics import archive
from tui_billing.render.pen import MM

LEFT, WIDTH = 25 * MM, 467.7
QR_SIDE = 25 * MM
VERY_TALL = 1_000_000.0
EDGE = 1.6
SUMS_LEFT = 195.0

CSS = """
@font-face {font-family: k; src: url(KontorSans-Regular.ttf)}
@font-face {font-family: k; font-weight: bold; src: url(KontorSans-Bold.ttf)}
* {font-family: k; overflow-wrap: break-word}
body {margin: 0; font-size: 9.5pt; line-height: 1.25}
p {margin: 0 0 5pt 0}
h1, h2, h3, h4, h5, h6 {font-size: 10.5pt; margin: 4pt 0 5pt 0}
ul, ol {margin: 0 0 5pt 0; padding: 0 0 0 14pt}
blockquote {margin: 0 0 5pt 12pt}
hr {margin: 4pt 0}
em {font-style: normal; text-decoration: underline}
.g {padding-top: 9pt}
.w {margin-right: 110pt}
.t {font-size: 14pt; font-weight: bold; margin: 0 0 6pt 0}
.s {margin: 0 0 6pt 0}
table {border-spacing: 0; margin: 0}
td, th {padding: 2.6pt 4pt 2.6pt 0; text-align: left}
th {font-size: 8.5pt; font-weight: bold; padding: 3pt 4pt 3pt 0}
.r {text-align: right; padding-right: 0}
.n {padding-top: 14pt}
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """One unbreakable piece of the story: its HTML, and what the layout has to know of it."""

    markup: str
    glued: bool = False
    table: int = NO_TABLE
    is_head: bool = False
    is_sum: bool = False
    strong: bool = False
    carry: Decimal = Decimal(0)
    label: str = ""
    least_height: float = 0.0


def pieces(letter: Letter) -> list[Piece]:
    """The letter's text in order: title, intro, tables with their totals, payment with GiroCode, closing."""
    found = [Piece(f'<p class="t">{escape(letter.heading)}</p>')] if letter.heading else []
    if letter.subheading:
        found.append(Piece(f'<p class="s">{escape(letter.subheading)}</p>', glued=True))
    found += [Piece(block) for block in letter.intro_html]
    for number, table in enumerate(letter.tables):
        found += _table(number, table)
    if letter.girocode:
        inner = "".join(letter.payment_html)
        found.append(Piece(f'<div class="g w">{inner}</div>', least_height=QR_SIDE + 24))
    else:
        found += [Piece(f'<div class="g">{"".join(letter.payment_html)}</div>')] if letter.payment_html else []
    return [*found, *(Piece(block) for block in letter.closing_html)]


def _table(number: int, table: Table) -> list[Piece]:
    starts = [f"<td{_class(column, '')}>" for column in table.columns]
    found = [Piece(_head(table.columns, "n" if number else ""), table=number, is_head=True)]
    found += [
        Piece(
            "</td>".join(map(add, starts, row.cells)) + "</td>",
            glued=index == 0,
            table=number,
            carry=row.carry,
            label=row.label,
        )
        for index, row in enumerate(table.rows)
    ]
    found += [_sum(number, line) for line in table.sums]
    return found


def _head(columns: Sequence[Column], extra: str) -> str:
    """Titles, and the widths: given once, because the engine lays a column out by its widest cell."""
    return "".join(
        f'<th{_class(column, extra)} style="width: {column.width - (0 if column.right else 4):g}pt">'
        f"{escape(column.title)}</th>"
        for column in columns
    )


def _class(column: Column, extra: str) -> str:
    names = f"{'r' if column.right else ''} {extra}".strip()
    return f' class="{names}"' if names else ""


def _sum(number: int, line: Sum) -> Piece:
    bold = ("<b>", "</b>") if line.strong else ("", "")
    name = escape(f"{line.label} {line.base}")
    cells = (
        f'<td style="width: {SUMS_LEFT:g}pt"></td><td style="width: 190pt">{bold[0]}{name}{bold[1]}</td>'
        f'<td class="r" style="width: {WIDTH - SUMS_LEFT - 198:g}pt">{bold[0]}{escape(line.amount)}{bold[1]}</td>'
    )
    return Piece(cells, glued=True, table=number, is_sum=True, strong=line.strong)


def story_html(found: list[Piece]) -> str:
    """One story of all pieces, each with an id; rows share a table, totals have one of their own."""
    parts: list[str] = []
    opened = ""
    for index, piece in enumerate(found):
        wanted = "" if piece.table == NO_TABLE else f"{piece.table}{'s' if piece.is_sum else 't'}"
        if opened and wanted != opened:
            parts.append("</table>")
        if wanted and wanted != opened:
            parts.append("<table>")
        opened = wanted
        tag = "tr" if wanted else "div"
        parts.append(f'<{tag} id="{index}">{piece.markup}</{tag}>')
    parts.append("</table>" if opened else "")
    return "".join(parts)


class Body:
    """A laid out story: the items for the layout, and any span of them drawn wherever it falls."""

    def __init__(self, letter: Letter) -> None:
        self.pieces = pieces(letter)
        self.story = pymupdf.Story(story_html(self.pieces), CSS, 9.5, archive())
        _, filled = self.story.place((LEFT, 0, LEFT + WIDTH, VERY_TALL))
        tops: dict[int, float] = {}

        def record(position: mupdf.fz_story_element_position) -> None:
            if position.id and position.open_close & 1:
                tops[int(position.id)] = position.rect.y0

        mupdf.ll_fz_story_positions(self.story.this.m_internal, record)
        for index in reversed(range(len(self.pieces))):  # a piece without a box of its own has no position
            tops.setdefault(index, tops.get(index + 1, filled[3]))
        ends = [tops[index] for index in range(1, len(self.pieces))] + [filled[3]]
        self.items = [
            Item(tops[i], max(end - tops[i], p.least_height), p.glued, p.table, p.is_head, p.carry, p.label)
            for i, (p, end) in enumerate(zip(self.pieces, ends, strict=True))
        ]
        self.natural = [end - tops[i] for i, end in enumerate(ends)]

    @cached_property
    def recording(self) -> mupdf.FzDisplayList:
        """The whole story drawn once, to be played in parts: a story can be drawn only one time."""
        recording = mupdf.fz_new_display_list(mupdf.FzRect(0, 0, 2 * (LEFT + WIDTH), VERY_TALL))
        recorder = mupdf.fz_new_list_device(recording)
        mupdf.fz_draw_story(self.story.this, recorder, mupdf.FzMatrix())
        mupdf.fz_close_device(recorder)
        return recording

    def draw(self, device: mupdf.FzDevice, first: int, last: int, y: float) -> None:
        """Draw the pieces from `first` to `last` with the top of the first at `y`."""
        top = self.items[first].top
        bottom = self.items[last].top + self.natural[last]
        shift = mupdf.FzMatrix(1, 0, 0, 1, 0, y - top)
        if first == 0 and last == len(self.pieces) - 1:
            mupdf.fz_draw_story(self.story.this, device, shift)
            return
        # The engine takes a text to be a point larger than it is: what only touches the span is its neighbour's.
        scissor = mupdf.FzRect(0, y + EDGE, 2 * (LEFT + WIDTH), y + bottom - top - EDGE)
        mupdf.fz_run_display_list(self.recording, device, shift, scissor, mupdf.FzCookie())
