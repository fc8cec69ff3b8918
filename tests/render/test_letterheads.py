"""The sender's paper: name, return address and footer of any length, logos of any kind, own sheets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PIL import Image
from render_samples import BUYER, SELLER, invoice, page_texts, render, render_texts, where

from tui_billing.domain.parties import Address, Party
from tui_billing.render.letterhead import column_widths, footer_columns, name_lines, return_line
from tui_billing.render.metrics import width
from tui_billing.render.port import Job, Letterhead

LONG = replace(
    SELLER,
    name="Gesellschaft für wirtschaftliche Zusammenarbeit und Entwicklung von Informationssystemen mbH & Co. KG",
    bank_name="Raiffeisen-Volksbank Donauwörth-Neuburg eG",
    email="rechnungswesen-debitoren@wirtschaftliche-zusammenarbeit.example",
    website="www.wirtschaftliche-zusammenarbeit-entwicklung.example",
    register_entry="Amtsgericht Charlottenburg, HRA 123456 B; Komplementärin HRB 654321 B",
    managing_directors="Dr. Annegret von Hohenstein-Schaumburg, Jörg Öztürk, Maximilian Freiherr von Berg, Zoë Groß",
)


def footer_words(path: Path) -> str:
    with pymupdf.open(str(path)) as pdf:
        words = [word for word in pdf[0].get_text("words") if word[1] > 269 * 72 / 25.4]
        assert max(word[3] for word in words) < 297 * 72 / 25.4 - 8
        assert max(word[2] for word in words) / 72 * 25.4 <= 190.5
    return "".join(word[4] for word in words).replace("\u00a0", "")


@pytest.mark.parametrize("seller", [SELLER, LONG, replace(LONG, email="a" * 60 + "@" + "b" * 60 + ".example")])
def test_the_footer_loses_nothing_and_stays_on_the_sheet(seller: Party, tmp_path: Path) -> None:
    (row,) = render([Job(invoice(seller=seller))], tmp_path)
    assert row.path is not None
    found = footer_words(row.path)
    for column in footer_columns(seller, "de"):
        for line in column:
            for word in line.split():
                assert word in found, word


def test_a_footer_a_little_too_wide_is_set_smaller_before_a_line_is_broken(tmp_path: Path) -> None:
    seller = replace(SELLER, name="Muster & Söhne Bürodienste GmbH", managing_directors="Änne Muster, Jürgen Muster")
    (row,) = render([Job(invoice(seller=seller))], tmp_path)
    assert row.path is not None
    with pymupdf.open(str(row.path)) as pdf:
        spans = [
            span
            for block in pdf[0].get_text("dict")["blocks"]
            for line in block.get("lines", ())
            for span in line["spans"]
            if span["bbox"][1] > 270 * 72 / 25.4
        ]
    texts = [span["text"].replace("\u00a0", " ") for span in spans]
    assert "Muster & Söhne Bürodienste GmbH" in texts
    assert "Geschäftsführung Änne Muster, Jürgen Muster" in texts
    assert {round(span["size"], 1) for span in spans} <= {6.8, 6.5, 6.2}


def test_the_columns_of_the_footer_reach_from_margin_to_margin() -> None:
    room = 165 * 72 / 25.4 - 2 * 9
    assert sum(column_widths([50, 60, 70], [10, 20, 30])) == pytest.approx(room)
    assert column_widths([50, 60, 70], [10, 20, 30])[-1] == 70
    narrow = column_widths([50, 900, 70], [40, 100, 60])
    assert (narrow[0], narrow[2]) == (50, 70) and sum(narrow) == pytest.approx(room)
    assert sum(column_widths([900, 900, 900], [800, 100, 100])) == pytest.approx(room)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Anna Muster, Jörg Öztürk", "Geschäftsführung Anna Muster, Jörg Öztürk"),
        ("Vorstand: Anna Muster", "Vorstand: Anna Muster"),
        ("", ""),
    ],
)
def test_a_title_of_its_own_takes_the_place_of_geschaeftsfuehrung(typed: str, printed: str) -> None:
    last = footer_columns(replace(SELLER, managing_directors=typed), "de")[-1]
    assert (last[-1] if printed else "") == printed
    assert len(last) == (4 if printed else 3)


def test_a_long_name_keeps_street_and_town_in_the_return_address(tmp_path: Path) -> None:
    text, size = return_line(LONG)
    assert text.startswith("Gesellschaft für wirtschaftliche Zusammenarbeit")
    assert text.endswith("… · Kontorstraße 12 · 20457 Hamburg")
    assert width(text, size) <= 80 * 72 / 25.4
    (row,) = render([Job(invoice(seller=LONG))], tmp_path)
    assert row.path is not None
    x0, y0, x1, y1 = where(row.path, "Kontorstraße 12 · 20457 Hamburg")
    assert 25 <= x0 < x1 <= 105.5 and 45 <= y0 < y1 <= 50


def test_a_long_name_stands_in_two_balanced_lines() -> None:
    assert name_lines("Muster & Söhne GmbH") == (["Muster & Söhne GmbH"], 20)
    lines, size = name_lines(LONG.name)
    assert lines == [
        "Gesellschaft für wirtschaftliche Zusammenarbeit und",
        "Entwicklung von Informationssystemen mbH & Co. KG",
    ]
    assert size == 13
    assert [len(line) < 200 for line in name_lines("Wort" * 200)[0]] == [True]


@pytest.mark.parametrize(
    ("country", "lines"),
    [
        ("AT", ["SW1A 2AA London", "ÖSTERREICH"]),
        ("GB", ["London", "SW1A 2AA", "VEREINIGTES KÖNIGREICH"]),
        ("US", ["London SW1A 2AA", "VEREINIGTE STAATEN"]),
        ("DE", ["SW1A 2AA London"]),
    ],
)
def test_town_and_postcode_stand_as_the_countrys_post_reads_them(
    country: str, lines: list[str], tmp_path: Path
) -> None:
    address = Address(street="10 Downing Street", postcode="SW1A 2AA", city="London", country=country)
    (text,) = render_texts(invoice(buyer=replace(BUYER, address=address)), tmp_path)
    found = text.splitlines()
    first = found.index("10 Downing Street") + 1
    assert found[first : first + len(lines)] == lines


def picture(folder: Path, name: str, size: tuple[int, int] = (300, 100), mode: str = "RGB", turned: int = 0) -> Path:
    path = folder / name
    made = Image.new(mode, size, 90 if mode == "L" else (90,) * len(mode))
    if turned:
        exif = Image.Exif()
        exif[0x0112] = turned
        made.save(path, exif=exif)
    else:
        made.save(path)
    return path


def drawing(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".svg"):
        path.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100">'
            '<rect width="300" height="100" fill="#36c"/></svg>'
        )
        return path
    with pymupdf.open() as pdf:
        pdf.new_page(width=300, height=100).draw_rect((0, 0, 300, 100), fill=(0.2, 0.4, 0.8))
        pdf.save(str(path))
    return path


def ink(path: Path) -> tuple[float, float, float, float]:
    """Where the upper right corner is inked, in millimetres."""
    with pymupdf.open(str(path)) as pdf:
        pixmap = pdf[0].get_pixmap(dpi=72, clip=pymupdf.Rect(300, 0, 595, 100), colorspace=pymupdf.csGRAY)
    dots = [(x, y) for y in range(pixmap.height) for x in range(pixmap.width) if pixmap.pixel(x, y)[0] < 240]
    xs, ys = [x for x, _ in dots], [y for _, y in dots]
    scale = 25.4 / 72
    return (300 + min(xs)) * scale, min(ys) * scale, (301 + max(xs)) * scale, (max(ys) + 1) * scale


LOGOS: dict[str, tuple[Callable[[Path], Path], float]] = {
    "png": (lambda f: picture(f, "a.png"), 3),
    "very wide": (lambda f: picture(f, "a.png", (2000, 100)), 20),
    "very tall": (lambda f: picture(f, "a.png", (40, 400)), 0.1),
    "one dot": (lambda f: picture(f, "a.png", (1, 1)), 1),
    "transparent": (lambda f: picture(f, "a.png", mode="RGBA"), 3),
    "grey": (lambda f: picture(f, "a.png", mode="L"), 3),
    "cmyk": (lambda f: picture(f, "a.jpg", mode="CMYK"), 3),
    "lying": (lambda f: picture(f, "a.jpg", turned=6), 1 / 3),
    "gif": (lambda f: picture(f, "a.gif"), 3),
    "tiff": (lambda f: picture(f, "a.tif"), 3),
    "webp": (lambda f: picture(f, "a.webp"), 3),
    "svg": (lambda f: drawing(f, "a.svg"), 3),
    "pdf": (lambda f: drawing(f, "a.pdf"), 3),
}


@pytest.mark.parametrize("kind", LOGOS)
def test_a_logo_of_any_kind_fills_its_frame_at_the_upper_right(kind: str, tmp_path: Path) -> None:
    make, ratio = LOGOS[kind]
    letterhead = Letterhead(logo=str(make(tmp_path)))
    rows = render([Job(invoice()), Job(invoice(number="RE-2"))], tmp_path, letterhead)
    assert [row.problem for row in rows] == [None, None]
    assert rows[0].path is not None
    x0, y0, x1, y1 = ink(rows[0].path)
    assert x1 == pytest.approx(190, abs=0.6)
    assert y0 == pytest.approx(10, abs=0.6)
    assert x1 - x0 == pytest.approx(min(80, 22 * ratio), abs=1.2)
    assert y1 - y0 == pytest.approx(min(22, 80 / ratio), abs=1.2)
    alone = render([Job(invoice(number="RE-2"))], tmp_path, letterhead)
    assert alone[0].sha256 == rows[1].sha256


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b""), ("a.png", b"text"), ("a.svg", b"<svg"), ("a.pdf", b"%PDF-1.7"), ("a.webp", b"RIFF1234WEBP")],
)
def test_a_logo_that_cannot_be_read_is_a_problem_and_no_abort(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (row,) = render([Job(invoice())], tmp_path, Letterhead(logo=str(tmp_path / name)))
    assert row.problem is not None
    assert (row.problem.code, row.problem.params["file"]) == ("BRIEFBOGEN_UNLESBAR", str(tmp_path / name))


def paper(folder: Path, pages: int = 1, rotation: int = 0, size: tuple[float, float] = (595.276, 841.89)) -> Path:
    path = folder / "bogen.pdf"
    with pymupdf.open() as pdf:
        for number in range(1, pages + 1):
            page = pdf.new_page(width=size[0], height=size[1])
            page.insert_text((60, 60), f"Blatt {number}")
            page.set_rotation(rotation)
        pdf.save(str(path))
    return path


@pytest.mark.parametrize(("pages", "shown"), [(1, [1, 1, 1]), (2, [1, 2, 2]), (3, [1, 2, 2])])
def test_own_sheets_serve_first_and_following_pages(pages: int, shown: list[int], tmp_path: Path) -> None:
    (row,) = render([Job(invoice(60))], tmp_path, Letterhead(pdf=str(paper(tmp_path, pages))))
    assert row.path is not None
    assert [f"Blatt {n}" in text for n, text in zip(shown, page_texts(row.path), strict=True)] == [True] * 3


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (420.0, 595.0)), (0, (842.0, 595.0)), (90, (841.89, 595.276)), (0, (612.0, 792.0))]
)
def test_own_sheets_of_other_sizes_are_fitted(rotation: int, size: tuple[float, float], tmp_path: Path) -> None:
    (row,) = render([Job(invoice())], tmp_path, Letterhead(pdf=str(paper(tmp_path, 1, rotation, size))))
    assert row.path is not None
    x0, y0, x1, y1 = where(row.path, "Blatt 1")
    assert 0 < x0 < x1 < 210 and 0 < y0 < y1 < 297
