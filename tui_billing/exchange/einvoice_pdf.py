"""The XML inside a ZUGFeRD or Factur-X PDF, and whether the PDF is what the standard asks for (PDF/A-3, XMP, /AF).

The file is a stranger's: nothing is unpacked that would be larger than an e-invoice may be.
"""

import re
import zlib
from io import BytesIO
from typing import Any

from tui_billing.domain.messages import N_, Problem

MAX_BYTES = 50_000_000
ATTACHMENTS = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
_HARMLESS = ("/ASCIIHexDecode", "/ASCII85Decode", "/AHx", "/A85", "/Crypt")
_RELATIONS = ("/Alternative", "/Data", "/Source")
_PART = re.compile(rb"pdfaid:part(?:>|\s*=\s*[\"'])\s*3")
_LEVEL = re.compile(rb":ConformanceLevel(?:>|\s*=\s*[\"'])\s*([A-Z0-9 ]+)")


class UnreadablePdf(Exception):
    """The PDF is broken, needs a password, or its attachment is too large; `problem` says so."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def embedded_xml(pdf: bytes) -> bytes | None:
    """The invoice XML inside a PDF, None where there is none. Raises UnreadablePdf."""
    with _opened(pdf) as file:
        found = _attachment(file)
        return None if found is None else _unpacked(found.get_file().obj)


def container_problems(pdf: bytes, profile: str) -> list[Problem]:
    """Warnings where a PDF with an invoice in it is no ZUGFeRD: `profile` is what its XML says (BT-24)."""
    with _opened(pdf) as file:
        found = _attachment(file)
        related = list(file.Root.get("/AF", ()))
        metadata = file.Root.get("/Metadata")
        packet = _unpacked(metadata) if metadata is not None else b""
        is_related = found is not None and any(spec.get("/AFRelationship") in _RELATIONS for spec in related)
    problems = []
    if not _PART.search(packet):
        text = N_("Die PDF-Datei nennt sich nicht PDF/A-3 (ZUGFeRD verlangt es).")
        problems.append(Problem("PDFA3_FEHLT", text, warning=True))
    if not is_related:
        text = N_("Das XML ist der PDF-Datei nicht als Rechnung zugeordnet (/AF, AFRelationship).")
        problems.append(Problem("AF_FEHLT", text, warning=True))
    level = _LEVEL.search(packet)
    stated = level.group(1).decode().strip() if level else ""
    if stated.replace(" ", "") != profile.replace(" ", ""):
        text = N_("Die PDF-Datei nennt das Profil „{stated}“, ihr XML ist {profile}.")
        problems.append(
            Problem("PROFIL_VERSCHIEDEN", text, {"stated": stated or "–", "profile": profile}, warning=True)
        )
    return problems


def _opened(pdf: bytes) -> Any:
    import pikepdf

    try:
        return pikepdf.open(BytesIO(pdf))
    except (pikepdf.PdfError, pikepdf.PasswordError) as error:
        text = N_("Die PDF-Datei ist beschädigt oder verschlüsselt.")
        raise UnreadablePdf(Problem("PDF_UNLESBAR", text)) from error


def _attachment(file: Any) -> Any:
    found = {name.lower(): name for name in file.attachments}
    return next((file.attachments[found[name]] for name in ATTACHMENTS if name in found), None)


def _unpacked(stream: Any) -> bytes:
    """The stream's content, unless it is a bomb: it is measured before it is unpacked whole."""
    import pikepdf

    try:
        raw = stream.read_raw_bytes()
        if _is_too_large(raw, stream.get("/Filter")):
            raise UnreadablePdf(Problem("DATEI_ZU_GROSS", N_("Die Datei ist größer als 50 MB.")))
        return bytes(stream.read_bytes())
    except pikepdf.PdfError as error:
        text = N_("Die PDF-Datei ist beschädigt oder verschlüsselt.")
        raise UnreadablePdf(Problem("PDF_UNLESBAR", text)) from error


def _is_too_large(raw: bytes, filters: Any) -> bool:
    """Whether a stream is longer than MAX_BYTES, or packed in a way that cannot be measured in pieces."""
    import pikepdf

    names = [str(name) for name in filters] if isinstance(filters, pikepdf.Array) else [str(filters)] if filters else []
    packed = [name for name in names if name not in _HARMLESS]
    if len(raw) > MAX_BYTES or (packed and names != ["/FlateDecode"] and names != ["/Fl"]):
        return True
    if not packed:
        return False
    unpacker, size = zlib.decompressobj(), 0
    while raw and not unpacker.eof:
        try:
            size += len(unpacker.decompress(raw, 1_000_000))
        except zlib.error:
            return False  # what is broken is told when it is read
        raw = unpacker.unconsumed_tail
        if size > MAX_BYTES:
            return True
    return False
