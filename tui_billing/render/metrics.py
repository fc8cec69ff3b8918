"""The embedded fonts as the worker processes hold them: file bytes, widths, covered characters."""

from functools import cache
from pathlib import Path

import pymupdf
from pymupdf import mupdf

FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD = "KontorSans-Regular.ttf", "KontorSans-Bold.ttf"


@cache
def font(name: str) -> mupdf.FzFont:
    """The font for drawing directly; the same file as the stories', so that a PDF holds it once."""
    return mupdf.fz_new_font_from_file(None, str(FOLDER / name), 0, 0)


@cache
def archive() -> pymupdf.Archive:
    """Both files in memory, where the stylesheet finds them by name."""
    fonts = pymupdf.Archive()
    for name in (REGULAR, BOLD):
        fonts.add((FOLDER / name).read_bytes(), name)
    return fonts


@cache
def covered() -> frozenset[str]:
    """Characters that both fonts have; any other falls back to a font of the engine."""
    sets = [set(pymupdf.Font(fontfile=str(FOLDER / name)).valid_codepoints()) for name in (REGULAR, BOLD)]
    return frozenset(map(chr, sets[0] & sets[1])) | {"\n", "\r", "\t"}


@cache
def _widths(name: str) -> dict[str, float]:
    source = pymupdf.Font(fontfile=str(FOLDER / name))
    return {chr(code): source.glyph_advance(code) for code in source.valid_codepoints()}


def width(text: str, size: float, name: str = REGULAR) -> float:
    """Width in points; a character that the font lacks counts one em."""
    widths = _widths(name)
    return size * sum(widths.get(char, 1.0) for char in text)


def fitting(text: str, room: float, size: float, name: str = REGULAR) -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if width(text, size, name) <= room:
        return text
    while text and width(text + "…", size, name) > room:
        text = text[:-1]
    return text.rstrip() + "…"
