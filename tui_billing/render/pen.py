"""Drawing at exact places of a page: text, lines and filled rectangles. Points, y downwards from the page's top."""

from collections.abc import Sequence
from functools import cache

from pymupdf import mupdf

from tui_billing.render.metrics import BOLD, REGULAR, font, width

MM = 72 / 25.4
Box = tuple[float, float, float, float]
BLACK, GREY, LIGHT, PALE = 0.0, 0.35, 0.6, 0.87


@cache
def _gray(level: float) -> object:
    color = mupdf.new_floats(4)
    mupdf.floats_setitem(color, 0, level)
    return color


class Pen:
    """Draws on the device of one page."""

    def __init__(self, device: mupdf.FzDevice) -> None:
        self.device = device

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.5,
        *,
        bold: bool = False,
        right: bool = False,
        gray: float = BLACK,
    ) -> None:
        """One line with its baseline at `y`, beginning at `x`, or ending there if `right`."""
        name = BOLD if bold else REGULAR
        if right:
            x -= width(text, size, name)
        self._show(mupdf.FzMatrix(size, 0, 0, -size, x, y), text, name, gray)

    def across(self, cx: float, cy: float, text: str, size: float, gray: float = PALE) -> None:
        """A large word rising at 45 degrees, centred on a point."""
        half = width(text, size, BOLD) / 2 * 0.7071
        s = size * 0.7071
        drop = s * 0.35
        self._show(mupdf.FzMatrix(s, -s, -s, -s, cx - half + drop, cy + half + drop), text, BOLD, gray)

    def texts(self, lines: Sequence[tuple[float, float, str]], size: float) -> None:
        """Several lines in black: (x, baseline, text)."""
        shown = mupdf.fz_new_text()
        for x, y, text in lines:
            _show(shown, mupdf.FzMatrix(size, 0, 0, -size, x, y), text, REGULAR)
        self._fill(shown, BLACK)

    def _show(self, matrix: mupdf.FzMatrix, text: str, name: str, gray: float) -> None:
        shown = mupdf.fz_new_text()
        _show(shown, matrix, text, name)
        self._fill(shown, gray)

    def _fill(self, shown: mupdf.FzText, gray: float) -> None:
        params = mupdf.FzColorParams()
        mupdf.fz_fill_text(self.device, shown, mupdf.FzMatrix(), mupdf.fz_device_gray(), (gray,), 1, params)

    def rectangles(self, rectangles: Sequence[Box], gray: float = BLACK) -> None:
        """Fill rectangles (x0, y0, x1, y1) in one path."""
        if not rectangles:
            return
        path = mupdf.fz_new_path()
        for x0, y0, x1, y1 in rectangles:
            mupdf.fz_rectto(path, x0, y0, x1, y1)
        params = mupdf.FzColorParams()
        mupdf.fz_fill_path(self.device, path, 0, mupdf.FzMatrix(), mupdf.fz_device_gray(), _gray(gray), 1, params)

    def image(self, image: mupdf.FzImage, area: Box) -> None:
        """A picture filling a rectangle (x0, y0, x1, y1)."""
        x0, y0, x1, y1 = area
        mupdf.fz_fill_image(
            self.device, image, mupdf.FzMatrix(x1 - x0, 0, 0, y1 - y0, x0, y0), 1, mupdf.FzColorParams()
        )

    def rule(self, x0: float, x1: float, y: float, thickness: float = 0.5, gray: float = LIGHT) -> None:
        """A horizontal line whose upper edge is at `y`."""
        self.rectangles([(x0, y, x1, y + thickness)], gray)


def _show(shown: mupdf.FzText, matrix: mupdf.FzMatrix, text: str, name: str) -> None:
    mupdf.fz_show_string(shown, font(name), matrix, text, 0, 0, mupdf.FZ_BIDI_LTR, mupdf.FZ_LANG_UNSET)
