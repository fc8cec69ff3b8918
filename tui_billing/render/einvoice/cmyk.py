"""Colours of a press (DeviceCMYK) in a company's own letterhead, which PDF/A allows only with a profile of their own.

ISO 19005-3, 6.2.4.3: the OutputIntent is sRGB, so each content stream gets a DefaultCMYK, and the colours stay.
"""

import re
from functools import cache
from io import BytesIO
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, Stream

_OPERATORS = re.compile(rb"[\d.]\s+[kK]\s")
_NAME = b"/DeviceCMYK"


def calibrate(file: Pdf) -> None:
    """Give every page and form a DefaultCMYK where anything in the file needs one; else change nothing."""
    if not any(map(_needs_profile, file.objects)):
        return
    stream = file.make_stream(profile())
    stream.N = 4
    space = file.make_indirect(Array([Name.ICCBased, stream]))
    for found in list(file.objects):
        if isinstance(found, Dictionary | Stream) and _has_content(found):
            resources = found.get("/Resources")
            if resources is None:
                continue
            if "/ColorSpace" not in resources:
                resources.ColorSpace = Dictionary()
            if "/DefaultCMYK" not in resources.ColorSpace:
                resources.ColorSpace.DefaultCMYK = space


def _has_content(found: Any) -> bool:
    return bool(found.get("/Type") == Name.Page or found.get("/Subtype") == Name.Form or "/PatternType" in found)


def _needs_profile(found: Any) -> bool:
    """Whether the object names the device's colours itself, or draws with them."""
    if isinstance(found, Stream):
        is_profile = "/N" in found and "/Subtype" not in found
        if is_profile or not (found.get("/Subtype") == Name.Form or "/PatternType" in found):
            return not is_profile and _NAME in found.stream_dict.unparse()
        return _NAME in found.stream_dict.unparse() or bool(_OPERATORS.search(found.read_bytes()))
    return isinstance(found, Dictionary | Array) and _NAME in found.unparse()


@cache
def profile() -> bytes:
    """The CMYK profile that MuPDF calculates with, taken out of a picture that it writes."""
    import pymupdf

    dot = pymupdf.Pixmap(pymupdf.csCMYK, pymupdf.IRect(0, 0, 1, 1))
    dot.clear_with(0)
    with pymupdf.open() as paper:
        paper.new_page().insert_image((0, 0, 9, 9), pixmap=dot)
        data = paper.tobytes()
    with Pdf.open(BytesIO(data)) as file:
        pictures = [o for o in file.objects if isinstance(o, Stream) and o.get("/Subtype") == Name.Image]
        return bytes(pictures[0].ColorSpace[1].read_bytes())
