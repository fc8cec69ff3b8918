"""Where pages break: pure arithmetic, and the same on paper."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_samples import invoice, line, page_texts, render, render_texts, where

from tui_billing.domain.format import money
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.totals import compute
from tui_billing.render.layout import Item, Space, TooTall, break_pages
from tui_billing.render.port import Job

SPACE = Space(first_top=280, next_top=100, bottom=740)
CARRY = 17.0


def table(heights: list[float], sums: int = 0) -> list[Item]:
    head = Item(0, 18, table=0, is_head=True)
    rows = [Item(0, h, glued=n == 0, table=0, carry=Decimal(1), label=str(n + 1)) for n, h in enumerate(heights)]
    return [head, *rows, *(Item(0, 17, glued=True, table=0) for _ in range(sums))]


@given(st.lists(st.floats(10, 580), min_size=1, max_size=80), st.integers(0, 6))
def test_every_row_stands_once_in_order_and_inside_the_page(heights: list[float], sums: int) -> None:
    items = table(heights, sums)
    pages = break_pages(items, SPACE, CARRY, frozenset({0}))
    placed = [(number, index, y) for number, page in enumerate(pages) for index, y in page.placed]
    assert [index for _, index, _ in placed if index] == list(range(1, len(items)))
    for number, index, y in placed:
        assert y >= (SPACE.first_top if number == 0 else SPACE.next_top) - 0.01
        assert y + items[index].height <= SPACE.bottom + 0.02


@given(st.lists(st.floats(10, 580), min_size=1, max_size=80), st.integers(0, 6))
def test_nothing_overlaps_on_a_page(heights: list[float], sums: int) -> None:
    items = table(heights, sums)
    for page in break_pages(items, SPACE, CARRY, frozenset({0})):
        boxes = [(y, y + items[index].height) for index, y in page.placed]
        boxes += [(carry.y, carry.y + CARRY) for carry in page.carries]
        boxes.sort()
        assert all(before[1] <= after[0] + 0.01 for before, after in pairwise(boxes))
        assert all(bottom <= SPACE.bottom + 0.02 for _, bottom in boxes)


@given(st.lists(st.floats(10, 580), min_size=1, max_size=80), st.integers(0, 6))
def test_the_carry_out_of_a_page_is_the_sum_of_all_rows_above_and_the_carry_into_the_next(
    heights: list[float], sums: int
) -> None:
    items = table(heights, sums)
    pages = break_pages(items, SPACE, CARRY, frozenset({0}))
    rows_above = 0
    for before, after in pairwise(pages):
        rows_above += sum(1 for index, _ in before.placed if 0 < index <= len(heights))
        if rows_above == 0:
            assert not before.carries or before.carries[-1].amount == 0
            continue
        assert before.carries[-1].amount == after.carries[0].amount == rows_above
        assert after.placed[0][0] == 0, "the head is repeated"


@given(st.lists(st.floats(10, 300), min_size=2, max_size=80), st.integers(1, 6))
def test_the_totals_stay_with_the_last_row(heights: list[float], sums: int) -> None:
    items = table(heights, sums)
    last_page = [index for index, _ in break_pages(items, SPACE, CARRY, frozenset({0}))[-1].placed]
    assert set(range(len(heights), len(items))) <= set(last_page)


def test_a_row_that_no_page_holds_is_named() -> None:
    with pytest.raises(TooTall) as caught:
        break_pages(table([20, 700]), SPACE, CARRY, frozenset({0}))
    assert caught.value.label == "2"


def test_a_row_too_tall_for_the_first_page_goes_to_the_second() -> None:
    pages = break_pages(table([520]), SPACE, CARRY, frozenset({0}))
    assert [[index for index, _ in page.placed] for page in pages] == [[], [0, 1]]


@pytest.mark.parametrize(("lines", "pages"), [(12, 1), (60, 3), (200, 7)])
def test_pages_of_an_invoice(lines: int, pages: int, tmp_path: Path) -> None:
    texts = render_texts(invoice(lines), tmp_path)
    assert len(texts) == pages
    assert all(f"Seite {n} von {pages}" in text for n, text in enumerate(texts, start=1))
    assert all("Bezeichnung" in text for text in texts), "the head is repeated"
    assert "Rechnungsbetrag" in texts[-1]
    assert f"Wartung der Kasse {lines}\n" in texts[-1], "the totals stand with the last row"
    found = [n for n in range(1, lines + 1) if sum(text.count(f"Wartung der Kasse {n}\n") for text in texts) == 1]
    assert found == list(range(1, lines + 1)), "every row stands exactly once"


def test_the_printed_carry_is_the_sum_of_the_rows_above(tmp_path: Path) -> None:
    texts = render_texts(invoice(200), tmp_path)
    for before, after in pairwise(texts):
        rows = max(n for n in range(1, 201) if f"Wartung der Kasse {n}\n" in before)
        amount = money(Decimal(126) * rows).replace("\u00a0", " ")
        assert before.split("Übertrag")[-1].split("\n")[1] == amount
        assert after.split("Übertrag")[1].split("\n")[1] == amount


def test_a_description_taller_than_a_page_is_a_problem_with_the_lines_number(tmp_path: Path) -> None:
    tall = line(2, description="\n".join(f"Zeile {n}" for n in range(90)))
    good, bad, last = render([Job(invoice(1)), Job(invoice([line(1), tall])), Job(invoice(2))], tmp_path)
    assert (good.problem, last.problem) == (None, None)
    assert bad.path is None
    assert bad.problem is not None
    assert (bad.problem.code, bad.problem.params, bad.problem.where) == (
        "POSITION_ZU_HOCH",
        {"line": "2"},
        "RE-2026-00001",
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000.pdf", "000002.pdf"]


def test_a_long_text_of_the_clerk_goes_over_pages(tmp_path: Path) -> None:
    text = "\n\n".join(f"Absatz {n}: " + "Wort " * 60 for n in range(40))
    (row,) = render([Job(invoice(1, header_text=text))], tmp_path)
    assert row.path is not None
    joined = "".join(page_texts(row.path))
    assert row.pages > 2
    assert [n for n in range(40) if joined.count(f"Absatz {n}:") == 1] == list(range(40))


@pytest.mark.parametrize("lines", range(10, 24))
def test_the_last_page_never_holds_a_few_words_alone(lines: int, tmp_path: Path) -> None:
    texts = render_texts(invoice(lines, footer_text="Vielen Dank.\n\nMit freundlichen Grüßen"), tmp_path)
    assert "Mit freundlichen Grüßen" in texts[-1]
    assert "IBAN DE02 1203 0000 0000 2020 51, " in texts[-1].replace("\n", " "), "the payment stands with it"


def test_without_a_payment_the_totals_go_with_the_last_words(tmp_path: Path) -> None:
    for lines in range(15, 24):
        document = invoice(lines, prepaid=Decimal("0"), terms=PaymentTerms(), footer_text="Vielen Dank.")
        settled = replace(document, prepaid=document.totals.gross)
        texts = render_texts(compute(settled), tmp_path)
        assert "Zahlbetrag" in texts[-1], lines
        assert "Vielen Dank." in texts[-1], lines


def test_a_heading_stays_with_its_text(tmp_path: Path) -> None:
    for count in range(8, 30):
        intro = "\n\n".join(f"Absatz {n}" for n in range(count))
        texts = render_texts(invoice(1, header_text=f"{intro}\n\n# Hinweis\n\nDazu gehört dies."), tmp_path)
        page = next(text for text in texts if "Hinweis" in text)
        assert "Dazu gehört dies." in page


def test_short_closing_texts_stand_beside_the_code(tmp_path: Path) -> None:
    (row,) = render([Job(invoice(1, footer_text="Vielen Dank für Ihren Auftrag."))], tmp_path)
    assert row.path is not None
    thanks, code = where(row.path, "Vielen Dank"), where(row.path, "GiroCode")
    assert thanks[3] < code[1]
    assert thanks[2] < 190 - 25


def test_a_long_closing_text_stands_below_the_code_in_full_width(tmp_path: Path) -> None:
    (row,) = render([Job(invoice(1, footer_text="Hinweis: " + "Wort " * 80))], tmp_path)
    assert row.path is not None
    with pymupdf.open(str(row.path)) as pdf:
        right = max(word[2] for word in pdf[0].get_text("words") if word[4] == "Wort") / 72 * 25.4
    assert right > 175
    assert where(row.path, "Hinweis:")[1] > where(row.path, "GiroCode")[3]
