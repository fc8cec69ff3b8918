"""Ungeklärte sendings: what is known, the look-up, and three decisions, each with reason and audit (E9)."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeTransport, add_company, add_customer, add_invoice, make_desk
from send_desk import add_row, dispatch_states, drive, jobs_of, mailed, row_states, sending_desk

from tui_billing.dispatch.port import Lookup, Outcome
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import Dispatch, InvoiceRun, RowState, RunParameters, RunRow, RunState
from tui_billing.services import run_mend, runs, unknowns
from tui_billing.services.customers import save_customer
from tui_billing.services.desk import Desk
from tui_billing.services.errors import WrongUse
from tui_billing.services.run_execution import execute
from tui_billing.services.sending import plan_jobs, send_jobs

LOST = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)", server="mail.example:587")


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport(outcomes={"k1@kunde.example": LOST})


@pytest.fixture
def desk(tmp_path: Path, transport: FakeTransport) -> Desk:
    """Two mails: the first ungeklärt, the second sent. The server is well again afterwards."""
    desk = sending_desk(tmp_path, transport)
    drive(send_jobs(desk, jobs_of(desk, 2)))
    transport.outcomes.clear()
    return desk


def code(refused: "pytest.ExceptionInfo[Refused]") -> str:
    return refused.value.problems[0].code


def test_the_list_shows_everything_that_is_known(desk: Desk) -> None:
    (one,) = unknowns.list_unknown(desk)
    assert (one.numbers, one.customer, str(one.gross)) == (("RE-2026-00001",), "Kunde 1", "119.00")
    d = one.dispatch
    assert d.in_flight_at and d.message_id and d.spool_hash
    assert (d.server, d.reply) == ("mail.example:587", "Verbindung abgebrochen (Punkt)")
    assert desk.store.need(RunRow, 1).reason == "keine_antwort"


def test_book_as_sent(desk: Desk, transport: FakeTransport) -> None:
    unknowns.book_as_sent(desk, 1, "Kunde hat sie")
    assert row_states(desk) == [RowState.SENT] * 2
    assert mailed(desk) == [True, True]
    document = desk.store.need(Document, 1)
    assert document.mailed_at == desk.store.need(Dispatch, 1).in_flight_at
    assert document.file and document.file_hash
    entry = desk.store.history()[0]
    assert (entry.by, entry.why, entry.reason) == ("anna", "Sendung 1 als versendet gebucht", "Kunde hat sie")
    assert (desk.store.need(Dispatch, 1).decided_by, desk.store.need(Dispatch, 1).note) == ("anna", "Kunde hat sie")
    assert len(transport.sent) == 2


def test_send_again_sends_the_same_bytes_with_the_same_message_id(desk: Desk, transport: FakeTransport) -> None:
    before = desk.store.need(Dispatch, 1)
    result = drive(unknowns.send_again(desk, 1, "nicht im Archiv"))
    assert result.sent == 1
    after = desk.store.need(Dispatch, 1)
    first, _, again = transport.sent
    assert again[0] == first[0] == desk.files.read(after.spool)
    assert (after.message_id, after.generation) == (before.message_id, before.generation)
    assert (after.state, after.attempts) == (RowState.SENT, 2)
    assert row_states(desk) == [RowState.SENT] * 2 and mailed(desk) == [True, True]
    assert [e.reason for e in desk.store.history() if e.reason] == ["nicht im Archiv"]


def test_send_again_that_is_lost_again_is_unknown_again(desk: Desk, transport: FakeTransport) -> None:
    transport.outcomes["k1@kunde.example"] = LOST
    assert drive(unknowns.send_again(desk, 1, "noch einmal")).unknown == 1
    assert (row_states(desk)[0], dispatch_states(desk)[0]) == (RowState.UNKNOWN, RowState.UNKNOWN)


def test_put_back_lets_the_run_take_it_up_again(desk: Desk, transport: FakeTransport) -> None:
    unknowns.put_back(desk, 1, "Server sagt: nie angekommen")
    assert (row_states(desk)[0], mailed(desk)[0]) == (RowState.DEFERRED, False)
    assert len(transport.sent) == 2
    row = desk.store.need(RunRow, 1)
    job = plan_jobs([add_row(desk, "9")])  # another row, to see that only that one goes
    assert drive(send_jobs(desk, job)).sent == 1
    assert desk.store.need(RunRow, row.id).state is RowState.DEFERRED


@pytest.mark.parametrize("decide", [unknowns.book_as_sent, unknowns.put_back, unknowns.send_again])
def test_each_decision_needs_a_reason_and_an_unknown_sending(desk: Desk, decide) -> None:  # type: ignore[no-untyped-def]
    def attempt(number: int, reason: str) -> None:
        result = decide(desk, number, reason)
        if hasattr(result, "send"):
            drive(result)

    before = desk.store.seq
    for reason in ("", "  \n"):
        with pytest.raises(Refused) as refused:
            attempt(1, reason)
        assert code(refused) == "GRUND_FEHLT"
    with pytest.raises(Refused) as refused:
        attempt(2, "Grund")
    assert code(refused) == "NICHT_UNGEKLAERT"
    with pytest.raises(WrongUse):
        attempt(99, "Grund")
    assert desk.store.seq == before
    attempt(1, "Grund")
    with pytest.raises(Refused) as refused:
        attempt(1, "Grund")
    assert code(refused) == "NICHT_UNGEKLAERT"


def test_a_spooled_mail_that_was_changed_is_not_sent_again(desk: Desk, transport: FakeTransport) -> None:
    path = desk.files.path(desk.store.need(Dispatch, 1).spool)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Refused) as refused:
        drive(unknowns.send_again(desk, 1, "Grund"))
    assert code(refused) == "SPOOL_BESCHAEDIGT"
    assert dispatch_states(desk)[0] is RowState.UNKNOWN and len(transport.sent) == 2


def test_the_look_up_asks_the_archive_and_changes_nothing(desk: Desk) -> None:
    asked = []

    class FakeArchive:
        def find(self, message_id: str) -> Lookup:
            asked.append(message_id)
            return Lookup(True, "archiv")

    with pytest.raises(Refused) as refused:
        unknowns.look_up(desk, 1)
    assert code(refused) == "KEIN_ARCHIV"
    object.__setattr__(desk, "archive", FakeArchive)
    before = desk.store.seq
    assert unknowns.look_up(desk, 1) == Lookup(True, "archiv")
    assert asked == [desk.store.need(Dispatch, 1).message_id]
    assert desk.store.seq == before


def test_a_mail_that_came_back_is_unzustellbar_and_goes_out_again_as_copy(tmp_path: Path) -> None:
    """States of a row: versendet -> unzustellbar, by the clerk, with a reason; the document stays final and sent."""
    transport = FakeTransport()
    desk = make_desk(tmp_path, transport=transport)
    add_company(desk)
    customer = add_customer(desk, "1")
    invoice = add_invoice(desk, customer)
    period = RunParameters(date_from=invoice.invoice_date, date_to=invoice.invoice_date)
    run = runs.apply_create_run(desk, runs.plan_create_run(desk.store, period, desk.today()))
    assert drive(execute(desk, run.id)).run.state is RunState.DONE
    (dispatch,) = desk.store.all(Dispatch)

    unknowns.book_as_bounced(desk, dispatch.id, "Postfach voll")
    (row,) = desk.store.all(RunRow)
    assert (row.state, row.reason) == (RowState.BOUNCED, "unzustellbar")
    assert desk.store.need(InvoiceRun, run.id).state is RunState.PARTIAL
    assert desk.store.need(Document, invoice.id).was_sent
    assert drive(execute(desk, run.id)).counts == {"bounced": 1}  # it waits for the clerk
    assert len(transport.sent) == 1

    save_customer(desk, replace(desk.store.need(Customer, customer.id), emails=("neu@kunde.example",)))
    run_mend.retry_rows(desk, run.id, [row.id])
    assert drive(execute(desk, run.id)).run.state is RunState.DONE
    mail, envelope, _ = transport.sent[1]
    assert envelope.recipients == ("neu@kunde.example",) and b"Subject: Kopie: Rechnung" in mail
    assert desk.store.need(Dispatch, dispatch.id).state is RowState.BOUNCED


def test_only_what_was_sent_comes_back_and_a_mistake_is_taken_back(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        unknowns.book_as_bounced(desk, 1, "zurück")
    assert code(refused) == "NICHT_VERSENDET"
    with pytest.raises(Refused) as refused:
        unknowns.book_as_bounced(desk, 2, " ")
    assert code(refused) == "GRUND_FEHLT"
    unknowns.book_as_bounced(desk, 2, "zurück")
    assert row_states(desk) == [RowState.UNKNOWN, RowState.BOUNCED]
    unknowns.book_as_sent(desk, 2, "doch angekommen")
    assert row_states(desk) == [RowState.UNKNOWN, RowState.SENT]
