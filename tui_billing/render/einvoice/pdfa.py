"""A plain PDF finished to PDF/A-3b with the XML inside (ISO 19005-3, ZUGFeRD 2): by pikepdf, byte-reproducible.

sRGB OutputIntent, XMP with the Factur-X extension schema, /AF with /Alternative, print flag on annotations, dates of
the document, /ID from the contents.
"""

from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from tui_billing.domain.documents import Document
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.i18n import _
from tui_billing.render.einvoice.cmyk import calibrate
from tui_billing.render.einvoice.xmp import packet

PRINT, HIDDEN_FLAGS = 4, 1 | 2 | 32 | 256
"""Annotation flags of ISO 32000: Print; Invisible, Hidden, NoView, ToggleNoView."""

_CAP_HEIGHT = 0.79
"""Of the ascent, where the font's writer gave no height of capitals."""


def to_pdfa(document: Document, pdf: bytes, xml: bytes) -> bytes:
    """The finished file; the same input gives the same bytes."""
    with Pdf.open(BytesIO(pdf)) as file:
        info = _info(document, file)
        _metadata(document, file, info)
        _output_intent(file)
        _attachment(document, file, xml)
        _annotations(file)
        _repair(file)
        calibrate(file)
        file.Root.Lang = String(document.language)
        out = BytesIO()
        file.save(out, deterministic_id=True, min_version="1.7", fix_metadata_version=False)
    return out.getvalue()


def attachment_name(document: Document) -> str:
    """factur-x.xml, in the XRECHNUNG profile xrechnung.xml (ZUGFeRD 2)."""
    return "xrechnung.xml" if conformance_level(document) == "XRECHNUNG" else "factur-x.xml"


def conformance_level(document: Document) -> str:
    """fx:ConformanceLevel of the XMP."""
    plain = (InvoiceFormat.ZUGFERD, InvoiceFormat.PDF)
    return "EN 16931" if document.invoice_format in plain else "XRECHNUNG"


def _pdf_date(day: date) -> str:
    return f"D:{day:%Y%m%d}000000Z"


def _info(document: Document, file: Pdf) -> dict[str, str]:
    """What the document information says; XMP repeats exactly this (ISO 19005-3, 6.6.2.3)."""
    found = {str(key)[1:]: str(value) for key, value in file.docinfo.items()}
    info = {
        key: found[key] for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer") if key in found
    }
    info.setdefault("Title", document.number)
    info.setdefault("Author", document.seller.name)
    info["Producer"] = info.get("Producer") or "tui-billing"
    return {key: value for key, value in info.items() if value}


def _metadata(document: Document, file: Pdf, info: dict[str, str]) -> None:
    when = _pdf_date(document.invoice_date)
    dates = {"CreationDate": when, "ModDate": when}
    file.trailer.Info = file.make_indirect(Dictionary({f"/{k}": String(v) for k, v in (info | dates).items()}))
    xmp = packet(info, document.invoice_date, attachment_name(document), conformance_level(document))
    stream = file.make_stream(xmp)
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    file.Root.Metadata = stream


def _output_intent(file: Pdf) -> None:
    profile = file.make_stream(srgb_profile())
    profile.N = 3
    profile.Alternate = Name.DeviceRGB
    file.Root.OutputIntents = Array(
        [
            file.make_indirect(
                Dictionary(
                    Type=Name.OutputIntent,
                    S=Name.GTS_PDFA1,
                    OutputConditionIdentifier=String("sRGB"),
                    Info=String("sRGB IEC61966-2.1"),
                    RegistryName=String("http://www.color.org"),
                    DestOutputProfile=profile,
                )
            )
        ]
    )


@cache
def srgb_profile() -> bytes:
    """An sRGB profile without the moment of its making."""
    from PIL import ImageCms

    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = (2020).to_bytes(2, "big") + (1).to_bytes(2, "big") * 2 + bytes(6)
    made[84:100] = bytes(16)
    return bytes(made)


def _attachment(document: Document, file: Pdf, xml: bytes) -> None:
    name = attachment_name(document)
    when = String(_pdf_date(document.invoice_date))
    stream = file.make_stream(xml)
    stream.Type, stream.Subtype = Name.EmbeddedFile, Name("/text/xml")
    stream.Params = Dictionary(ModDate=when, CreationDate=when, Size=len(xml))
    description = "Rechnungsdaten (ZUGFeRD, EN 16931)"
    spec = file.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(name),
            UF=String(name),
            Desc=String(description),
            AFRelationship=Name.Alternative,
            EF=Dictionary(F=stream, UF=stream),
        )
    )
    names: Any = file.Root.get("/Names") or Dictionary()
    names.EmbeddedFiles = Dictionary(Names=Array([String(name), spec]))
    file.Root.Names = names
    file.Root.AF = Array([spec])


def _annotations(file: Pdf) -> None:
    """Every annotation prints and is not hidden (ISO 19005-3, 6.3.2)."""
    for page in file.pages:
        for annotation in page.obj.get("/Annots") or ():
            flags = int(annotation.get("/F", 0))
            annotation.F = (flags | PRINT) & ~HIDDEN_FLAGS


def _repair(file: Pdf) -> None:
    """What MuPDF leaves out or ISO 19005-3 forbids in fonts, images and the catalog."""
    for key in ("/OpenAction", "/AA"):
        if key in file.Root:
            del file.Root[key]
    for found in file.objects:
        if not isinstance(found, Dictionary | Stream):
            continue
        if found.get("/Type") == Name.Font:
            _repair_font(found)
        elif found.get("/Subtype") == Name.Image and found.get("/Interpolate"):
            found.Interpolate = False


def _repair_font(font: Any) -> None:
    """One name without blanks for font, descendant and descriptor; CIDToGIDMap (6.2.11.3.2); CapHeight."""
    parts = [font, *(font.get("/DescendantFonts") or ())]
    if "/BaseFont" not in parts[-1]:
        return
    name = Name("/" + str(parts[-1].BaseFont)[1:].replace(" ", ""))
    for part in parts:
        part.BaseFont = name
        if part.get("/Subtype") == Name.CIDFontType2 and "/CIDToGIDMap" not in part:
            part.CIDToGIDMap = Name.Identity
        descriptor = part.get("/FontDescriptor")
        if descriptor is not None:
            descriptor.FontName = name
            if "/CapHeight" not in descriptor:
                descriptor.CapHeight = int(float(descriptor.get("/Ascent", 0)) * _CAP_HEIGHT)
    _require_embedded(parts[-1])


def _require_embedded(font: Any) -> None:
    """A company's own letterhead may use fonts that are not in the file, which PDF/A forbids (6.2.11.4.1)."""
    descriptor = font.get("/FontDescriptor")
    embedded = descriptor is not None and any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
    if not embedded and font.get("/Subtype") != Name.Type3:
        text = _("Die Schrift {name} ist nicht eingebettet: bitte den Briefbogen als PDF mit Schriften neu speichern.")
        raise ValueError(text.format(name=str(font.get("/BaseFont", "?"))[1:]))
