"""Reading an e-invoice from outside: the XML of a ZUGFeRD PDF or an XML file, its syntax and profile.

Nothing is trusted: no entities, no network, no DTD, a limit on size.
"""

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

from tui_billing.domain.messages import N_, Problem

MAX_BYTES = 50_000_000
_CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_UBL = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}
_ATTACHMENTS = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")


class Syntax(StrEnum):
    """The two syntaxes of EN 16931."""

    CII = "CII"
    UBL = "UBL"


class Profile(StrEnum):
    """What BT-24 says."""

    MINIMUM = "MINIMUM"
    BASIC_WL = "BASIC WL"
    BASIC = "BASIC"
    EN16931 = "EN 16931"
    EXTENDED = "EXTENDED"
    XRECHNUNG = "XRECHNUNG"


@dataclass(frozen=True, slots=True)
class EinvoiceFile:
    """A well-formed e-invoice; `root` is its lxml element, `schema` its XSD below factur-x's folder."""

    xml: bytes
    root: Any
    syntax: Syntax
    profile: Profile
    schema: str
    from_pdf: bool = False


def read_einvoice(data: bytes) -> tuple[EinvoiceFile | None, list[Problem]]:
    """The e-invoice in a PDF or XML file, or why there is none."""
    if len(data) > MAX_BYTES:
        return None, [Problem("DATEI_ZU_GROSS", N_("Die Datei ist größer als 50 MB."))]
    from_pdf = b"%PDF-" in data[:1024]
    if from_pdf:
        xml, problems = _from_pdf(data)
        if xml is None:
            return None, problems
        data = xml
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        text = N_("Die Datei ist kein lesbares XML: {error}")
        return None, [Problem("XML_UNLESBAR", text, {"error": str(error)})]
    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        return None, [Problem("XML_MIT_DTD", N_("Eine DTD ist in einer E-Rechnung nicht erlaubt."))]
    return _recognised(data, root, from_pdf)


def _from_pdf(data: bytes) -> tuple[bytes | None, list[Problem]]:
    import pikepdf

    try:
        xml = embedded_xml(data)
    except pikepdf.PdfError:
        return None, [Problem("PDF_UNLESBAR", N_("Die PDF-Datei ist beschädigt oder verschlüsselt."))]
    if xml is not None:
        return xml, []
    text = N_("In der PDF-Datei steckt keine E-Rechnung (factur-x.xml oder xrechnung.xml): sie ist nur ein Bild.")
    return None, [Problem("KEINE_ERECHNUNG", text)]


def embedded_xml(pdf: bytes) -> bytes | None:
    """The invoice XML inside a PDF, None where there is none. Raises pikepdf.PdfError for a broken file."""
    import pikepdf

    with pikepdf.open(BytesIO(pdf)) as file:
        found = {name.lower(): name for name in file.attachments}
        for name in _ATTACHMENTS:
            if name in found:
                return bytes(file.attachments[found[name]].get_file().read_bytes())
    return None


def _recognised(data: bytes, root: Any, from_pdf: bool) -> tuple[EinvoiceFile | None, list[Problem]]:
    namespace, _, name = str(root.tag).removeprefix("{").partition("}")
    if namespace == _CII and name == "CrossIndustryInvoice":
        profile = _profile(root.xpath("string(//*[local-name()='GuidelineSpecifiedDocumentContextParameter'])"))
        return EinvoiceFile(data, root, Syntax.CII, profile, _cii_schema(profile), from_pdf), []
    if namespace in _UBL:
        profile = _profile(root.xpath("string(/*/*[local-name()='CustomizationID'])"))
        return EinvoiceFile(data, root, Syntax.UBL, profile, _UBL[namespace], from_pdf), []
    text = N_("Das XML ist keine E-Rechnung (weder CII noch UBL), sondern „{name}“.")
    return None, [Problem("KEINE_ERECHNUNG", text, {"name": name or str(root.tag)[:60]})]


def _profile(guideline: str) -> Profile:
    """The profile of a BT-24; what is unknown is checked as EN 16931."""
    lowered = guideline.strip().lower()
    for part, profile in (
        ("xrechnung", Profile.XRECHNUNG),
        ("extended", Profile.EXTENDED),
        ("basicwl", Profile.BASIC_WL),
        ("minimum", Profile.MINIMUM),
        ("factur-x.eu:1p0:basic", Profile.BASIC),
    ):
        if part in lowered:
            return profile
    return Profile.EN16931


def _cii_schema(profile: Profile) -> str:
    """Factur-X's XSD; XRechnung uses the elements of EN 16931."""
    level = {"EN 16931": "EN16931", "XRECHNUNG": "EN16931", "BASIC WL": "BASICWL"}.get(profile.value, profile.value)
    return f"facturx-{level.lower()}/Factur-X_{level}.xsd"
