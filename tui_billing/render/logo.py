"""The company's logo: any picture that MuPDF or Pillow reads, or the first page of an SVG or PDF, drawn as it is."""

from io import BytesIO
from pathlib import Path

import pymupdf
from pymupdf import mupdf

from tui_billing.render.pen import MM, Pen

FRAME = pymupdf.Rect(110 * MM, 10 * MM, 190 * MM, 32 * MM)
DRAWINGS = (".svg", ".pdf")
_UPRIGHT = (0, 1)


def check_logo(path: str) -> None:
    """Open it as it will be opened for drawing. Raises any error of the libraries, or ValueError for nothing to see."""
    if _is_drawing(path):
        with pymupdf.open(path) as drawing:
            if drawing.needs_pass or not drawing.page_count or drawing[0].rect.is_empty:
                raise ValueError("no pages, or a password")
    elif not _picture(path).w():
        raise ValueError("no picture")


def draw_logo(pen: Pen, path: str) -> None:
    """In the upper right corner, as large as its frame allows, in its own proportions."""
    if not _is_drawing(path):
        image = _picture(path)
        pen.image(image, _place(image.w(), image.h()))
        return
    with pymupdf.open(path) as drawing:
        area = drawing[0].rect
        x0, y0, x1, _ = _place(area.width, area.height)
        scale = (x1 - x0) / area.width
        matrix = mupdf.FzMatrix(scale, 0, 0, scale, x0 - area.x0 * scale, y0 - area.y0 * scale)
        page = mupdf.fz_load_page(drawing.this, 0)
        mupdf.fz_run_page_contents(page, pen.device, matrix, mupdf.FzCookie())


def _is_drawing(path: str) -> bool:
    return Path(path).suffix.lower() in DRAWINGS


def _place(width: float, height: float) -> tuple[float, float, float, float]:
    scale = min(FRAME.width / width, FRAME.height / height)
    return FRAME.x1 - width * scale, FRAME.y0, FRAME.x1, FRAME.y0 + height * scale


def _picture(path: str) -> mupdf.FzImage:
    """MuPDF's image; Pillow turns one of a kind that MuPDF does not know (WebP), or that a camera stored lying."""
    try:
        image = mupdf.fz_new_image_from_file(path)
        if mupdf.fz_image_orientation(image) in _UPRIGHT:
            return image
    except mupdf.FzErrorBase:
        if not _pillow_reads(path):
            raise
    from PIL import Image, ImageOps

    png = BytesIO()
    with Image.open(path) as picture:
        ImageOps.exif_transpose(picture).save(png, "PNG")
    return mupdf.fz_new_image_from_buffer(mupdf.fz_new_buffer_from_copied_data(png.getvalue()))


def _pillow_reads(path: str) -> bool:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.load()
    except Exception:  # the error of the first reader is told
        return False
    return True
