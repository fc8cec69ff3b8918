"""The same invoice in every engine: address, block, item table with repeated head, totals, footer, page numbers.

Each engine is a function that takes a list of documents and a folder and writes one PDF each; its import is inside, so
that each process holds one engine. The table's head is repeated where the engine can; markdown-pdf cannot.
"""

import html
import zlib
from collections.abc import Sequence
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.format import day, money, number

FONTS = Path(__file__).parent.parent / "tui_billing" / "render" / "fonts"
HEAD = ("Pos.", "Bezeichnung", "Menge", "Einzelpreis", "USt", "Gesamt")
CLOSING = ("Zahlbar bis 06.12.2026 ohne Abzug.", "Vielen Dank für Ihren Auftrag.")


def cells(document: Document) -> list[tuple[str, ...]]:
    """The rows of the table as printed."""
    return [
        (
            str(line.position),
            line.name,
            f"{number(line.quantity)} {line.unit}",
            money(line.unit_price),
            f"{line.vat_rate} %",
            money(line.net),
        )
        for line in document.lines
    ]


def sums(document: Document) -> list[tuple[str, str]]:
    """The rows of the totals."""
    totals = document.totals
    vat = [(f"{row.rate} % USt auf {money(row.net)}", money(row.tax)) for row in totals.vat]
    return [("Nettobetrag", money(totals.net)), *vat, ("Rechnungsbetrag", money(totals.gross))]


def address(document: Document) -> list[str]:
    """The lines of the window."""
    buyer = document.buyer
    return [buyer.name, buyer.contact_person, buyer.address.street, f"{buyer.address.postcode} {buyer.address.city}"]


def information(document: Document) -> list[tuple[str, str]]:
    """The information block."""
    return [
        ("Rechnungsnummer", document.number),
        ("Rechnungsdatum", day(document.invoice_date)),
        ("Kundennummer", document.buyer.number),
        ("Leistungszeitraum", f"{day(document.period_from)} – {day(document.period_to)}"),
        ("Steuernummer", document.seller.tax_number),
    ]


def footer(document: Document) -> list[str]:
    """The footer's columns."""
    seller = document.seller
    return [f"{seller.name}, {seller.address.city}", f"IBAN {seller.iban}", f"Steuernummer {seller.tax_number}"]


def markdown_text(document: Document) -> str:
    """The invoice as a Markdown section, as a user of markdown-pdf would write it."""
    rows = "\n".join("| " + " | ".join(row) + " |" for row in cells(document))
    totals = "\n".join(f"| {name} | {amount} |" for name, amount in sums(document))
    block = "\n".join(f"| {name} | {value} |" for name, value in information(document))
    return (
        f"{'<br/>'.join(address(document))}\n\n"
        f"| | |\n|---|---|\n{block}\n\n# Rechnung {document.number}\n\n"
        f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}\n{rows}\n\n"
        f"| | |\n|---|--:|\n{totals}\n\n{CLOSING[0]}\n\n{CLOSING[1]}\n\n{' · '.join(footer(document))}\n"
    )


def ours(documents: Sequence[Document], folder: Path) -> None:
    """This project's batch with letterhead, window, page numbers, Übertrag."""
    from tui_billing.render import batch
    from tui_billing.render.port import Job, Letterhead
    from tui_billing.render.worker import Order

    outcome = batch.render(Order(0, tuple(Job(d) for d in documents), str(folder), Letterhead()))
    assert not any(row.problem for row in outcome.rendered)


def markdown_pdf(documents: Sequence[Document], folder: Path) -> None:
    """markdown-pdf as it comes, one file a document."""
    from markdown_pdf import MarkdownPdf, Section

    for document in documents:
        pdf = MarkdownPdf(toc_level=0)
        pdf.add_section(Section(markdown_text(document), toc=False))
        pdf.save(folder / f"{document.id}.pdf")


def reportlab(documents: Sequence[Document], folder: Path) -> None:
    """Platypus with paragraphs in a long table and the same TrueType font."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    if "k" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("k", str(FONTS / "KontorSans-Regular.ttf")))
        pdfmetrics.registerFont(TTFont("kb", str(FONTS / "KontorSans-Bold.ttf")))
    text = ParagraphStyle("t", fontName="k", fontSize=9.5, leading=12)
    bold = ParagraphStyle("b", parent=text, fontName="kb")
    right = ParagraphStyle("r", parent=text, alignment=2)
    style = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, "#cccccc"), ("VALIGN", (0, 0), (-1, -1), "TOP")])

    def paper(canvas: object, template: object) -> None:
        canvas.setFont("k", 7)  # type: ignore[attr-defined]
        canvas.drawString(25 * mm, 15 * mm, " · ".join(footer(document)))  # type: ignore[attr-defined]
        canvas.drawRightString(190 * mm, 30 * mm, f"Seite {template.page}")  # type: ignore[attr-defined]

    for document in documents:
        rows = [[Paragraph(html.escape(c), bold) for c in HEAD]]
        rows += [
            [Paragraph(html.escape(cell), text if n < 2 else right) for n, cell in enumerate(row)]
            for row in cells(document)
        ]
        story = [Paragraph(html.escape(line), text) for line in address(document)]
        story += [Table([[Paragraph(a, text), Paragraph(b, text)] for a, b in information(document)])]
        story += [Spacer(0, 20), Paragraph(f"Rechnung {document.number}", bold)]
        widths = [28, 191, 66, 70, 34, 78]
        story += [Table(rows, colWidths=widths, repeatRows=1, style=style)]
        story += [Table([[Paragraph(a, text), Paragraph(b, right)] for a, b in sums(document)])]
        story += [Paragraph(line, text) for line in CLOSING]
        template = SimpleDocTemplate(str(folder / f"{document.id}.pdf"), pagesize=A4, leftMargin=25 * mm)
        template.build(story, onFirstPage=paper, onLaterPages=paper)


def weasyprint(documents: Sequence[Document], folder: Path) -> None:
    """HTML and CSS with running page numbers."""
    from weasyprint import HTML

    css = (
        f"@font-face{{font-family:k;src:url({(FONTS / 'KontorSans-Regular.ttf').as_uri()})}}"
        f"@font-face{{font-family:k;font-weight:bold;src:url({(FONTS / 'KontorSans-Bold.ttf').as_uri()})}}"
        "@page{size:A4;margin:25mm 20mm 30mm 25mm;@bottom-right{content:'Seite ' counter(page) ' von ' counter(pages)}}"
        "body{font:9.5pt k}table{width:100%;border-collapse:collapse}td{border-bottom:.4pt solid #ccc}"
        "td:nth-child(n+3){text-align:right}"
    )
    for document in documents:
        HTML(string=f"<style>{css}</style>{_html(document)}").write_pdf(str(folder / f"{document.id}.pdf"))


def _html(document: Document) -> str:
    def rows(tag: str, lines: Sequence[Sequence[str]]) -> str:
        return "".join("<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in line) + "</tr>" for line in lines)

    return (
        f"<p>{'<br>'.join(map(html.escape, address(document)))}</p>"
        f"<table>{rows('td', information(document))}</table><h1>Rechnung {document.number}</h1>"
        f"<table><thead>{rows('th', [HEAD])}</thead>{rows('td', cells(document))}</table>"
        f"<table>{rows('td', sums(document))}</table><p>{CLOSING[0]}</p><p>{CLOSING[1]}</p>"
        f"<p>{html.escape(' · '.join(footer(document)))}</p>"
    )


def typst(documents: Sequence[Document], folder: Path) -> None:
    """Its one call, for each document a source made from a template."""
    import typst as engine

    for document in documents:
        source = _typst(document).encode()
        engine.compile(source, output=folder / f"{document.id}.pdf", font_paths=[FONTS], ignore_system_fonts=True)


def typst_compiler(documents: Sequence[Document], folder: Path) -> None:
    """One compiler for all documents, which remembers what it has laid out."""
    import typst as engine

    compiler = engine.Compiler(font_paths=[FONTS], ignore_system_fonts=True)
    for document in documents:
        compiler.compile(_typst(document).encode(), output=folder / f"{document.id}.pdf")


def _typst(document: Document) -> str:
    def text(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def table(columns: str, lines: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
        header = f"table.header({', '.join(f'strong({text(c)})' for c in head)})," if head else ""
        return f"#table(columns: ({columns}), stroke: none, {header}{', '.join(text(c) for r in lines for c in r)})\n"

    return (
        '#set page(paper: "a4", margin: (left: 25mm, right: 20mm, top: 25mm, bottom: 30mm), '
        'footer: context [Seite #counter(page).display("1 von 1", both: true)])\n'
        '#set text(font: "Kontor Sans", size: 9.5pt)\n'
        + "".join(f"#{text(line)} \\\n" for line in address(document))
        + table("auto, auto", information(document))
        + f"= #{text('Rechnung ' + document.number)}\n"
        + table("28pt, 1fr, 66pt, 70pt, 34pt, 78pt", cells(document), HEAD)
        + table("1fr, 78pt", sums(document))
        + "".join(f"#{text(line)}\n\n" for line in (*CLOSING, " · ".join(footer(document))))
    )


def hand_written(documents: Sequence[Document], folder: Path) -> None:
    """The limit: content streams by hand, known widths, no wrapping, no layout to speak of."""
    writer = _HandWriter()
    for document in documents:
        (folder / f"{document.id}.pdf").write_bytes(writer.write(document))


class _HandWriter:
    """Two fonts, kept compressed; every line is placed by arithmetic."""

    def __init__(self) -> None:
        from fontTools.ttLib import TTFont

        self.fonts = []
        for name in ("KontorSans-Regular.ttf", "KontorSans-Bold.ttf"):
            data = (FONTS / name).read_bytes()
            font = TTFont(FONTS / name)
            ids = {code: font.getGlyphID(glyph) for code, glyph in font.getBestCmap().items()}
            metrics, order = font["hmtx"].metrics, font.getGlyphOrder()
            widths = {code: metrics[order[gid]][0] / 2.048 for code, gid in ids.items()}
            self.fonts.append((zlib.compress(data), ids, widths, name.removesuffix(".ttf")))

    def show(self, x: float, y: float, text: str, font: int = 0, right: bool = False) -> str:
        _, ids, widths, _ = self.fonts[font]
        if right:
            x -= sum(widths[ord(c)] for c in text) * 0.0095
        glyphs = "".join(f"{ids[ord(c)]:04x}" for c in text)
        return f"BT /F{font} 9.5 Tf {x:.2f} {y:.2f} Td <{glyphs}> Tj ET\n"

    def pages(self, document: Document) -> list[str]:
        lines: list[str] = []
        done: list[str] = []
        lines += [self.show(71, 660 - 12 * n, text) for n, text in enumerate(address(document))]
        for n, (name, value) in enumerate(information(document)):
            lines += [self.show(354, 690 - 12 * n, name), self.show(440, 690 - 12 * n, value)]
        lines.append(self.show(71, 560, f"Rechnung {document.number}", 1))
        y = 530.0
        stops = ((71, False), (99, False), (350, True), (430, True), (470, True), (539, True))
        for row in [HEAD, *cells(document)]:
            if y < 110:
                done.append("".join(lines))
                lines, y = [self.show(x, 740, c, 1, r) for (x, r), c in zip(stops, HEAD, strict=True)], 720.0
            lines += [self.show(x, y, cell, 0, r) for (x, r), cell in zip(stops, row, strict=True)]
            y -= 17
        for name, amount in sums(document):
            lines += [self.show(290, y, name), self.show(539, y, amount, 0, True)]
            y -= 15
        lines += [self.show(71, y - 14 * n, text) for n, text in enumerate(CLOSING)]
        done.append("".join(lines))
        foot = self.show(71, 60, " · ".join(footer(document)))
        return [p + foot + self.show(539, 85, f"Seite {n} von {len(done)}", 0, True) for n, p in enumerate(done, 1)]

    def write(self, document: Document) -> bytes:
        objects: list[bytes] = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
        for number_, (data, ids, widths, name) in enumerate(self.fonts):
            base = 3 + 4 * number_
            unicode_map = "".join(f"<{gid:04x}><{code:04x}>\n" for code, gid in list(ids.items())[:100])
            wide = " ".join(f"{gid}[{widths[code]:.0f}]" for code, gid in ids.items())
            cmap = zlib.compress(
                (
                    "/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/X def/CMapType 2 def "
                    f"1 begincodespacerange<0000><ffff>endcodespacerange 100 beginbfchar\n{unicode_map}endbfchar "
                    "endcmap end end"
                ).encode()
            )
            objects += [
                f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/ToUnicode {base + 3} 0 R"
                f"/DescendantFonts[{base + 1} 0 R]>>".encode(),
                f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
                f"/Supplement 0>>/W[{wide}]/FontDescriptor<</Type/FontDescriptor/FontName/{name}/Flags 32"
                f"/FontBBox[-203 -212 1023 906]/ItalicAngle 0/Ascent 905/Descent -211/CapHeight 700/StemV 80"
                f"/FontFile2 {base + 2} 0 R>>>>".encode(),
                b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(data), data),
                b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(cmap), cmap),
            ]
        kids = []
        for content in self.pages(document):
            data = zlib.compress(content.encode())
            objects.append(b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(data), data))
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Contents {len(objects)} 0 R"
                "/Resources<</Font<</F0 3 0 R/F1 7 0 R>>>>>>".encode()
            )
            kids.append(f"{len(objects)} 0 R")
        objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
        return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    data = bytearray(b"%PDF-1.7\n")
    places = []
    for n, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (n, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(data)


ENGINES = {
    "ours": ours,
    "markdown-pdf": markdown_pdf,
    "Typst": typst,
    "Typst, one compiler": typst_compiler,
    "ReportLab": reportlab,
    "WeasyPrint": weasyprint,
    "hand-written PDF": hand_written,
}
NEEDS = {
    "Typst": "typst",
    "Typst, one compiler": "typst",
    "ReportLab": "reportlab",
    "WeasyPrint": "weasyprint",
    "hand-written PDF": "fontTools",
}
