"""The PDF of a batch: many letters through one writer of markdown-pdf's engine, then cut into single files.

One writer means that fonts, letterheads and styles are made once for 25-100 documents. A page's bytes depend on its
letter alone, so a letter gives the same file in any batch and process.
"""

from dataclasses import dataclass
from pathlib import Path

import pymupdf
from markdown_pdf import MarkdownPdf
from pymupdf import mupdf

from tui_billing.domain.format import money
from tui_billing.domain.parties import Party
from tui_billing.render import body as text
from tui_billing.render import girocode
from tui_billing.render.body import Body
from tui_billing.render.frames import (
    NEXT_TOP,
    PAGE,
    RIGHT,
    TEXT_BOTTOM,
    TEXT_TOP,
    address_frame,
    draw_mark,
    draw_page_furniture,
    info_frame,
)
from tui_billing.render.layout import Carry, Page, Space, break_pages
from tui_billing.render.letter import Letter
from tui_billing.render.letterhead import draw_sheet
from tui_billing.render.markup import markdown_reader
from tui_billing.render.pen import GREY, MM, Box, Pen
from tui_billing.render.port import Letterhead
from tui_billing.render.sheets import Sheets, check_letterhead
from tui_billing.render.singles import cut_single, save
from tui_billing.render.texts import label

CARRY_HEIGHT = 17.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a letter lies in the batch: its first page (from 0) and their count."""

    letter: Letter
    first: int
    count: int


class BatchPdf(MarkdownPdf):
    """One writer for a batch of letters. `add_letter` for each, `close`, then `cut` the singles.

    Raises sheets.UnreadableLetterhead at once, before a letter is drawn on the wrong paper.
    """

    def __init__(self, path: Path, letterhead: Letterhead = Letterhead()) -> None:
        # Not the parent's __init__: its writer is a Python stream, which costs hundreds of callbacks a page.
        self.toc_level, self.toc, self.hrefs, self.sections, self.plugins = 0, [], [], [], {}
        self.meta = dict.fromkeys(MarkdownPdf.meta)
        self.m_d = markdown_reader()
        self.path, self.letterhead = path, letterhead
        check_letterhead(letterhead)
        self.writer = pymupdf.DocumentWriter(str(path), "compress,compress-fonts")
        self.page_num = 0
        self.sheets: dict[tuple[Party, str], int] = {}
        self.sheet_of: list[tuple[int, bool]] = []
        self.codes: dict[int, bytes] = {}
        self.document: pymupdf.Document | None = None

    def add_letter(self, letter: Letter) -> Placed:
        """Lay a letter out and draw its pages. Raises TooTall before anything of it is drawn."""
        body = Body(letter)
        address, drop = address_frame(letter.address)
        info = info_frame(letter.info)
        top = max(TEXT_TOP, info.bottom + 5 * MM if info else 0)
        carried = frozenset(n for n, table in enumerate(letter.tables) if table.has_carry)
        pages = break_pages(body.items, Space(top, NEXT_TOP, TEXT_BOTTOM), CARRY_HEIGHT, carried)
        sheet = self._sheet(letter) if letter.has_sheet else -1
        first = self.page_num
        for number, page in enumerate(pages, start=1):
            device = self._begin(sheet, number == 1)
            pen = Pen(device)
            if letter.mark:
                draw_mark(pen, letter.mark)
            if number == 1:
                address.draw(device, drop)
                if info:
                    info.draw(device)
            self._draw_page(pen, letter, body, page)
            draw_page_furniture(pen, letter, number, len(pages))
            self.writer.end_page()
        return Placed(letter, first, len(pages))

    def _begin(self, sheet: int, first: bool) -> object:
        self.page_num += 1
        self.sheet_of.append((sheet, first))
        return self.writer.begin_page(PAGE).this

    def _sheet(self, letter: Letter) -> int:
        """The page number of the letterhead's first sheet for this seller, drawn when first needed."""
        key = (letter.seller, letter.language)
        if key not in self.sheets:
            self.sheets[key] = self.page_num
            if not self.letterhead.pdf:
                for first in (True, False):
                    draw_sheet(self._begin(-1, first), letter.seller, letter.language, self.letterhead.logo, first)
                    self.writer.end_page()
        return self.sheets[key]

    def _draw_page(self, pen: Pen, letter: Letter, body: Body, page: Page) -> None:
        for first, last, y in _spans(body, page):
            body.draw(pen.device, first, last, y)
        strong: list[Box] = []
        fine: list[Box] = []
        for index, y in page.placed:
            piece, bottom = body.pieces[index], y + body.items[index].height
            if piece.is_head:
                strong.append((text.LEFT, bottom - 0.8, RIGHT, bottom))
            elif piece.is_sum:
                strong += [(text.LEFT + piece.left, y, RIGHT, y + 0.8)] if piece.strong else []
            elif piece.table >= 0:
                fine.append((text.LEFT, bottom - 0.4, RIGHT, bottom))
            if piece.least_height and letter.girocode:
                self._girocode(pen, letter, y + 10)
        for carry in page.carries:
            _draw_carry(pen, letter, carry, letter.tables[carry.table].carry_left)
            fine.append((text.LEFT, carry.y + CARRY_HEIGHT - 0.4, RIGHT, carry.y + CARRY_HEIGHT))
        pen.rectangles(strong, 0.2)
        pen.rectangles(fine, 0.8)

    def _girocode(self, pen: Pen, letter: Letter, top: float) -> None:
        """Note the code for the current page, whose name is drawn below it."""
        side = text.QR_SIDE
        self.codes[self.page_num - 1] = girocode.drawing(letter.girocode, RIGHT - side, PAGE.height - top - side, side)
        pen.text(RIGHT, top + side + 10, label(letter.language, "girocode"), 7, right=True, gray=GREY)

    def close(self, subset: bool = False) -> None:
        """Finish the file and put the letterhead behind every page, each sheet stored once."""
        if not self.page_num:
            return
        self.writer.close()
        self.document = pymupdf.open(str(self.path))
        Sheets(self.document, self.letterhead).lay_under(self.sheet_of, self.codes)
        if subset:
            self.document.subset_fonts()

    def discard(self, keep: bool = False) -> None:
        """Close the file and remove it, or save it with its letterheads for the combined print."""
        if self.document is None:
            return
        if keep:
            kept = self.path.with_suffix(".kept")
            save(mupdf.pdf_specifics(self.document.this), kept)
            kept.replace(self.path)
        self.document.close()
        if not keep:
            self.path.unlink()

    def cut(self, placed: Placed, path: Path) -> None:
        """Save the single file of one letter, with its metadata and an /ID of its own."""
        assert self.document is not None
        cut_single(self.document, range(placed.first, placed.first + placed.count), placed.letter, path)


def _spans(body: Body, page: Page) -> list[tuple[int, int, float]]:
    """Runs of pieces that follow one another without a gap, each with the y of its top."""
    spans: list[tuple[int, int, float]] = []
    bottom = -1.0
    for index, y in page.placed:
        if spans and index == spans[-1][1] + 1 and abs(bottom - y) < 0.01:
            spans[-1] = (spans[-1][0], index, spans[-1][2])
        else:
            spans.append((index, index, y))
        bottom = y + body.natural[index]
    return spans


def _draw_carry(pen: Pen, letter: Letter, carry: Carry, left: float) -> None:
    baseline = carry.y + CARRY_HEIGHT - 5.5
    pen.text(text.LEFT + left, baseline, label(letter.language, "carry"), 9.5, bold=True)
    pen.text(RIGHT, baseline, money(carry.amount, letter.language), 9.5, bold=True, right=True)
