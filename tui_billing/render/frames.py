"""What stands at fixed places of a letter: DIN 5008 form B, all measures in millimetres from the sheet's upper left.

Address window 20/45, 85 x 45; address text from 25/62.7; information block from 125/50; text below 98.
"""

from collections.abc import Iterable, Sequence

import pymupdf
from pymupdf import mupdf

from tui_billing.render.letter import Letter
from tui_billing.render.markup import as_html
from tui_billing.render.metrics import archive, covered, fitting, width
from tui_billing.render.pen import GREY, MM, PALE, Pen
from tui_billing.render.texts import label

PAGE = pymupdf.Rect(0, 0, 210 * MM, 297 * MM)
TEXT_TOP, NEXT_TOP, TEXT_BOTTOM = 98 * MM, 38 * MM, 262 * MM
ADDRESS = (25 * MM, 50 * MM, 105 * MM, 90 * MM)
ADDRESS_ZONE_TOP = 62.7 * MM
INFO = (125 * MM, 50 * MM, 195 * MM, 240 * MM)
RIGHT = 190 * MM
ADDRESS_SIZES = (10.5, 9.5, 8.5, 7.5, 6.5, 5.5)
ADDRESS_LINES = 6
LONGEST_LINE = 120
INFO_SIZE, INFO_LABEL, INFO_VALUE, INFO_PITCH = 8.5, 84, 114, 11.2
LINE_PITCH, OTHER_PITCH = 1.15, 1.35  # letters of other scripts climb higher and hang lower
ASCENT = 0.922  # of a line of 1.15: half of what the line has more than the font, and the font's ascent

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
    """A small story at a fixed place: wraps what is too wide, and falls back to other fonts."""

    def __init__(self, markup: str, area: tuple[float, float, float, float], size: float = 9.5) -> None:
        self.story = pymupdf.Story(markup, CSS, size, archive())
        self.more, filled = self.story.place(area)
        self.bottom = filled[3]

    def draw(self, device: mupdf.FzDevice, drop: float = 0.0) -> None:
        """Draw it, `drop` points lower than it was placed."""
        mupdf.fz_draw_story(self.story.this, device, mupdf.FzMatrix(1, 0, 0, 1, 0, drop))


class Lines:
    """Short lines that need no layout: drawn at once, at a fifth of a story's cost."""

    def __init__(self, lines: Sequence[tuple[float, float, str]], size: float, bottom: float) -> None:
        self.lines, self.size, self.bottom = lines, size, bottom

    def draw(self, device: mupdf.FzDevice, drop: float = 0.0) -> None:
        """Draw them, `drop` points lower; each is (x, baseline, text)."""
        Pen(device).texts([(x, y + drop, text) for x, y, text in self.lines], self.size)


def address_frame(lines: tuple[str, ...]) -> tuple[Frame | Lines, float]:
    """The address and how far it drops: at DIN's place if it fits, else smaller, then up to the return line."""
    x0, top, x1, bottom = ADDRESS
    pitch = ADDRESS_SIZES[0] * LINE_PITCH
    if len(lines) <= ADDRESS_LINES and _are_plain(lines, x1 - x0, ADDRESS_SIZES[0]):
        placed = [(x0, top + n * pitch + ADDRESS_SIZES[0] * ASCENT, line) for n, line in enumerate(lines)]
        return Lines(placed, ADDRESS_SIZES[0], top + len(lines) * pitch), ADDRESS_ZONE_TOP - top
    shown = [line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…" for line in lines]
    pitch_of_others = "" if covered().issuperset("".join(shown)) else f' style="line-height: {OTHER_PITCH}"'
    markup = f"<p{pitch_of_others}>{'<br/>'.join(map(as_html, shown))}</p>"
    for size in ADDRESS_SIZES:
        frame = Frame(markup, (x0, top, x1, bottom), size)
        height = frame.bottom - top
        if not frame.more and (height <= bottom - ADDRESS_ZONE_TOP or size < ADDRESS_SIZES[1]):
            break
    return frame, max(0.0, min(ADDRESS_ZONE_TOP - top, bottom - top - height))


def info_frame(info: tuple[tuple[str, str], ...]) -> Frame | Lines | None:
    """The information block: labels left, values right of them."""
    if not info:
        return None
    x0, top, _, _ = INFO
    names, values = [name for name, _ in info], [value for _, value in info]
    if _are_plain(names, INFO_LABEL - 4, INFO_SIZE) and _are_plain(values, INFO_VALUE, INFO_SIZE):
        lines = []
        for n, (name, value) in enumerate(info):
            y = top + n * INFO_PITCH + 0.7 + INFO_SIZE * ASCENT
            lines += [(x0, y, name), (x0 + INFO_LABEL, y, value)]
        return Lines(lines, INFO_SIZE, top + len(info) * INFO_PITCH)
    rows = "".join(
        f'<tr><td style="width: {INFO_LABEL}pt">{as_html(name)}</td>'
        f'<td style="width: {INFO_VALUE}pt">{as_html(value[:LONGEST_LINE])}</td></tr>'
        for name, value in info
    )
    return Frame(f"<table>{rows}</table>", INFO, INFO_SIZE)


def _are_plain(lines: Iterable[str], room: float, size: float) -> bool:
    """Whether all lines fit the room as they are, in our own fonts."""
    return all(covered().issuperset(line) and width(line, size) <= room for line in lines)


def draw_page_furniture(pen: Pen, letter: Letter, number: int, count: int) -> None:
    """Page number on every page, the running head on the following ones, the marks."""
    if letter.has_sheet:
        text = label(letter.language, "page", n=number, m=count)
        pen.text(RIGHT, 266.5 * MM, text, 8, right=True, gray=GREY)
    if number > 1 and letter.running_head:
        pen.text(25 * MM, 32 * MM, fitting(letter.running_head, 140 * MM, 8.5), 8.5, gray=GREY)
    if letter.copy_mark:
        y = 95 * MM if number == 1 else 32 * MM
        pen.text(RIGHT, y, letter.copy_mark, 11, bold=True, right=True)


def draw_mark(pen: Pen, word: str) -> None:
    """A pale word across the sheet, behind the text."""
    pen.across(105 * MM, 160 * MM, word, 92, PALE)
