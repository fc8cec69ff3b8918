"""One print file of many PDFs, in one pass: fonts and letterheads that are the same are stored once.

Never a merge with garbage collection of duplicates, which is quadratic: what a source shares with the file so far is
found by a digest of its bytes before it is copied.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf
from pymupdf import mupdf

from tui_billing.render.batch_pdf import BatchPdf
from tui_billing.render.cover import cover_letter
from tui_billing.render.singles import save
from tui_billing.render.worker import Span

_REFERENCE = re.compile(r"(\d+) 0 R")
_SHARED = ("Font", "XObject")


def combine(spans: Sequence[Span], target: Path, cover: Sequence[str]) -> int:
    """Write the pages of all spans into `target`, a cover page in front if there are lines for one; the pages.

    A count below zero takes the whole file.
    """
    joined = pymupdf.open()
    shared: dict[bytes, int] = {}
    if cover:
        _add_cover(joined, target, cover)
    spans = _merged(spans)
    last_use = {span.path: index for index, span in enumerate(spans)}
    sources: dict[str, _Source] = {}
    for index, span in enumerate(spans):
        if span.path not in sources:
            sources[span.path] = _Source(joined, span.path, shared)
        sources[span.path].append(span)
        if last_use[span.path] == index:
            sources.pop(span.path).document.close()
    count: int = joined.page_count
    if count:
        _save(joined, target)
    joined.close()
    return count


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Neighbours in the same file as one span."""
    merged: list[Span] = []
    for span in spans:
        before = merged[-1] if merged else None
        if before and before.path == span.path and before.first + before.count == span.first and span.count >= 0:
            merged[-1] = Span(span.path, before.first, before.count + span.count)
        else:
            merged.append(span)
    return merged


def _save(joined: pymupdf.Document, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    save(mupdf.pdf_specifics(joined.this), temporary)
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, target)


def _add_cover(joined: pymupdf.Document, target: Path, cover: Sequence[str]) -> None:
    sheet = BatchPdf(target.with_name(f".{target.name}.cover.{os.getpid()}.pdf"))
    sheet.add_letter(cover_letter(tuple(cover)))
    sheet.close()
    joined.insert_pdf(sheet.document)
    sheet.discard()


@dataclass(frozen=True, slots=True)
class _Part:
    """A font or form of a page: its group and name in the page's resources, and the digest of all that it holds."""

    group: str
    name: mupdf.PdfObj
    digest: bytes


class _Source:
    """One PDF whose pages go into the joined file."""

    def __init__(self, joined: pymupdf.Document, path: str, shared: dict[bytes, int]) -> None:
        self.joined, self.shared = mupdf.pdf_specifics(joined.this), shared
        self.document = pymupdf.open(path)
        self.pdf = mupdf.pdf_specifics(self.document.this)
        self.grafts = mupdf.pdf_new_graft_map(self.joined)
        self.digests: dict[int, bytes] = {}
        self.seen: set[int] = set()

    def append(self, span: Span) -> None:
        """Copy the pages of a span."""
        count = span.count if span.count >= 0 else self.document.page_count - span.first
        for number in range(span.first, span.first + count):
            self._append_page(number)

    def _append_page(self, number: int) -> None:
        """Copy a page; what the joined file has is cut off before and tied to its first copy after."""
        parts = self._parts(mupdf.pdf_dict_gets(mupdf.pdf_lookup_page_obj(self.pdf, number), "Resources"))
        mupdf.pdf_graft_mapped_page(self.grafts, -1, self.pdf, number)
        last = mupdf.pdf_count_pages(self.joined) - 1
        resources = mupdf.pdf_dict_gets(mupdf.pdf_lookup_page_obj(self.joined, last), "Resources")
        for part in parts:
            group = mupdf.pdf_dict_gets(resources, part.group)
            if part.digest in self.shared:
                first = mupdf.pdf_new_indirect(self.joined, self.shared[part.digest], 0)
                mupdf.pdf_dict_put(group, part.name, first)
            else:
                self.shared[part.digest] = mupdf.pdf_to_num(mupdf.pdf_dict_get(group, part.name))

    def _parts(self, resources: mupdf.PdfObj) -> list[_Part]:
        """Fonts and forms of a page; those that the joined file has are taken out of the source.

        Resources that several pages of a source share are left as they are: taken out once, they would be missed twice.
        """
        number = mupdf.pdf_to_num(resources)
        if not number or number in self.seen:
            return []
        self.seen.add(number)
        parts = []
        for name in _SHARED:
            group = mupdf.pdf_dict_gets(resources, name)
            if not mupdf.pdf_is_dict(group) or mupdf.pdf_is_indirect(group):
                continue
            found = [
                (mupdf.pdf_dict_get_key(group, n), mupdf.pdf_dict_get_val(group, n)) for n in range(_length(group))
            ]
            for key, value in found:
                if mupdf.pdf_is_indirect(value):
                    part = _Part(name, key, self._digest(mupdf.pdf_to_num(value), ()))
                    parts.append(part)
                    if part.digest in self.shared:
                        mupdf.pdf_dict_del(group, key)
        return parts

    def _digest(self, xref: int, above: tuple[int, ...]) -> bytes:
        """A digest of an object with all that it refers to; a cycle counts by its depth."""
        if xref in above:
            return str(above.index(xref)).encode()
        if xref not in self.digests:
            text = self.document.xref_object(xref, compressed=True)
            parts = [_REFERENCE.sub("R", text).encode("utf-8", "surrogateescape")]
            parts += [self._digest(int(found), (*above, xref)) for found in _REFERENCE.findall(text)]
            if self.document.xref_is_stream(xref):
                parts.append(self.document.xref_stream_raw(xref))
            self.digests[xref] = hashlib.sha256(b"\0".join(parts)).digest()
        return self.digests[xref]


def _length(dictionary: mupdf.PdfObj) -> int:
    """Number of keys."""
    return int(mupdf.pdf_dict_len(dictionary))
