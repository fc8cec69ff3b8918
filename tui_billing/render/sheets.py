"""The letterhead under the pages of a finished batch: each sheet is stored once and shown by every page."""

from collections.abc import Mapping, Sequence

import pymupdf
from pymupdf import mupdf

from tui_billing.render.frames import PAGE
from tui_billing.render.logo import check_logo
from tui_billing.render.port import Letterhead

_LAY_SHEET = b"q /Sheet Do Q\n"


class UnreadableLetterhead(Exception):
    """The company's letterhead or logo cannot be used; `file` names it."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(reason)
        self.file = file


def check_letterhead(letterhead: Letterhead) -> None:
    """Open what the letterhead names. Raises UnreadableLetterhead."""
    try:
        file = letterhead.pdf
        if file:
            with pymupdf.open(file, filetype="pdf") as paper:
                if paper.needs_pass or not paper.page_count:
                    raise ValueError("no pages, or a password")
        file = letterhead.logo
        if file:
            check_logo(file)
    except Exception as error:
        raise UnreadableLetterhead(file, str(error)) from error


class Sheets:
    """Turns the letterhead's pages into form objects and lays them under the letters' pages."""

    def __init__(self, document: pymupdf.Document, letterhead: Letterhead) -> None:
        self.document, self.letterhead = document, letterhead
        self.forms: dict[tuple[int, bool], int] = {}

    def lay_under(self, sheet_of: Sequence[tuple[int, bool]], codes: Mapping[int, bytes]) -> None:
        """Sheet of each page by its number, -1 for none; `codes` are drawings that belong under a page's text."""
        pdf = mupdf.pdf_specifics(self.document.this)
        plain = _stream(pdf, _LAY_SHEET)
        for number, key in enumerate(sheet_of):
            if key[0] < 0:
                continue
            forms = mupdf.pdf_new_dict(pdf, 1)
            mupdf.pdf_dict_puts(forms, "Sheet", mupdf.pdf_new_indirect(pdf, self._form(key), 0))
            page = mupdf.pdf_lookup_page_obj(pdf, number)
            mupdf.pdf_dict_puts(mupdf.pdf_dict_gets(page, "Resources"), "XObject", forms)
            contents = mupdf.pdf_new_array(pdf, 2)
            under = _stream(pdf, _LAY_SHEET + codes[number]) if number in codes else plain
            mupdf.pdf_array_push(contents, under)
            mupdf.pdf_array_push(contents, mupdf.pdf_dict_gets(page, "Contents"))
            mupdf.pdf_dict_puts(page, "Contents", contents)

    def _form(self, key: tuple[int, bool]) -> int:
        if key not in self.forms:
            self.forms[key] = self._own(key[1]) if self.letterhead.pdf else self._drawn(key[0] + (not key[1]))
        return self.forms[key]

    def _drawn(self, number: int) -> int:
        """A page of this file as a form: its stream and its resources, which hold the batch's own fonts."""
        document = self.document
        page = document.page_xref(number)
        stream = document.xref_stream(int(document.xref_get_key(page, "Contents")[1].split()[0]))
        return self._new_form(document.xref_get_key(page, "Resources")[1], stream)

    def _own(self, first: bool) -> int:
        """A page of the company's own letterhead, fitted to the sheet; a single page serves all sheets."""
        with pymupdf.open(self.letterhead.pdf) as paper:
            number = 0 if first or paper.page_count == 1 else 1
            scratch = self.document.new_page(width=PAGE.width, height=PAGE.height)
            scratch.show_pdf_page(PAGE, paper, number)
            resources = self.document.xref_get_key(scratch.xref, "Resources")[1]
            form = self._new_form(resources, scratch.read_contents())
            self.document.delete_page(scratch.number)
        return form

    def _new_form(self, resources: str, stream: bytes) -> int:
        form: int = self.document.get_new_xref()
        box = f"[0 0 {PAGE.width:g} {PAGE.height:g}]"
        self.document.update_object(form, f"<</Type/XObject/Subtype/Form/BBox{box}/Resources {resources}>>")
        self.document.update_stream(form, stream)
        return form


def _stream(pdf: mupdf.PdfDocument, content: bytes) -> mupdf.PdfObj:
    """A new stream, compressed when the file is saved."""
    buffer = mupdf.fz_new_buffer_from_copied_data(content)
    return mupdf.pdf_add_stream(pdf, buffer, mupdf.pdf_new_dict(pdf, 1), 0)
