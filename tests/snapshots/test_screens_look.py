"""How each screen looks at 80×24, in truecolor and with NO_COLOR. The docstring of a case says what to see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_desk import empty_desk
from screen_helpers import SIZE, settle, type_text, working_desk
from textual.pilot import Pilot

from tui_billing.app import BillingApp
from tui_billing.screens import show
from tui_billing.services import maintenance

RUN = ("r", "n", "f8", "enter")

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "first_start": ("an empty folder offers Demo, Import, Firma", ()),
    "start": ("counters, one key to each", ()),
    "runs": ("the list with one run, angelegt", ("r", "n", "f8")),
    "run_form": ("five fields with their understanding, the balance below", ("r", "n")),
    "run_form_wrong_date": ("the sentence stands below the field", ("r", "n", "text:31.2.", "enter")),
    "run_detail": ("rows, balance, line of keys with F8", RUN),
    "run_detail_marked": (
        "* in the gutter, sum of the marked in the rule",
        (*RUN, "space", "shift+down", "shift+down"),
    ),
    "run_detail_removed": ("what was removed, and u", (*RUN, "space", "space", "delete")),
    "run_detail_filtered": ("the filter in the rule, 3 von 18", (*RUN, "slash", "text:muller")),
    "run_detail_question": ("what will happen, the focus on Nein", (*RUN, "f8")),
    "run_detail_done": ("states, the sum of each before the balance", (*RUN, "f8", "j", "escape")),
    "rebuild": ("the difference, what stays removed is muted", (*RUN, "delete", "f5")),
    "why": ("every rule with its answer", (*RUN, "f6", "text:10005", "enter")),
    "preview": ("mail and document as text", (*RUN, "f3")),
    "triage": ("each document with its way", (*RUN, "t")),
    "contact_form": ("Versandart and addresses only", (*RUN, "f4")),
    "help": ("purpose and keys of the screen below", (*RUN, "f1")),
    "palette": ("every command with its key", (*RUN, "ctrl+p")),
    "customers": ("hostile names are text", ("k",)),
    "customer_form": ("sections, choices in sight", ("k", "enter")),
    "invoices": ("all documents, newest first", ("b",)),
    "invoice_detail": ("address, dates, positions, sums", ("b", "enter")),
    "company_form": ("seller, tax, bank", ("f",)),
    "mail_form": ("sender, subject and text of the mails, both languages below each other", ("m",)),
    "mail_form_text": ("a text of several lines, the problem above it", ("m", *("tab",) * 4, "text:{Kundde} ", "f8")),
    "mail_form_preview": ("the mail in both languages with a real document", ("m", "f3")),
    "trial_mail": ("to whom, and the customer beside the number", ("m", "f9")),
    "numbers": ("last and next number of each range", ("f", "f4")),
    "ignored": ("reason and what is held back", ("k", "f7", "text:Zahlt bar", "f8", "escape", "i")),
    "ignored_form": ("the name beside the number", ("k", "f7")),
    "unknowns": ("nothing is ungeklärt", ("g",)),
    "audit": ("who, when, what", ("l",)),
    "audit_entry": (
        "fields with old and new values",
        (*RUN, "delete", "f2", "escape", "escape", "escape", "l", "enter"),
    ),
    "verify": ("what was checked", ("p",)),
}


@pytest.fixture(params=["truecolor", "no_color"])
def colours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Truecolor as a good terminal says it, or NO_COLOR."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    if request.param == "no_color":
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(show, "stamp", lambda value: "22.11.26 12:00" if value else "")
    monkeypatch.setattr(maintenance, "check_files", lambda folder: [])  # the sample desk lives in memory
    return str(request.param)


@pytest.mark.parametrize("name", CASES)
def test_screen(name: str, colours: str, snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    desk = empty_desk(tmp_path) if name == "first_start" else working_desk(tmp_path)

    async def go_there(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        for key in CASES[name][1]:
            if key.startswith("text:"):
                await type_text(pilot, key[5:])
            else:
                await pilot.press(key)
                await settle(pilot)

    assert snap_compare(BillingApp(desk), terminal_size=SIZE, run_before=go_there), CASES[name][0]
