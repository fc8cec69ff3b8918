"""What really reaches a terminal: bytes a key, hostile text, stray bytes, signals, small windows, few colours."""

import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest
from terminal import ROOT, Terminal

COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-7]|4[0-7]|38|48|9[0-7]|10[0-7])(;[0-9;]*)?m")


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    """Terminals that are closed whatever happens."""
    found: list[Terminal] = []
    yield found
    for terminal in found:
        terminal.close()


def start(opened: list[Terminal], **arguments: object) -> Terminal:
    terminal = Terminal(**arguments)  # type: ignore[arg-type]
    opened.append(terminal)
    return terminal


def test_a_cursor_key_costs_at_most_400_bytes(opened: list[Terminal]) -> None:
    terminal = start(opened, copies=20)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("b")
    terminal.wait_for("RE-2026-00160")
    terminal.read(1.0, 1.0)
    costs = [len(terminal.press("\x1b[B")) for _ in range(6)]
    assert sorted(costs)[len(costs) // 2] <= 400


def test_names_with_escape_sequences_never_reach_the_terminal(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("k")
    terminal.wait_for("a [/] b")
    assert b"\x1b[31m Metallbau" not in terminal.raw
    assert any("Müller [31m" in line for line in terminal.lines)


def test_a_latin_1_byte_is_read_as_its_letter_and_ends_nothing(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("k/")
    terminal.press(b"M\xfcll\x85")
    terminal.wait_for("/Müll")
    terminal.press("\x15")
    terminal.press("Öz".encode())
    terminal.wait_for("1 von 8")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_the_terminal_as_it_was(opened: list[Terminal], number: int, code: int) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    os.kill(terminal.pid, number)
    assert terminal.wait_for_end() == code
    assert terminal.raw.rstrip().endswith((b"\x1b[?1004l", b"\x1b[?25h")) or b"\x1b[?1049l" in terminal.raw[-400:]
    assert b"\x1b[?25h" in terminal.raw[-400:]
    assert b"Traceback" not in terminal.raw
    assert termios.tcgetattr(terminal.fd)[3] == terminal.before[3]


def test_ctrl_q_ends_with_code_0(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0


def test_what_is_typed_ahead_finds_its_field(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("rn3.11.\tultimo\x13")
    terminal.wait_for("Rechnungslauf 1 angelegt")
    terminal.wait_for("03.11.–30.11.2026")


def test_a_form_that_is_open_takes_a_whole_line_of_keys(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("rn")
    terminal.wait_for("Zeitraum von")
    terminal.press("3.11.\tultimo\x13")
    terminal.wait_for("03.11.–30.11.2026")


def test_a_terminal_of_40_by_10_gets_a_sentence_and_loses_nothing(opened: list[Terminal]) -> None:
    terminal = start(opened)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("k/öz")
    terminal.wait_for("1 von 8")
    terminal.resize(40, 10)
    terminal.wait_for("nichts geht verloren")
    assert max(len(line) for line in terminal.lines) <= 40
    terminal.resize(80, 24)
    terminal.wait_for("/öz")


def test_it_may_start_in_a_small_window(opened: list[Terminal]) -> None:
    terminal = start(opened, size=(40, 10))
    terminal.wait_for("nichts geht verloren")
    terminal.press("\x11")
    assert terminal.wait_for_end() == 0


def test_no_color_means_no_colour(opened: list[Terminal]) -> None:
    terminal = start(opened, NO_COLOR="1")
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("k")
    terminal.wait_for("Bäckerei")
    terminal.press(" \x1b[B")
    assert COLOUR.findall(terminal.raw) == []
    assert any(line.startswith("*  10001") for line in terminal.lines)


@pytest.mark.parametrize("term", ["xterm", "screen", "tmux", "linux"])
def test_it_paints_on_every_terminal(opened: list[Terminal], term: str) -> None:
    terminal = start(opened, TERM=term, COLORTERM="")
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("b\x1b[B ")
    terminal.wait_for("RE-2026-00020")
    assert b"38;2;" not in terminal.raw


def test_a_slow_line_gets_the_plain_theme(opened: list[Terminal]) -> None:
    terminal = start(opened, slow=True)
    terminal.wait_for("Rechnungen nicht versendet")
    assert b"38;2;" not in terminal.raw


def test_holding_down_on_a_slow_line_ends_where_the_keys_end(opened: list[Terminal]) -> None:
    terminal = start(opened, slow=True, copies=10)
    terminal.wait_for("Rechnungen nicht versendet")
    terminal.press("b")
    terminal.wait_for("RE-2026-00080")
    data = terminal.press("\x1b[B" * 60)
    terminal.press(" ")
    assert len(data) < 60 * 400
    assert any("1 markiert" in line for line in terminal.lines)


def test_the_start_screen_offers_three_ways_to_begin(opened: list[Terminal]) -> None:
    terminal = start(opened, copies=0)
    terminal.wait_for("Demo ansehen")
    assert any("Daten importieren" in line for line in terminal.lines)
    terminal.press("f")
    terminal.wait_for("Steuernummer")


def test_the_app_imports_nothing_of_pymupdf_and_no_database() -> None:
    code = "import sys, tui_billing.app, tui_billing.screens.start; print(*sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    loaded = {name.split(".")[0] for name in out.split()}
    assert loaded & {"pymupdf", "fitz", "markdown_pdf", "weasyprint", "lxml", "schwifty", "stdnum"} == set()
