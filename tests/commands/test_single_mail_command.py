"""tui-billing invoice mail: the clerk is told what came of the one mail, in the server's words (E9)."""

import io
import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from fakes import FakeTransport, add_company, add_customer, add_invoice, make_desk

from tui_billing.commands import invoice
from tui_billing.commands.frame import Context, run_handler
from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.runs import IgnoredKind, RowState
from tui_billing.services import ignored

LOST = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)")
CASES = [
    (Outcome(RowState.SENT, "2.0.0 queued", 250), 0, "sent", ["RE-2026-00001 gesendet."], ""),
    (
        LOST,
        1,
        "unknown",
        ["RE-2026-00001: ungeklärt."],
        "Ob die Mail ankam, ist nicht bekannt: Verbindung abgebrochen (Punkt). "
        "Bitte unter den ungeklärten Sendungen entscheiden.",
    ),
    (
        Outcome(RowState.REFUSED, "5.1.1 unknown user", 550),
        1,
        "refused",
        ["RE-2026-00001 nicht gesendet."],
        "Der Server lehnt die Mail ab: 550 5.1.1 unknown user",
    ),
    (
        Outcome(RowState.DEFERRED, "4.7.1 greylisted", 451),
        1,
        "deferred",
        ["RE-2026-00001 nicht gesendet."],
        "Der Server nimmt die Mail jetzt nicht an: 451 4.7.1 greylisted",
    ),
    (
        Outcome(RowState.FAILED, "Mail größer als der Server nimmt (20 Bytes)"),
        1,
        "failed",
        ["RE-2026-00001 nicht gesendet."],
        "Die Mail kann so nicht gesendet werden: Mail größer als der Server nimmt (20 Bytes)",
    ),
    (
        Outcome(RowState.DEFERRED, "5.7.8 authentication failed", 535, Pace.STOP),
        1,
        "open",
        ["RE-2026-00001 nicht gesendet."],
        "Der Versand wurde angehalten: 535 5.7.8 authentication failed",
    ),
]


@pytest.mark.parametrize(("outcome", "code", "counted", "lines", "said"), CASES)
def test_what_came_of_the_mail(
    tmp_path: Path, outcome: Outcome, code: int, counted: str, lines: list[str], said: str
) -> None:
    desk = make_desk(tmp_path, transport=FakeTransport(outcomes={"k1@kunde.example": outcome}))
    add_company(desk)
    add_invoice(desk, add_customer(desk, "1"))
    ignored.ignore(desk, IgnoredKind.CUSTOMER, [1], "für Läufe", None)
    parser = ArgumentParser()
    invoice.register(parser)
    out, err = io.StringIO(), io.StringIO()
    context = Context(desk, json=True, yes=True, dry_run=False, out=out, err=err)
    assert run_handler(context, parser.parse_args(["mail", "RE-2026-00001"])) == code
    answer = json.loads(out.getvalue())
    assert answer["counts"][counted] == 1
    assert [p["text"] for p in answer["problems"]] == ([said] if said else [])
    assert answer["ok"] is (code == 0)
