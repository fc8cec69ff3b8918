"""RecordTable: marks as ids, jump scrolling, filter, sort, removal, hostile text; through Textual's own pilot."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from tui_billing.app import PLAIN
from tui_billing.screens.widgets.cells import fit, terminal_text, width_of, wrap
from tui_billing.screens.widgets.record_table import ENOUGH, Column, RecordTable

CSS = Path(__file__).resolve().parents[2] / "tui_billing" / "screens" / "billing.tcss"
COLUMNS = (Column("name", "Name", 10, flex=True), Column("sum", "Summe", 9, right=True))


class TableApp(App[None]):
    """One table over texts."""

    CSS_PATH = CSS

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.register_theme(PLAIN)
        self.theme = "plain"
        self.names = list(names)

    def compose(self) -> ComposeResult:
        yield RecordTable(COLUMNS, lambda i: (self.names[i], f"{i},00"), empty="Nichts da.")

    def on_mount(self) -> None:
        self.table.set_rows(range(len(self.names)))

    @property
    def table(self) -> RecordTable:
        return self.query_one(RecordTable)


def names(count: int) -> list[str]:
    return [f"Kunde {n:05d}" for n in range(count)]


def lines(table: RecordTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


async def test_the_cursor_sign_and_the_mark_stand_in_the_gutter() -> None:
    app = TableApp(names(5))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "down")
        assert [line[:3] for line in lines(app.table)[1:5]] == ["*  ", "   ", " > ", "   "]


async def test_a_row_is_as_wide_as_the_screen_with_numbers_at_the_right() -> None:
    app = TableApp(["Bäckerei Öztürk & Söhne mit sehr langem Namen", "漢字漢字漢字漢字漢字漢字漢字漢字漢字"])
    async with app.run_test(size=(40, 6)):
        for line in lines(app.table):
            assert width_of(line) == 40
        assert lines(app.table)[1].endswith("     0,00")
        assert "…" in lines(app.table)[1]


async def test_a_column_of_width_0_is_hidden_and_its_room_goes_to_the_flexible_one() -> None:
    app = TableApp(["ein recht langer Name eines Kunden"])
    async with app.run_test(size=(40, 10)) as pilot:
        assert lines(app.table)[1] == " > ein recht langer Name ein…       0,00"
        app.table.set_widths({"sum": 0})
        await pilot.pause()
        assert lines(app.table)[:2] == ["   Name" + " " * 33, " > ein recht langer Name eines Kunden   "]


class HeadingsApp(TableApp):
    """Headings that are longer than their columns."""

    def compose(self) -> ComposeResult:
        columns = (
            Column("name", "Name", 10, flex=True),
            Column("count", "Documents", 5, right=True),
            Column("sum", "Brought forward", 9, right=True),
        )
        yield RecordTable(columns, lambda i: (self.names[i], "1", f"{i},00"))


async def test_a_heading_takes_the_room_that_flexible_columns_do_not_need() -> None:
    app = HeadingsApp(names(2))
    async with app.run_test(size=(60, 10)):
        assert lines(app.table)[0].split() == ["Name", "Documents", "Brought", "forward"]
        assert lines(app.table)[1].endswith("1             0,00")


async def test_a_heading_that_does_not_fit_is_cut_at_its_end_and_keeps_the_sign_of_the_order() -> None:
    app = HeadingsApp(names(2))
    async with app.run_test(size=(35, 10)) as pilot:
        assert lines(app.table)[0] == "   Name        Documents   Brought…"
        await pilot.press("s", "s", "s")
        assert lines(app.table)[0] == "   Name        Documents  Brought…▲"


class NarrowApp(TableApp):
    """Three columns of which two may be left out."""

    def compose(self) -> ComposeResult:
        columns = (
            Column("name", "Name", 10, flex=True),
            Column("day", "Datum", 8, rank=2),
            Column("way", "Weg", 6, rank=1),
            Column("sum", "Summe", 12, right=True),
        )
        yield RecordTable(columns, lambda i: (self.names[i], "01.11.26", "E-Mail", "1.234.567,89"))


@pytest.mark.parametrize(
    ("width", "head"),
    [(60, ["Name", "Datum", "Weg", "Summe"]), (42, ["Name", "Weg", "Summe"]), (34, ["Name", "Summe"])],
)
async def test_a_narrow_window_leaves_columns_out_rather_than_to_cut_an_amount(width: int, head: list[str]) -> None:
    app = NarrowApp(["Bäckerei"])
    async with app.run_test(size=(width, 6)):
        shown = lines(app.table)
        assert shown[0].split() == head
        assert shown[1].endswith("  1.234.567,89")
        assert "Bäckerei" in shown[1]


async def test_marks_survive_sort_filter_and_refresh() -> None:
    app = TableApp(["c", "a", "b", "d"])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("space", "down", "space")
        assert app.table.marks == {0, 2}
        await pilot.press("s")
        app.table.set_filter("b")
        assert app.table.marks == {0, 2}
        app.table.set_rows([0, 1, 2])
        assert app.table.marks == {0, 2}
        assert app.table.targets() == [2, 0]


async def test_a_mark_of_a_row_that_is_gone_is_gone() -> None:
    app = TableApp(names(4))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("plus")
        app.table.set_rows([1, 3])
        assert app.table.marks == {1, 3}


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go_above() -> None:
    app = TableApp(names(9))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down", "down", "down")
        app.table.set_rows([7, 8, 0, 1, 2, 3, 4])
        assert app.table.cursor_id == 3
        app.table.set_rows([3, 4])
        assert app.table.cursor_id == 3


async def test_without_marks_the_target_is_the_cursor_row() -> None:
    app = TableApp(names(3))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down")
        assert app.table.targets() == [1]


@pytest.mark.parametrize(
    ("keys", "marked"),
    [
        (["shift+down", "shift+down"], {0, 1, 2}),
        (["shift+down", "shift+down", "shift+up"], {0, 1}),
        (["v", "down", "down", "v", "down"], {0, 1, 2}),
        (["v", "end"], set(range(6))),
        (["space", "asterisk"], {1, 2, 3, 4, 5}),
        (["plus"], set(range(6))),
        (["plus", "minus"], set()),
        (["space", "space", "up", "space"], {0}),
    ],
)
async def test_ranges_and_marks(keys: list[str], marked: set[int]) -> None:
    app = TableApp(names(6))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press(*keys)
        assert app.table.marks == marked


@pytest.mark.parametrize("typed", ["müller", "MUELLER", "muller", "ller mü", "Müll"])
async def test_umlauts_and_case_do_not_matter_to_the_filter(typed: str) -> None:
    app = TableApp(["Bäcker", "Müller Metall", "Möbel Muller", "Meier"])
    async with app.run_test(size=(40, 10)):
        app.table.set_filter(typed)
        assert app.table.list.shown == [1, 2]


async def test_a_long_list_is_filtered_in_slices_and_completely() -> None:
    app = TableApp(names(30_000))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.set_filter("9")
        assert app.table.row_count >= 9
        while app.table.list.is_filtering:
            await pilot.pause(0.02)
        assert app.table.list.shown == [n for n in range(30_000) if "9" in f"{n:05d}" or "9" in f"{n},00"]


@pytest.mark.parametrize("is_folded", [True, False])
async def test_while_a_word_is_typed_many_hits_are_enough_and_once_it_stands_all_are_found(is_folded: bool) -> None:
    app = TableApp(names(30_000))
    async with app.run_test(size=(40, 10)) as pilot:
        while is_folded and not app.table.list.fold_some():
            pass
        app.table.set_filter("kunde", is_typed=True)
        await pilot.pause(0.5)
        assert app.table.list.is_filtering
        assert ENOUGH <= app.table.row_count < 30_000
        app.table.settle_filter()
        while app.table.list.is_filtering:
            await pilot.pause(0.02)
        assert app.table.row_count == 30_000


async def test_while_a_rare_word_is_typed_the_search_goes_to_the_end() -> None:
    app = TableApp(names(30_000))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.set_filter("29999", is_typed=True)
        while app.table.list.is_filtering:
            await pilot.pause(0.02)
        assert app.table.list.shown == [29_999]


async def test_removing_many_rows_keeps_the_cursor_where_it_is() -> None:
    app = TableApp(names(1000))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.move_to(500)
        app.table.set_marks(range(0, 1000, 2))
        app.table.remove_rows(app.table.targets())
        await pilot.pause()
        assert app.table.row_count == 500
        assert app.table.cursor_id == 501
        assert app.table.marks == set()


async def test_crossing_the_edge_scrolls_a_third_of_a_page() -> None:
    app = TableApp(names(100))
    async with app.run_test(size=(40, 13)) as pilot:
        await pilot.press(*["down"] * 11)
        assert app.table.scroll_offset.y == 0
        await pilot.press("down")
        assert app.table.scroll_offset.y == 5
        await pilot.press("end")
        assert app.table.scroll_offset.y == 88
        await pilot.press("home")
        assert app.table.scroll_offset.y == 0


async def test_the_last_rows_gone_the_view_follows() -> None:
    app = TableApp(names(40))
    async with app.run_test(size=(40, 11)) as pilot:
        await pilot.press("end")
        app.table.set_rows(range(3))
        assert app.table.scroll_offset.y == 0
        app.table.set_rows([])
        assert lines(app.table)[2].strip() == "Nichts da."
        await pilot.press("down", "space", "plus", "s", "end", "shift+up")


async def test_sort_goes_through_the_columns_and_turns_round() -> None:
    app = TableApp(["b", "Ä", "c"])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("s")
        assert app.table.list.shown == [1, 0, 2]
        assert "Name▲" in lines(app.table)[0]
        await pilot.press("S")
        assert app.table.list.shown == [2, 0, 1]
        assert "Name▼" in lines(app.table)[0]


HOSTILE = [
    "a [/] b",
    "[bold red]x[/]",
    "\x1b[31mrot\x1b[0m",
    "eins\r\nzwei",
    "glocke\x07",
    "c1 \x9b31m",
    "bidi \u202e umgedreht",
    "<img src=x>",
    "# heading | cell",
    "\t tab",
    "null\x00byte",
    "\ud800 allein",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_text(text: str) -> None:
    app = TableApp([text])
    async with app.run_test(size=(40, 6)):
        line = lines(app.table)[1]
        assert line.isprintable()
        assert width_of(line) == 40
        app.table.set_filter("x")
        app.table.action_sort()


@pytest.mark.parametrize(
    ("text", "width", "right", "expected"),
    [
        ("abc", 5, False, "abc  "),
        ("abc", 5, True, "  abc"),
        ("abcdef", 4, False, "abc…"),
        ("1.234,50", 6, True, "…34,50"),
        ("1\u00a0€", 4, True, " 1 €"),
        ("漢字", 3, False, "漢…"),
        ("", 2, False, "  "),
        ("abc", 0, False, ""),
    ],
)
def test_fit(text: str, width: int, right: bool, expected: str) -> None:
    assert fit(text, width, right) == expected


def test_wrap_cuts_what_is_too_long() -> None:
    assert wrap("ein langer Satz", 8) == ["ein", "langer", "Satz"]
    assert wrap("Donaudampfschiff", 6) == ["Donaud", "ampfsc", "hiff"]
    assert wrap("", 6) == [""]


def test_terminal_text_drops_what_a_terminal_obeys() -> None:
    assert terminal_text("a\x1b]0;titel\x07b\u2028c") == "a]0;titelbc"
