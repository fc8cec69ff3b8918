"""The running text of a letter as one HTML story: laid out once, its pieces then drawn on the pages as they fall."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from html import unescape
from operator import add

import pymupdf
from pymupdf import mupdf

from tui_billing.render.layout import NO_TABLE, Item
from tui_billing.render.letter import Column, Letter, Sum, Table
from tui_billing.render.markup import as_html, escape, plain
from tui_billing.render.metrics import BOLD, REGULAR, archive, width
from tui_billing.render.pen import MM

LEFT, WIDTH = 25 * MM, 467.7
QR_SIDE = 25 * MM
VERY_TALL = 1_000_000.0
EDGE = 1.6
SIZE, LINE_HEIGHT, PARAGRAPH_GAP = 9.5, 9.5 * 1.25, 5.0
CODE_ROOM = 110.0
SUMS_LEFT, SUMS_LEFT_LEAST = 191.0, 60.0
SHORT_TAIL = 45.0
_TAG, _BREAK = re.compile("<[^>]*>"), re.compile(r"<br ?/>\n?")

CSS = """
@font-face {font-family: k; src: url(KontorSans-Regular.ttf)}
@font-face {font-family: k; font-weight: bold; src: url(KontorSans-Bold.ttf)}
* {font-family: k; overflow-wrap: break-word}
body {margin: 0; font-size: 9.5pt; line-height: 1.25}
p {margin: 0 0 5pt 0}
h1, h2, h3, h4, h5, h6 {font-size: 10.5pt; margin: 4pt 0 5pt 0}
ul, ol {margin: 0 0 5pt 0; padding: 0 0 0 14pt}
ul {list-style-type: disc !important}
blockquote {margin: 0 0 5pt 12pt}
hr {margin: 4pt 0; border: 0; border-top: 0.4pt solid #888}
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
.d {font-size: 8.5pt}
.u {padding-top: 1.5pt; padding-bottom: 1.5pt}
.f {padding-top: 5pt}
.v {padding-top: 3.4pt; padding-bottom: 3pt}
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
    left: float = 0.0


def pieces(letter: Letter, *, has_widths: bool = False) -> list[Piece]:
    """The letter's text in order: title, intro, tables with their totals, payment with GiroCode, closing.

    `has_widths` gives every cell its width, so that a word longer than its column is broken: slower, and seldom needed.
    """
    found = [Piece(f'<p class="t">{escape(letter.heading)}</p>')] if letter.heading else []
    if letter.subheading:
        found.append(Piece(f'<p class="s">{escape(letter.subheading)}</p>', glued=True))
    found += _texts(letter.intro_html)
    for number, table in enumerate(letter.tables):
        found += _table(number, table, has_widths)
    beside = _beside_code(letter)
    if letter.girocode:
        inner = "".join((*letter.payment_html, *letter.closing_html[:beside]))
        found.append(Piece(f'<div class="g w">{inner}</div>', least_height=QR_SIDE + 24))
    elif letter.payment_html:
        found.append(Piece(f'<div class="g">{"".join(letter.payment_html)}</div>'))
    return found + _texts(letter.closing_html[beside:])


def _texts(blocks: Sequence[str]) -> list[Piece]:
    """The clerk's blocks; what follows a heading stays with it."""
    found: list[Piece] = []
    for block in blocks:
        found.append(Piece(block, glued=bool(found) and found[-1].markup.startswith("<h")))
    return found


def _beside_code(letter: Letter) -> int:
    """How many closing paragraphs find room beside the GiroCode, which is taller than the payment sentences."""
    if not letter.girocode:
        return 0
    room = QR_SIDE + 16 - sum(map(_estimated_height, letter.payment_html))
    for count, block in enumerate(letter.closing_html):
        room -= _estimated_height(block)
        if room < 0 or not block.startswith("<p>"):
            return count
    return len(letter.closing_html)


def _estimated_height(paragraph: str) -> float:
    """Points of a paragraph beside the code; a little too much rather than too little."""
    lines = [unescape(_TAG.sub("", part)) for part in _BREAK.split(paragraph.strip())]
    count = sum(max(1, math.ceil(1.08 * width(line, SIZE) / (WIDTH - CODE_ROOM))) for line in lines)
    return count * LINE_HEIGHT + PARAGRAPH_GAP


def _table(number: int, table: Table, has_widths: bool) -> list[Piece]:
    starts = [f"<td{_class(column, '')}{_style(column) if has_widths else ''}>" for column in table.columns]
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
    return found + _sums(number, table.sums)


def _head(columns: Sequence[Column], extra: str) -> str:
    """Titles, and the widths: given once, because the engine lays a column out by its widest cell."""
    return "".join(f"<th{_class(column, extra)}{_style(column)}>{escape(column.title)}</th>" for column in columns)


def _style(column: Column) -> str:
    return f' style="width: {column.width - (0 if column.right else 4):g}pt"'


def _class(column: Column, extra: str) -> str:
    names = f"{'r' if column.right else ''} {extra}".strip()
    return f' class="{names}"' if names else ""


def _sums(number: int, lines: Sequence[Sum]) -> list[Piece]:
    """The totals below a table: their labels begin further left where one of them needs the room."""
    if not lines:
        return []
    amounts = max(width(line.amount, SIZE, BOLD) for line in lines) + 2
    labels = max(width(_named(line), SIZE, BOLD if line.strong else REGULAR) for line in lines) + 12
    left = min(SUMS_LEFT, max(SUMS_LEFT_LEAST, WIDTH - amounts - labels - 8))
    found = []
    for index, line in enumerate(lines):
        kind = "v" if line.strong else "u f" if index == 0 else "u"
        bold = ("<b>", "</b>") if line.strong else ("", "")
        cells = (
            f'<td style="width: {left:g}pt"></td>'
            f'<td class="{kind}" style="width: {WIDTH - left - amounts - 8:g}pt">'
            f"{bold[0]}{as_html(_named(line))}{bold[1]}</td>"
            f'<td class="r {kind}" style="width: {amounts:g}pt">{bold[0]}{escape(line.amount)}{bold[1]}</td>'
        )
        found.append(Piece(cells, glued=True, table=number, is_sum=True, strong=line.strong, left=left + 4))
    return found


def _named(line: Sum) -> str:
    return plain(f"{line.label} {line.base}")


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
        filled = self._laid_out()
        if filled[2] > LEFT + WIDTH + 1:  # a word longer than its column would push the amounts off the sheet
            self.pieces = pieces(letter, has_widths=True)
            filled = self._laid_out()
        tops = self._tops(filled[3])
        ends = [tops[index] for index in range(1, len(self.pieces))] + [filled[3]]
        self.natural = [end - tops[i] for i, end in enumerate(ends)]
        self.items = _with_tail(
            [
                Item(tops[i], max(height, p.least_height), p.glued, p.table, p.is_head, p.carry, p.label)
                for i, (p, height) in enumerate(zip(self.pieces, self.natural, strict=True))
            ]
        )

    def _laid_out(self) -> tuple[float, float, float, float]:
        """Lay all pieces out below one another; the rectangle that they fill."""
        self.story = pymupdf.Story(story_html(self.pieces), CSS, SIZE, archive())
        filled: tuple[float, float, float, float] = self.story.place((LEFT, 0, LEFT + WIDTH, VERY_TALL))[1]
        return filled

    def _tops(self, bottom: float) -> dict[int, float]:
        """The top of each piece; one without a box of its own begins where the next does."""
        tops: dict[int, float] = {}

        def record(position: mupdf.fz_story_element_position) -> None:
            if position.id and position.open_close & 1:
                tops[int(position.id)] = position.rect.y0

        mupdf.ll_fz_story_positions(self.story.this.m_internal, record)
        for index in reversed(range(len(self.pieces))):
            tops.setdefault(index, tops.get(index + 1, bottom))
        return tops

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


def _with_tail(items: list[Item]) -> list[Item]:
    """Few lines at the end never stand alone on a page: they are glued to what is before them."""
    height = 0.0
    for index in range(len(items) - 1, 0, -1):
        height += items[index].height
        if items[index].table != NO_TABLE or height > SHORT_TAIL:
            break
        items[index] = replace(items[index], glued=True)
    return items
