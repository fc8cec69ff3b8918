"""One print file of many PDFs, in one pass: fonts and letterheads that are the same are stored once.

Never a merge with garbage collection of duplicates, which is quadratic: what a source shares with the file so far is
found by a digest of its bytes before it is copied.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pymupdf

from tui_billing.render.batch_pdf import BatchPdf
from tui_billing.render.cover import cover_letter
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
    joined.save(str(temporary), no_new_id=True)
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, target)


def _add_cover(joined: pymupdf.Document, target: Path, cover: Sequence[str]) -> None:
    sheet = BatchPdf(target.with_name(f".{target.name}.cover.{os.getpid()}.pdf"))
    sheet.add_letter(cover_letter(tuple(cover)))
    sheet.close()
    joined.insert_pdf(sheet.document)
    sheet.discard()


class _Source:
    """One PDF whose pages go into the joined file."""

    def __init__(self, joined: pymupdf.Document, path: str, shared: dict[bytes, int]) -> None:
        self.joined, self.shared = joined, shared
        self.document = pymupdf.open(path)
        self.digests: dict[int, bytes] = {}

    def append(self, span: Span) -> None:
        """Copy a span; what the joined file has is cut off before and tied to its first copy after."""
        count = span.count if span.count >= 0 else self.document.page_count - span.first
        if count <= 0:
            return
        links = [self._shared_parts(span.first + offset) for offset in range(count)]
        start = self.joined.page_count
        last = span.first + count - 1
        self.joined.insert_pdf(
            self.document, from_page=span.first, to_page=last, links=False, annots=True, widgets=False, final=False
        )
        for offset, parts in enumerate(links):
            resources, prefix = _resources(self.joined, start + offset)
            for key, digest in parts:
                if digest in self.shared:
                    self.joined.xref_set_key(resources, prefix + key, f"{self.shared[digest]} 0 R")
                else:
                    kind, value = self.joined.xref_get_key(resources, prefix + key)
                    if kind == "xref":
                        self.shared[digest] = int(value.split()[0])

    def _shared_parts(self, number: int) -> list[tuple[str, bytes]]:
        """Fonts and forms of a page with their digests; the known ones are taken out of the source."""
        resources, prefix = _resources(self.document, number)
        parts = []
        for group in _SHARED:
            for name in self._names(resources, prefix + group):
                key = f"{group}/{name}"
                kind, value = self.document.xref_get_key(resources, prefix + key)
                if kind != "xref":
                    continue
                digest = self._digest(int(value.split()[0]), ())
                parts.append((key, digest))
                if digest in self.shared:
                    self.document.xref_set_key(resources, prefix + key, "null")
        return parts

    def _names(self, resources: int, key: str) -> list[str]:
        kind, value = self.document.xref_get_key(resources, key)
        if kind == "xref":
            return []  # a dictionary of its own, maybe shared by pages: left as it is
        return re.findall(r"/([^\s/<>\[\]()]+)\s*\d+ 0 R", value) if kind == "dict" else []

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


def _resources(document: pymupdf.Document, number: int) -> tuple[int, str]:
    """The object that holds a page's resources, and the prefix of their keys in it."""
    page = document.page_xref(number)
    kind, value = document.xref_get_key(page, "Resources")
    return (int(value.split()[0]), "") if kind == "xref" else (page, "Resources/")
