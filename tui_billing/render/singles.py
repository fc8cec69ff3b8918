"""Single files out of a batch. Straight on MuPDF's objects: a key at a time through PyMuPDF is slow."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pymupdf
from pymupdf import mupdf

from tui_billing.render.letter import Letter
from tui_billing.render.markup import plain

PRODUCER = "tui-billing"


def cut_single(batch: pymupdf.Document, pages: Iterable[int], letter: Letter, path: Path) -> None:
    """Save some pages of a batch as a file of their own, described as the letter says."""
    source = mupdf.pdf_specifics(batch.this)
    single = mupdf.pdf_create_document()
    grafts = mupdf.pdf_new_graft_map(single)
    for number in pages:
        mupdf.pdf_graft_mapped_page(grafts, -1, source, number)
    describe(single, letter)
    save(single, path)


def save(pdf: mupdf.PdfDocument, path: Path) -> None:
    """Write the file: streams compressed, nothing collected, no /ID made up."""
    options = mupdf.PdfWriteOptions()
    options.do_compress = options.do_compress_fonts = options.do_compress_images = 1
    options.dont_regenerate_id = 1
    mupdf.pdf_save_document(pdf, str(path), options)


def describe(pdf: mupdf.PdfDocument, letter: Letter) -> None:
    """Title, author, language, the letter's date, an /ID derived from it: the same whenever the file is made."""
    stamp = mupdf.pdf_new_string(*_sized(f"D:{letter.created:%Y%m%d}000000Z"))
    info = mupdf.pdf_new_dict(pdf, 7)
    texts = {"Title": letter.title, "Author": letter.seller.name, "Subject": letter.heading}
    for key, value in (texts | {"Creator": PRODUCER, "Producer": PRODUCER}).items():
        mupdf.pdf_dict_puts(info, key, mupdf.pdf_new_text_string(plain(value)))
    mupdf.pdf_dict_puts(info, "CreationDate", stamp)
    mupdf.pdf_dict_puts(info, "ModDate", stamp)
    identity = mupdf.pdf_new_array(pdf, 2)
    digest = hashlib.sha256(letter.identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    for _ in range(2):
        mupdf.pdf_array_push(identity, mupdf.pdf_new_string(digest, len(digest)))
    trailer = mupdf.pdf_trailer(pdf)
    mupdf.pdf_dict_puts(trailer, "Info", mupdf.pdf_add_object(pdf, info))
    mupdf.pdf_dict_puts(trailer, "ID", identity)
    root = mupdf.pdf_dict_gets(trailer, "Root")
    mupdf.pdf_dict_dels(root, "Info")  # the engine's own name and version, in a place where none belongs
    language = "en-GB" if letter.language == "en" else "de-DE"
    mupdf.pdf_dict_puts(root, "Lang", mupdf.pdf_new_text_string(language))
    preferences = mupdf.pdf_new_dict(pdf, 1)
    mupdf.pdf_dict_put_bool(preferences, mupdf.pdf_new_name("DisplayDocTitle"), 1)
    mupdf.pdf_dict_puts(root, "ViewerPreferences", preferences)


def _sized(value: str) -> tuple[str, int]:
    return value, len(value)
