"""What stands at fixed places of a letter: DIN 5008 form B, all measures in millimetres from the sheet's upper left.

Address window 20/45, 85 x 45; address text from 25/62.7; information block from 125/50; text below 98.
"""

import pymupdf
from pymupdf import mupdf

from tui_billing.render.letter import Letter
from tui_billing.render.markup import as_html
from tui_billing.render.metrics import archive
from tui_billing.render.pen import GREY, MM, PALE, Pen
from tui_billing.render.texts import label

PAGE = pymupdf.Rect(0, 0, 210 * MM, 297 * MM)
TEXT_TOP, NEXT_TOP, TEXT_BOTTOM = 98 * MM, 38 * MM, 262 * MM
ADDRESS = (25 * MM, 50 * MM, 105 * MM, 90 * MM)
ADDRESS_ZONE_TOP = 62.7 * MM
INFO = (125 * MM, 50 * MM, 195 * MM, 120 * MM)
RIGHT = 190 * MM
ADDRESS_SIZES = (10.5, 9.5, 8.5, 7.5, 6.5, 5.5)
LONGEST_LINE = 120

CSS = """
@font-face {font-family: k; src: url(KontorSans-Regular.ttf)}
@font-face {font-family: k; font-weight: bold; src: url(KontorSans-Bold.ttf)}
* {font-family: k; overflow-wrap: break-word}
body {margin: 0; line-height: 1.15}
p {margin: 0}
table {border-spacing: 0; margin: 0}
td {padding: 0.7pt 0; text-align: left; font-size: 8.5pt}
"""


class Frame:
    """A small story at a fixed place."""

    def __init__(self, markup: str, area: tuple[float, float, float, float], size: float = 9.5) -> None:
        self.story = pymupdf.Story(markup, CSS, size, archive())
        self.more, self.filled = self.story.place(area)

    def draw(self, device: object, drop: float = 0.0) -> None:
        """Draw it, `drop` points lower than it was placed."""
        mupdf.fz_draw_story(self.story.this, device, mupdf.FzMatrix(1, 0, 0, 1, 0, drop))


def address_frame(lines: tuple[str, ...]) -> tuple[Frame, float]:
    """The address and how far it drops: at DIN's place if it fits, else smaller, then up to the return line."""
    shown = [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines]
    markup = "<p>" + "<br/>".join(as_html(line) for line in shown) + "</p>"
    x0, top, x1, bottom = ADDRESS
    for size in ADDRESS_SIZES:
        frame = Frame(markup, (x0, top, x1, bottom), size)
        height = frame.filled[3] - top
        if not frame.more and (height <= bottom - ADDRESS_ZONE_TOP or size < ADDRESS_SIZES[1]):
            break
    return frame, max(0.0, min(ADDRESS_ZONE_TOP - top, bottom - top - height))


def info_frame(info: tuple[tuple[str, str], ...]) -> Frame | None:
    """The information block: labels left, values right of them."""
    if not info:
        return None
    rows = "".join(
        f'<tr><td style="width: 84pt">{as_html(name)}</td><td style="width: 114pt">{as_html(value)}</td></tr>'
        for name, value in info
    )
    return Frame(f"<table>{rows}</table>", INFO, 8.5)


def draw_page_furniture(pen: Pen, letter: Letter, number: int, count: int) -> None:
    """Page number on every page, the running head on the following ones, the marks."""
    if letter.has_sheet:
        text = label(letter.language, "page", n=number, m=count)
        pen.text(RIGHT, 266.5 * MM, text, 8, right=True, gray=GREY)
    if number > 1 and letter.running_head:
        pen.text(25 * MM, 32 * MM, letter.running_head, 8.5, gray=GREY)
    if letter.copy_mark:
        y = 95 * MM if number == 1 else 32 * MM
        pen.text(RIGHT, y, letter.copy_mark, 11, bold=True, right=True)


def draw_mark(pen: Pen, word: str) -> None:
    """A pale word across the sheet, behind the text."""
    pen.across(105 * MM, 160 * MM, word, 92, PALE)
