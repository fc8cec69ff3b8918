"""What stands on paper, and where: positions in millimetres from the text layer (DIN 5008 form B)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pymupdf
import pytest
from render_samples import BUYER, MM, SELLER, invoice, line, page_texts, render, render_texts, statement, storno, where

from tui_billing.domain.documents import Adjustment
from tui_billing.domain.parties import Address
from tui_billing.render.port import Job, Letterhead, Rendered, StatementJob

HOSTILE = (
    "<img src=x>",
    "</td></table><h1>x",
    "# heading",
    "a | b | c",
    "a [/] b",
    "&lt;b&gt; &amp;",
    "**nicht fett** `code`",
    "![x](http://a/b.png) [y](javascript:z)",
    "=1+1",
    "../../etc/passwd",
    "{von} {0} %s",
    "--- ===",
)


@pytest.fixture
def one(tmp_path: Path) -> Path:
    (row,) = render([Job(invoice())], tmp_path)
    assert row.path is not None
    return row.path


def near(value: float, expected: float, tolerance: float = 0.6) -> bool:
    return abs(value - expected) <= tolerance


def test_the_address_stands_in_the_window(one: Path) -> None:
    x0, y0, _, _ = where(one, "Bäckerei Öztürk")
    assert near(x0, 25), x0
    assert near(y0, 62.7, 1.0), y0
    _, _, x1, y1 = where(one, "22765 Hamburg")
    assert y1 <= 90
    assert x1 <= 105


def test_the_return_address_stands_above_the_address_inside_the_window(one: Path) -> None:
    x0, y0, x1, y1 = where(one, "Muster & Söhne GmbH · Kontorstraße 12 · 20457 Hamburg")
    assert near(x0, 25)
    assert 45 <= y0 < y1 <= 50
    assert x1 <= 105


def test_information_block_title_total_and_page_number(one: Path) -> None:
    x0, y0, _, _ = where(one, "Rechnungsnummer")
    assert near(x0, 125)
    assert near(y0, 50, 1.0)
    x0, y0, _, _ = where(one, "Rechnung RE-2026-00001")
    assert near(x0, 25)
    assert 97 <= y0 <= 101
    x0, y0, x1, _ = where(one, "449,82")
    assert near(x1, 190, 4)
    _, y0, x1, y1 = where(one, "Seite 1 von 1")
    assert near(x1, 190)
    assert 262 < y0 < y1 < 269


def test_fold_marks_and_punch_mark(one: Path) -> None:
    with pymupdf.open(str(one)) as pdf:
        drawn = [d["rect"] for d in pdf[0].get_drawings() if d["rect"].x0 < 1 and d["rect"].height < 1]
    assert sorted(round((r.y0 + r.y1) / 2 / 72 * 25.4, 1) for r in drawn) == [105.0, 148.5, 210.0]


@pytest.mark.parametrize("text", ["RE-2026-00001", "449,82\u00a0€", "Öztürk & Söhne", "Große Straße", "22/123/45678"])
def test_a_text_is_found_by_searching(one: Path, text: str) -> None:
    assert where(one, text)


def test_the_number_is_copied_as_it_was_typed(one: Path) -> None:
    with pymupdf.open(str(one)) as pdf:
        assert "Rechnung RE-2026-00001\n" in pdf[0].get_text()
        assert "449,82\u00a0€" in pdf[0].get_text()


def test_metadata(one: Path) -> None:
    with pymupdf.open(str(one)) as pdf:
        meta = pdf.metadata
        catalog = pdf.xref_object(pdf.pdf_catalog(), compressed=True)
        assert pdf.get_toc() == []
    assert meta["title"] == "Rechnung RE-2026-00001 - Muster & Söhne GmbH"
    assert meta["author"] == "Muster & Söhne GmbH"
    assert meta["creationDate"] == meta["modDate"] == "D:20261122000000Z"
    assert "/Lang(de-DE)" in catalog


def test_an_english_document_says_so(tmp_path: Path) -> None:
    (text,) = render_texts(invoice(language="en"), tmp_path)
    for words in ("Invoice RE-2026-00001", "Service period", "Page 1 of 1", "Payable by 6 Dec 2026", "€449.82"):
        assert words in text
    assert "Seite" not in text


def test_a_foreign_address_ends_with_the_country_in_capitals(tmp_path: Path) -> None:
    buyer = replace(BUYER, address=Address(street="Ring 1", postcode="1010", city="Wien", country="AT"))
    (text,) = render_texts(invoice(buyer=buyer), tmp_path)
    assert "1010 Wien\n" in text
    assert "ÖSTERREICH\n" in text


def test_a_po_box_stands_in_place_of_the_street(tmp_path: Path) -> None:
    buyer = replace(BUYER, address=Address(po_box="12 34", postcode="22701", city="Hamburg"))
    (text,) = render_texts(invoice(buyer=buyer), tmp_path)
    assert "Postfach 12 34\n" in text


def test_an_address_too_long_for_its_zone_shrinks_and_stays_in_the_window(tmp_path: Path) -> None:
    buyer = replace(BUYER, name="N" + "ame " * 50, name2="W" * 200, contact_person="Herr " + "Lang " * 30)
    (row,) = render([Job(invoice(buyer=buyer))], tmp_path)
    assert row.path is not None
    _, y0, _, _ = where(row.path, "Name")
    _, _, _, y1 = where(row.path, "22765 Hamburg")
    assert 50 <= y0 < y1 <= 90.5
    with pymupdf.open(str(row.path)) as pdf:
        words = [w for w in pdf[0].get_text("words") if 50 < w[1] / 72 * 25.4 < 90 and w[0] / 72 * 25.4 < 110]
    assert max(w[2] for w in words) / 72 * 25.4 <= 106


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_as_text(text: str, tmp_path: Path) -> None:
    document = invoice(
        [line(1, name=text, description=f"{text}\n{text}", unit="St|<b>", article="<i>")],
        buyer=replace(BUYER, name=text, contact_person=text),
        seller=replace(SELLER, name=text, bank_name=text),
        buyer_order_reference=text,
        adjustments=(Adjustment(text=text, amount=Decimal(1)),),
        number="RE/<2026>|1",
    )
    (page,) = render_texts(document, tmp_path)
    assert page.count(text) >= 7, page
    assert "St|<b>" in page
    assert "<i>" in page
    assert "RE/<2026>|1" in page


@pytest.mark.parametrize("text", [*HOSTILE, "<script>x</script>\n\n<b>y", "    eingerückt", "```\ncode\n```"])
def test_markup_in_a_clerks_markdown_is_never_html(text: str, tmp_path: Path) -> None:
    (page,) = render_texts(invoice(1, header_text=text, footer_text=text), tmp_path)
    assert "Gesamt" in page
    for sign in ("<img src=x>", "<script>", "![x](http", "```"):
        if sign in text:
            assert page.count(sign) >= 2


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("a\x1b[31mb\x00c\x7fd", "a[31mbcd"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\r\nb\tc", "a b c"),
        ("soft\u00adhyphen", "softhyphen"),
        ("Mu\u0308ller", "Müller"),
    ],
)
def test_control_and_direction_signs_never_reach_paper(given: str, printed: str, tmp_path: Path) -> None:
    document = invoice([line(1, name=given)], buyer=replace(BUYER, name=given))
    (page,) = render_texts(document, tmp_path)
    assert page.count(printed) == 2


def test_long_words_and_names_wrap_inside_their_column(tmp_path: Path) -> None:
    word = "Donaudampfschifffahrtsgesellschaft" * 6
    document = invoice([line(1, name=word, unit="U" * 40)], header_text=word, footer_text=word)
    (row,) = render([Job(document)], tmp_path)
    assert row.path is not None
    with pymupdf.open(str(row.path)) as pdf:
        right = max(word[2] for word in pdf[0].get_text("words"))
    assert right / 72 * 25.4 <= 195


def test_signs_outside_the_font_are_printed_and_only_that_document_carries_their_font(tmp_path: Path) -> None:
    buyer = replace(BUYER, name="日本商事株式会社", contact_person="Шевченко שלום")
    plain, odd, after = render([Job(invoice()), Job(invoice(buyer=buyer)), Job(invoice())], tmp_path)
    assert plain.path and odd.path and after.path
    assert "日本商事株式会社" in page_texts(odd.path)[0]
    assert plain.sha256 == after.sha256
    assert plain.path.stat().st_size < 75_000
    assert odd.path.stat().st_size < 600_000


def test_a_draft_is_marked_on_every_page_and_a_copy_beside_its_title(tmp_path: Path) -> None:
    drafts = render_texts(invoice(60), tmp_path, draft=True)
    assert all("ENTWURF" in text for text in drafts)
    (copy,) = render_texts(invoice(), tmp_path, copy=True)
    assert "Kopie" in copy
    (plain,) = render_texts(invoice(), tmp_path)
    assert "Kopie" not in plain
    assert "ENTWURF" not in plain


def test_the_footer_names_bank_and_tax_numbers_on_every_page(tmp_path: Path) -> None:
    for text in render_texts(invoice(60), tmp_path):
        for words in ("IBAN DE02 1203 0000 0000 2020 51", "Steuernummer 22/123/45678", "AG Hamburg HRB 12345"):
            assert words in text


@pytest.fixture
def own_paper(tmp_path: Path) -> Path:
    path = tmp_path / "papier.pdf"
    with pymupdf.open() as paper:
        for text in ("Erstes Blatt", "Folgeblatt"):
            paper.new_page(width=595.276, height=841.89).insert_text((300, 60), text)
        paper.save(str(path))
    return path


def test_an_own_letterhead_lies_under_first_and_following_pages(own_paper: Path, tmp_path: Path) -> None:
    (row,) = render([Job(invoice(60))], tmp_path, Letterhead(pdf=str(own_paper)))
    assert row.path is not None
    texts = page_texts(row.path)
    assert ["Erstes Blatt" in text for text in texts] == [True, False, False]
    assert ["Folgeblatt" in text for text in texts] == [False, True, True]
    assert "AG Hamburg" not in texts[0], "the own footer is not drawn over it"
    assert "22/123/45678" in texts[0], "the tax number stands in the information block"


def test_a_logo_stands_at_the_upper_right(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 200, 50))
    picture.clear_with(90)
    picture.save(str(logo))
    (row,) = render([Job(invoice())], tmp_path, Letterhead(logo=str(logo)))
    assert row.path is not None
    with pymupdf.open(str(row.path)) as pdf:
        (info,) = [info for info in pdf[0].get_image_info() if info["width"] == 200]
    x0, y0, x1, y1 = (value / 72 * 25.4 for value in info["bbox"])
    assert near(x1, 190)
    assert 8 <= y0 < y1 <= 33
    assert near((x1 - x0) / (y1 - y0), 4, 0.05)


@pytest.mark.parametrize("name", ["fehlt.png", "kaputt.pdf"])
def test_an_unreadable_letterhead_is_a_problem_of_each_document(name: str, tmp_path: Path) -> None:
    (tmp_path / "kaputt.pdf").write_bytes(b"kein PDF")
    paper = tmp_path / name
    letterhead = Letterhead(pdf=str(paper)) if name.endswith("pdf") else Letterhead(logo=str(paper))
    rows: list[Rendered] = render([Job(invoice()), Job(invoice())], tmp_path, letterhead)
    assert [row.problem.code for row in rows if row.problem] == ["BRIEFBOGEN_UNLESBAR"] * 2


def test_a_storno_shows_negative_amounts_and_its_reference(tmp_path: Path) -> None:
    (text,) = render_texts(storno(), tmp_path)
    for words in ("Stornorechnung ST-2026-00001", "zu Rechnung RE-2026-00001 vom 22.11.2026", "-1,5 Std.", "84,00 €"):
        assert words in text
    for amount in ("-378,00 €", "-71,82 €", "-449,82 €"):
        assert amount in text


def test_the_same_job_gives_the_same_bytes_alone_and_in_a_batch(tmp_path: Path) -> None:
    jobs: list[Job | StatementJob] = [
        Job(invoice()),
        Job(invoice(60, number="RE-2026-00002")),
        Job(invoice(3, number="RE-2026-00003", seller=replace(SELLER, name="Anderer Verkäufer"))),
        StatementJob(statement()),
        Job(invoice(buyer=replace(BUYER, name="日本"), number="RE-2026-00004")),
        Job(invoice(number="RE-2026-00005", invoice_date=date(2026, 1, 1)), draft=True),
    ]
    together = [row.sha256 for row in render(jobs, tmp_path)]
    backwards = [row.sha256 for row in render(jobs[::-1], tmp_path)][::-1]
    alone = [render([job], tmp_path)[0].sha256 for job in jobs]
    assert together == backwards == alone
    assert len(set(alone)) == len(jobs)


def test_a_document_without_lines_and_number_can_be_previewed(tmp_path: Path) -> None:
    (text,) = render_texts(invoice([], number=""), tmp_path, draft=True)
    assert "Rechnung\n" in text
    assert "0,00" in text


def test_an_endless_reference_pushes_the_text_down_and_loses_no_tax_number(tmp_path: Path) -> None:
    document = invoice(3, buyer_order_reference="Bestellung " * 200, order_number="A " * 300, number="R" * 150)
    texts = render_texts(document, tmp_path)
    assert "22/123/45678" in texts[0]
    assert any("Rechnungsbetrag" in text for text in texts)


def test_lists_of_the_clerk_need_no_other_font(tmp_path: Path) -> None:
    (row,) = render([Job(invoice(1, header_text="- a\n  - b\n    - c\n\n1. d\n2. e\n   - f\n\n---\n\n> g"))], tmp_path)
    assert row.path is not None
    with pymupdf.open(str(row.path)) as pdf:
        assert {font[3].removeprefix("ABCDEF+").split()[0] for font in pdf[0].get_fonts()} == {"Kontor"}
    assert page_texts(row.path)[0].count("•") == 4


def test_lines_of_other_scripts_do_not_touch(tmp_path: Path) -> None:
    buyer = replace(BUYER, name="محمد علي", name2="Große & Söhne", contact_person="株式会社日本商事")
    (row,) = render([Job(invoice(buyer=buyer))], tmp_path)
    assert row.path is not None
    upper, lower = (where(row.path, text)[1] for text in ("Große & Söhne", "Große Straße 7"))
    assert lower - upper == pytest.approx(2 * 10.5 * 1.35 / MM, abs=0.1)
