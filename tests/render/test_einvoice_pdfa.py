"""ZUGFeRD files: each PDF/A-3b requirement by pikepdf, byte-identical again, print and XML agree figure by figure."""

# ruff: noqa: E402
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

pikepdf = pytest.importorskip("pikepdf", reason="needs the extra einvoice")
pytest.importorskip("drafthorse", reason="needs the extra einvoice")

import pymupdf
from einvoice_cases import SCENARIOS, in_format, invoice, mixed_rates
from lxml import etree

from tui_billing.domain.documents import Document, Line
from tui_billing.domain.einvoice_figures import figures
from tui_billing.domain.format import money
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.exchange.cii_amounts import read_cii
from tui_billing.exchange.einvoice_file import read_einvoice
from tui_billing.render.einvoice import finish, xml
from tui_billing.render.einvoice.mapping import build
from tui_billing.render.einvoice.pdfa import srgb_profile, to_pdfa
from tui_billing.render.port import Job, Letterhead
from tui_billing.render.worker import Order, render_batch

FINISHER = "tui_billing.render.einvoice:finish"


def rendered(documents: list[Document], folder: Path, finisher: str = FINISHER) -> list[bytes]:
    """The documents through the worker's own way, in this process."""
    outcome = render_batch(
        Order(0, tuple(Job(document) for document in documents), str(folder), Letterhead(), finisher)
    )
    assert [row.problem for row in outcome.rendered] == [None] * len(documents)
    return [row.path.read_bytes() for row in outcome.rendered if row.path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every scenario as ZUGFeRD file."""
    documents = [in_format(name, InvoiceFormat.ZUGFERD) for name in SCENARIOS]
    return dict(zip(SCENARIOS, rendered(documents, tmp_path_factory.mktemp("zugferd")), strict=True))


@pytest.fixture
def pdf(files: dict[str, bytes]) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(files["mixed_rates"])) as file:
        yield file


def fonts(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"]


def test_the_version_is_1_7_and_nothing_is_encrypted(pdf: pikepdf.Pdf) -> None:
    assert pdf.pdf_version == "1.7" and not pdf.is_encrypted
    assert len(pdf.trailer.ID) == 2


def test_the_output_intent_has_an_srgb_profile(pdf: pikepdf.Pdf) -> None:
    (intent,) = pdf.Root.OutputIntents
    profile = intent.DestOutputProfile.read_bytes()
    assert (intent.S, str(intent.OutputConditionIdentifier), intent.DestOutputProfile.N) == ("/GTS_PDFA1", "sRGB", 3)
    assert profile == srgb_profile() and profile[36:40] == b"acsp" and profile[16:20] == b"RGB "


def test_the_metadata_say_pdf_a_3b_and_factur_x(pdf: pikepdf.Pdf) -> None:
    stream = pdf.Root.Metadata
    assert (stream.Type, stream.Subtype) == ("/Metadata", "/XML") and "/Filter" not in stream
    packet = stream.read_bytes()
    root = etree.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.index(b"<?xpacket end")])
    values = {etree.QName(node).localname: (node.text or "").strip() for node in root.iter() if node.text}
    assert (values["part"], values["conformance"]) == ("3", "B")
    assert (values["DocumentType"], values["DocumentFileName"]) == ("INVOICE", "factur-x.xml")
    assert (values["Version"], values["ConformanceLevel"]) == ("1.0", "EN 16931")
    assert b"pdfaExtension:schemas" in packet and b"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" in packet
    described = re.findall(rb"<pdfaProperty:name>(\w+)<", packet)
    assert sorted(described) == [b"ConformanceLevel", b"DocumentFileName", b"DocumentType", b"Version"]


def test_document_information_and_metadata_agree(pdf: pikepdf.Pdf) -> None:
    packet = pdf.Root.Metadata.read_bytes().decode()
    info = {str(key): str(value) for key, value in pdf.docinfo.items()}
    for key in ("/Title", "/Author", "/Subject", "/Producer", "/Creator"):
        assert info[key].replace("&", "&amp;") in packet
    assert info["/CreationDate"] == info["/ModDate"] == "D:20261122000000Z"
    assert "<xmp:CreateDate>2026-11-22T00:00:00Z<" in packet and "<xmp:ModifyDate>2026-11-22T00:00:00Z<" in packet


def test_the_xml_is_associated_as_alternative(pdf: pikepdf.Pdf) -> None:
    (spec,) = pdf.Root.AF
    assert (spec.Type, spec.AFRelationship) == ("/Filespec", "/Alternative")
    assert str(spec.F) == str(spec.UF) == "factur-x.xml" and str(spec.Desc)
    stream = spec.EF.F
    assert (stream.Type, stream.Subtype) == ("/EmbeddedFile", "/text/xml") and spec.EF.UF.objgen == stream.objgen
    assert stream.read_bytes() == xml(in_format("mixed_rates", InvoiceFormat.ZUGFERD))
    assert int(stream.Params.Size) == len(stream.read_bytes()) and "/ModDate" in stream.Params
    names = pdf.Root.Names.EmbeddedFiles.Names
    assert str(names[0]) == "factur-x.xml" and names[1].objgen == spec.objgen


def test_fonts_are_embedded_under_one_name_with_a_glyph_map(pdf: pikepdf.Pdf) -> None:
    found = fonts(pdf)
    assert found
    for font in found:
        assert " " not in str(font.BaseFont)
        if font.Subtype == "/Type0":
            assert "/ToUnicode" in font and font.BaseFont == font.DescendantFonts[0].BaseFont
        else:
            descriptor = font.FontDescriptor
            assert descriptor.FontName == font.BaseFont and "/CapHeight" in descriptor
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
            assert font.Subtype != "/CIDFontType2" or font.CIDToGIDMap == "/Identity"


def test_nothing_that_pdf_a_forbids(files: dict[str, bytes]) -> None:
    for data in files.values():
        with pikepdf.open(BytesIO(data)) as file:
            assert not {"/OpenAction", "/AA"} & set(file.Root.keys())
            for found in file.objects:
                if isinstance(found, pikepdf.Stream):
                    assert found.get("/Filter") != "/LZWDecode" and not found.get("/Interpolate", False)
                if isinstance(found, pikepdf.Dictionary):
                    assert found.get("/S") not in ("/JavaScript", "/Launch", "/Movie", "/Sound")
            for page in file.pages:
                for annotation in page.obj.get("/Annots") or ():
                    assert int(annotation.F) & 4 and not int(annotation.F) & (1 | 2 | 32 | 256)
            assert str(file.Root.Lang) in ("de", "en")


def test_annotations_print_images_are_not_interpolated_and_actions_go() -> None:
    file = pikepdf.new()
    page = file.add_blank_page()
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], F=2)
    page.obj.Annots = pikepdf.Array([file.make_indirect(link)])
    image = file.make_stream(b"\x00" * 3)
    image.Subtype, image.Interpolate = pikepdf.Name.Image, True
    file.Root.Picture = image
    file.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript)
    out = BytesIO()
    file.save(out)
    with pikepdf.open(BytesIO(to_pdfa(invoice(), out.getvalue(), b"<a/>"))) as made:
        assert int(made.pages[0].obj.Annots[0].F) == 4
        assert not made.Root.Picture.Interpolate and "/OpenAction" not in made.Root


def test_other_scripts_are_embedded_too(tmp_path: Path) -> None:
    document = invoice(Line(name="保守 Ωμέγα Жёлтый ☎", unit_price=D(300)))
    (data,) = rendered([document], tmp_path)
    with pikepdf.open(BytesIO(data)) as file:
        for font in fonts(file):
            if font.Subtype != "/Type0":
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())


def test_a_letterhead_with_a_font_that_is_not_embedded_is_refused() -> None:
    file = pikepdf.new()
    page = file.add_blank_page()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=file.make_indirect(font)))
    out = BytesIO()
    file.save(out)
    with pytest.raises(ValueError, match="Die Schrift Helvetica ist nicht eingebettet"):
        to_pdfa(invoice(), out.getvalue(), b"<a/>")


def test_the_same_document_gives_the_same_bytes(files: dict[str, bytes], tmp_path: Path) -> None:
    again = rendered([mixed_rates()], tmp_path)
    assert again == [files["mixed_rates"]]


def test_the_xrechnung_profile_names_its_file(tmp_path: Path) -> None:
    document = in_format("leitweg", InvoiceFormat.ZUGFERD_XRECHNUNG)
    (data,) = rendered([document], tmp_path)
    file, _ = read_einvoice(data)
    assert file is not None and file.profile.value == "XRECHNUNG" and file.from_pdf
    with pikepdf.open(BytesIO(data)) as made:
        assert str(made.Root.AF[0].F) == "xrechnung.xml"
        packet = made.Root.Metadata.read_bytes()
    assert b"<fx:ConformanceLevel>XRECHNUNG<" in packet and b"<fx:DocumentFileName>xrechnung.xml<" in packet


def test_plain_pdfs_are_left_alone(tmp_path: Path) -> None:
    (data,) = rendered([replace(mixed_rates(), invoice_format=InvoiceFormat.PDF)], tmp_path)
    with pikepdf.open(BytesIO(data)) as file:
        assert "/AF" not in file.Root


def test_a_wrong_cent_stops_this_document_only(tmp_path: Path) -> None:
    good = mixed_rates()
    bad = replace(good, totals=replace(good.totals, payable=D("1.00")))
    order = Order(0, (Job(bad), Job(good)), str(tmp_path), Letterhead(), FINISHER)
    first, second = render_batch(order).rendered
    assert first.path is None and first.problem is not None and "BR-CO-16" in first.problem.params["error"]
    assert second.problem is None and second.path is not None
    with pytest.raises(ValueError, match="BR-CO-16"):
        finish(bad, b"")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_xml_is_what_drafthorse_writes(name: str) -> None:
    document = SCENARIOS[name]()
    tree = build(document, figures(document)).to_etree()
    assert xml(document).split(b"\n", 1)[1] == ElementTree.tostring(tree, "utf-8")


def plain_text(data: bytes) -> str:
    with pymupdf.open(stream=data, filetype="pdf") as file:
        return re.sub(r"\s", "", "".join(page.get_text() for page in file))


@pytest.mark.parametrize("name", SCENARIOS)
def test_print_and_xml_agree_figure_by_figure(name: str, files: dict[str, bytes]) -> None:
    document = SCENARIOS[name]()
    file, _ = read_einvoice(files[name])
    assert file is not None
    read = read_cii(file.root)
    sign = -1 if read.type_code == "381" else 1
    printed = plain_text(files[name])
    sums = (read.payable, read.gross + read.rounding, *(row.net for row in read.vat))
    for amount in sums if document.gross_prices else (*sums, read.net):
        assert money(sign * amount, document.language, symbol=False) in printed
    if not read.rounding:
        assert all(money(sign * row.tax, document.language, symbol=False) in printed for row in read.vat if row.tax)
    if not document.gross_prices:
        for line in read.lines:
            assert money(sign * line.net, document.language, symbol=False) in printed
    assert read.number in printed
    for text in {*file.root.xpath("//*[local-name()='IncludedNote']/*/text()"), *delivered(file.root)}:
        for words in text.split("\n"):
            assert re.sub(r"\s", "", words.removeprefix("- ")) in printed, words


def delivered(root: etree._Element) -> list[str]:
    """Street, town and postcode of the place that the goods went to."""
    path = "//*[local-name()='ShipToTradeParty']//*[local-name()='{}']/text()"
    return [text for name in ("LineOne", "CityName", "PostcodeCode") for text in root.xpath(path.format(name))]


def lzw(data: bytes) -> bytes:
    """The data in LZW of nine bits a code, cleared before codes would need ten."""
    codes = [256]
    for n, byte in enumerate(data):
        codes += [256, byte] if n % 200 == 199 else [byte]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def press_paper(folder: Path) -> Path:
    """A letterhead as printers make them: colours of the press in drawing, picture and pattern, packed by LZW."""
    path = folder / "press.pdf"
    file = pikepdf.new()
    page = file.add_blank_page(page_size=(595.276, 841.89))
    picture = file.make_stream(b"\x00\x80\x80\x00")
    picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    picture.Width = picture.Height = 1
    picture.BitsPerComponent, picture.ColorSpace = 8, pikepdf.Name.DeviceCMYK
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im1=picture))
    content = file.make_stream(b"")
    drawing = b"0.9 0.1 0.1 0.2 k 0 800 595 41 re f q 50 0 0 50 50 700 cm /Im1 Do Q "
    content.write(lzw(drawing), filter=pikepdf.Name.LZWDecode)
    page.obj.Contents = content
    file.save(path, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return path


def test_colours_of_a_press_get_a_profile_and_lzw_goes(tmp_path: Path) -> None:
    paper = Letterhead(pdf=str(press_paper(tmp_path)))
    orders = [Order(0, (Job(mixed_rates()),), str(tmp_path), paper, FINISHER) for _ in range(2)]
    rows = [render_batch(order).rendered[0] for order in orders]
    assert rows[0].problem is None and rows[0].path is not None
    assert rows[0].sha256 == rows[1].sha256
    with pikepdf.open(rows[0].path) as file:
        contents = [o for o in file.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Form"]
        contents += [page.obj for page in file.pages]
        assert len(contents) >= 2
        for content in contents:
            kind, stream = content.Resources.ColorSpace.DefaultCMYK
            assert (kind, stream.N, stream.read_bytes()[12:20]) == ("/ICCBased", 4, b"prtrCMYK")
        filters = {str(o.get("/Filter")) for o in file.objects if isinstance(o, pikepdf.Stream)}
    assert "/LZWDecode" not in filters


def test_without_colours_of_a_press_there_is_no_profile_of_them(files: dict[str, bytes]) -> None:
    assert all(b"DefaultCMYK" not in data for data in files.values())
    with pikepdf.open(BytesIO(files["standard"])) as file:
        assert not any("/N" in o and o.N == 4 for o in file.objects if isinstance(o, pikepdf.Stream))
