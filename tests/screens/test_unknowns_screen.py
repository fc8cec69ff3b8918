"""Ungeklärte Sendungen, key by key: what is known, the look-up, the decisions, and a colleague who was faster (E9)."""

from pathlib import Path
from typing import Any

import pytest
from fakes import FakeTransport
from screen_helpers import SIZE, balance, press, rows, settle, status, title, type_text, working_desk

from tui_billing.app import BillingApp
from tui_billing.dispatch.port import Lookup, Outcome, Pace
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.screens.widgets.text_view import TextView
from tui_billing.services import unknowns
from tui_billing.services.desk import Desk

LOST = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)", server="mail.example:587")


class Archive:
    """Knows the first mail."""

    def find(self, message_id: str) -> Lookup:
        return Lookup(".2.1." in message_id, "archiv@imap.example/INBOX")


def desk_with_unknowns(folder: Path) -> tuple[Desk, FakeTransport]:
    """Two mails to one customer whose answers were lost."""
    transport = FakeTransport(outcomes={"buero@weiss.example": LOST})
    desk = working_desk(folder, transport=transport, copies=2)
    object.__setattr__(desk, "archive", Archive)
    return desk, transport


async def go(pilot: Any, app: BillingApp) -> None:
    """Execute a run, then to the list."""
    await settle(pilot)
    await press(pilot, "r", "n", "f8", "enter", "f8", "j")
    await press(pilot, "escape", "escape", "escape", "escape", "g")


async def test_everything_that_is_known_and_the_look_up(tmp_path: Path) -> None:
    desk, _ = desk_with_unknowns(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await go(pilot, app)
        assert title(app) == "Ungeklärte Sendungen"
        assert [row[:30] for row in rows(app)] == ["> 22.11.26 11:00 RE-2026-00002", "22.11.26 11:00 RE-2026-00010 K"]
        assert balance(app) == "2 ungeklärt 654,50 €"
        await press(pilot, "enter")
        text = app.screen.query_one(TextView).text
        known = desk.store.need(Dispatch, 2)
        for part in ("22.11.26 11:00", "mail.example:587", "Verbindung abgebrochen (Punkt)", known.message_id):
            assert part in text
        await press(pilot, "escape", "f6")
        assert status(app) == "Im Archivpostfach gefunden: die Mail wurde versendet. F8 bucht sie so."
        await press(pilot, "down", "f6")
        assert status(app) == "Nicht im Archivpostfach. Das beweist noch nicht, dass sie nicht ankam."
        assert {d.state for d in desk.store.find(Dispatch, "state", RowState.UNKNOWN)} == {RowState.UNKNOWN}


async def test_the_three_decisions_each_with_a_reason(tmp_path: Path) -> None:
    desk, transport = desk_with_unknowns(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await go(pilot, app)
        before = len(transport.sent)
        await press(pilot, "f9")
        assert title(app) == "Erneut senden: Grund (der Kunde kann die Mail doppelt bekommen)"
        await press(pilot, "escape")
        assert len(transport.sent) == before, "nothing without a reason"
        await press(pilot, "f9")
        await type_text(pilot, "kam nicht an")
        await press(pilot, "f8")
        assert status(app) == (
            "Sie bleibt ungeklärt. Ob die Mail ankam, ist nicht bekannt: Verbindung abgebrochen (Punkt). "
            "Bitte unter den ungeklärten Sendungen entscheiden."
        )
        assert len(rows(app)) == 2, "the answer was lost again"
        transport.outcomes.clear()
        await press(pilot, "f9")
        await type_text(pilot, "kam nicht an")
        await press(pilot, "f8")
        assert status(app) == "Versendet."
        assert len(transport.sent) == before + 2
        await press(pilot, "f12")
        await type_text(pilot, "im Archiv nicht")
        await press(pilot, "f8")
        assert status(app) == "1 entschieden: zurückstellen"
        assert rows(app) == []
    states = [r.state for r in desk.store.all(RunRow) if r.dispatch_id in (1, 2) or r.state is RowState.DEFERRED]
    assert RowState.DEFERRED in states
    reasons = [e.reason for e in desk.store.history() if e.reason]
    assert reasons == ["im Archiv nicht", "kam nicht an", "kam nicht an"]


async def test_what_a_colleague_has_decided_meanwhile_is_said_and_the_rest_is_done(tmp_path: Path) -> None:
    desk, _ = desk_with_unknowns(tmp_path)
    app = BillingApp(desk)
    async with app.run_test(size=SIZE) as pilot:
        await go(pilot, app)
        await press(pilot, "asterisk", "f8")
        first = min(d.id for d in desk.store.find(Dispatch, "state", RowState.UNKNOWN))
        unknowns.put_back(desk, first, "ich war schneller")
        await type_text(pilot, "Kunde hat sie")
        await press(pilot, "f8")
        assert status(app) == (
            f"1 von 2 entschieden: als versendet buchen. Die Sendung {first} ist zurückgestellt; "
            "zu entscheiden ist nur, was ungeklärt ist."
        )
    assert desk.store.need(Dispatch, first).note == "ich war schneller"
    assert not desk.store.find(Dispatch, "state", RowState.UNKNOWN)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (None, "Versendet."),
        (
            LOST,
            "RE-2026-00002: Ob die Mail ankam, ist nicht bekannt: Verbindung abgebrochen (Punkt). "
            "Bitte unter den ungeklärten Sendungen entscheiden.",
        ),
        (
            Outcome(RowState.REFUSED, "5.1.1 unknown user", 550),
            "RE-2026-00002: Der Server lehnt die Mail ab: 550 5.1.1 unknown user",
        ),
        (
            Outcome(RowState.DEFERRED, "5.7.8 authentication failed", 535, Pace.STOP),
            "Der Versand wurde angehalten: 535 5.7.8 authentication failed",
        ),
    ],
)
async def test_what_came_of_a_single_mail_is_said(tmp_path: Path, outcome: Outcome | None, said: str) -> None:
    transport = FakeTransport(outcomes={} if outcome is None else {"buero@weiss.example": outcome})
    app = BillingApp(working_desk(tmp_path, transport=transport, copies=1))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.open("invoicing")
        await settle(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "00002")
        await press(pilot, "enter", "f8", "j")
        assert status(app) == said
