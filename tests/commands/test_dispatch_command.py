"""tui-billing dispatch by command: list, show, look up, resolve, preview, test mail; JSON and exit codes."""

import io
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeTransport, add_company, add_customer, add_invoice, make_desk

from tui_billing.commands import dispatch
from tui_billing.commands.frame import Context, run_handler
from tui_billing.dispatch.port import Lookup, Outcome
from tui_billing.domain.documents import Document
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.services.desk import Desk
from tui_billing.services.send_single import apply_single, plan_single

LOST = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)", server="mail.example:587")


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport(outcomes={"k1@kunde.example": LOST})


@pytest.fixture
def desk(tmp_path: Path, transport: FakeTransport) -> Desk:
    desk = make_desk(tmp_path, transport=transport)
    add_company(desk)
    for number in ("1", "2"):
        document = add_invoice(desk, add_customer(desk, number))
        for _ in apply_single(desk, plan_single(desk, document.id)):
            pass
    transport.outcomes.clear()
    return desk


def call(
    desk: Desk, *words: str, yes: bool = True, dry_run: bool = False, as_json: bool = True
) -> tuple[int, Any, str]:
    parser = ArgumentParser()
    dispatch.register(parser)
    out, err = io.StringIO(), io.StringIO()
    context = Context(desk, json=as_json, yes=yes, dry_run=dry_run, out=out, err=err)
    code = run_handler(context, parser.parse_args(words))
    return code, json.loads(out.getvalue()) if as_json else out.getvalue(), err.getvalue()


def test_the_list_names_the_unknown_ones_and_other_states_on_request(desk: Desk) -> None:
    code, answer, _ = call(desk, "list")
    assert (code, answer["ok"], answer["count"]) == (0, True, 1)
    (one,) = answer["items"]
    assert (one["invoices"], one["state"], one["gross"]) == (["RE-2026-00001"], "unknown", "119.00")
    assert call(desk, "list", "--state", "sent")[1]["items"][0]["invoices"] == ["RE-2026-00002"]
    assert call(desk, "list", "--invoice", "RE-2026-00002")[1]["count"] == 1
    code, text, _ = call(desk, "list", as_json=False)
    assert "ungeklärt" in text and "RE-2026-00001" in text and "Verbindung abgebrochen" in text


def test_show_says_all_that_is_known(desk: Desk) -> None:
    code, answer, _ = call(desk, "show", "1")
    assert (code, answer["dispatch"]["server"]) == (0, "mail.example:587")
    _, text, _ = call(desk, "show", "1", as_json=False)
    assert "Message-ID: <" in text and "SHA-256: " in text
    assert call(desk, "show", "99")[0] == 2


@pytest.mark.parametrize(("resolution", "state"), [("sent", "sent"), ("deferred", "deferred"), ("resend", "sent")])
def test_resolve_decides_with_a_reason(desk: Desk, transport: FakeTransport, resolution: str, state: str) -> None:
    code, answer, _ = call(desk, "resolve", "1", "--as", resolution, "--reason", "Kunde gefragt")
    assert (code, answer["dispatch"]["state"]) == (0, state)
    assert bool(desk.store.need(Document, 1).mailed_at) is (state == "sent")
    assert len(transport.sent) == (3 if resolution == "resend" else 2)
    assert desk.store.need(Dispatch, 1).note == "Kunde gefragt"
    assert call(desk, "resolve", "1", "--as", resolution, "--reason", "noch einmal")[0] == 3


def test_resolve_without_reason_yes_or_in_a_dry_run_changes_nothing(desk: Desk) -> None:
    before = desk.store.seq
    assert call(desk, "resolve", "1", "--as", "sent", "--reason", " ")[0] == 3
    assert call(desk, "resolve", "1", "--as", "sent", "--reason", "x", yes=False)[0] == 2
    code, answer, _ = call(desk, "resolve", "1", "--as", "sent", "--reason", "x", dry_run=True)
    assert (code, answer["dispatch"]["state"]) == (0, "unknown")
    assert desk.store.seq == before


def test_resend_that_is_lost_again_ends_with_1(desk: Desk, transport: FakeTransport) -> None:
    transport.outcomes["k1@kunde.example"] = LOST
    code, answer, _ = call(desk, "resolve", "1", "--as", "resend", "--reason", "x")
    assert (code, answer["ok"], answer["dispatch"]["state"]) == (1, False, "unknown")
    assert [p["code"] for p in answer["problems"]] == ["VERSAND_UNGEKLAERT"]


def test_lookup_asks_the_archive(desk: Desk) -> None:
    assert call(desk, "lookup", "1")[0] == 3

    class FakeArchive:
        def find(self, message_id: str) -> Lookup:
            return Lookup(True, "archiv@mail.example/INBOX")

    object.__setattr__(desk, "archive", FakeArchive)
    code, answer, _ = call(desk, "lookup")
    assert (code, answer["items"]) == (0, [{"id": 1, "found": True, "detail": "archiv@mail.example/INBOX"}])


def test_preview_and_test_mail(desk: Desk, transport: FakeTransport) -> None:
    code, answer, _ = call(desk, "preview", "RE-2026-00002")
    assert (code, answer["preview"]["subject"]) == (0, "Kopie: Rechnung RE-2026-00002")
    code, answer, _ = call(desk, "test", "RE-2026-00002", "--to", "ich@muster.example")
    assert (code, answer["test"]["state"]) == (0, "sent")
    assert transport.sent[-1][1].recipients == ("ich@muster.example",)
    assert call(desk, "test", "RE-2026-00002", "--to", "kein")[0] == 2
    assert call(desk, "preview", "RE-2026-99999")[0] == 2
