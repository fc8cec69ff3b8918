"""Two processes, a run and a single mail, a clerk who edits: what each moment of a sending may and may not change."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeTransport, make_desk
from send_desk import add_row, drive, jobs_of, row_states, sending_desk

from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow, RunState
from tui_billing.services import documents, settings, unknowns
from tui_billing.services.mail_text import mail_problems
from tui_billing.services.send_single import apply_single, plan_single
from tui_billing.services.sending import plan_jobs, send_jobs
from tui_billing.store.memory import MemoryEngine

LATER = Outcome(RowState.DEFERRED, "4.3.0 later", 451)
REFUSED = Outcome(RowState.REFUSED, "5.1.1 no", 550)
LOST = Outcome(RowState.UNKNOWN, "Verbindung abgebrochen (Punkt)")


class Second(FakeTransport):
    """The connection of a second process: before its server says no, the first process sends everything."""

    def __init__(self, first, answer: Outcome) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.first, self.answer, self.done = first, answer, False

    def send(self, mail, envelope, message_id, before_dot):  # type: ignore[no-untyped-def]
        if not self.done:
            self.done = True
            self.first()
        return self.answer


def two_processes(folder: Path, answer: Outcome, first: FakeTransport) -> tuple:  # type: ignore[type-arg]
    engine = MemoryEngine()
    desk = sending_desk(folder, first, engine=engine)
    jobs = jobs_of(desk, 1)
    other = make_desk(folder, engine=engine, transport=Second(lambda: drive(send_jobs(desk, jobs)), answer))
    return desk, other, jobs


def test_a_second_process_that_is_put_off_does_not_open_the_row_that_the_first_has_sent(tmp_path: Path) -> None:
    for number, answer in enumerate((LATER, REFUSED, replace(LATER, pace=Pace.STOP))):
        desk, other, jobs = two_processes(tmp_path / str(number), answer, FakeTransport())
        drive(send_jobs(other, jobs))
        row = desk.store.need(RunRow, 1)
        assert (row.state, row.reply) == (RowState.SENT, "250 ok"), answer


def test_a_second_process_that_is_put_off_leaves_an_unknown_row_with_its_dispatch(tmp_path: Path) -> None:
    first = FakeTransport(outcomes={"k1@kunde.example": LOST})
    desk, other, jobs = two_processes(tmp_path, LATER, first)
    drive(send_jobs(other, jobs))
    (waiting,) = unknowns.list_unknown(desk)
    row = desk.store.need(RunRow, 1)
    assert (row.state, row.dispatch_id) == (RowState.UNKNOWN, waiting.dispatch.id)
    unknowns.book_as_sent(desk, waiting.dispatch.id, "da")
    assert row_states(desk) == [RowState.SENT]


def run_of(desk, number: int, state: RunState = RunState.PARTIAL) -> InvoiceRun:  # type: ignore[no-untyped-def]
    with desk.store.transaction("Lauf") as tx:
        return tx.insert(InvoiceRun(number=number, state=state))


def second_row(desk, row: RunRow, run: InvoiceRun) -> RunRow:  # type: ignore[no-untyped-def]
    with desk.store.transaction("Zeile") as tx:
        return tx.insert(replace(row, id=0, rev=0, run_id=run.id, state=RowState.OPEN, dispatch_id=None))


def test_each_run_has_a_dispatch_of_its_own_for_its_row(tmp_path: Path) -> None:
    """What run 1 could not send and run 2 left ungeklärt is decided for run 2."""
    transport = FakeTransport(outcomes={"k1@kunde.example": LATER})
    desk = sending_desk(tmp_path, transport)
    one, two = run_of(desk, 1), run_of(desk, 2)
    (job,) = jobs_of(desk, 1)
    drive(send_jobs(desk, [job]))
    row = second_row(desk, desk.store.need(RunRow, 1), two)
    transport.outcomes["k1@kunde.example"] = LOST
    drive(send_jobs(desk, [replace(job, row_ids=(row.id,), run_id=two.id)]))
    (waiting,) = unknowns.list_unknown(desk)
    assert waiting.run_number == 2
    unknowns.book_as_sent(desk, waiting.dispatch.id, "da")
    assert row_states(desk) == [RowState.DEFERRED, RowState.SENT]
    states = [desk.store.need(InvoiceRun, r.id).state for r in (one, two)]
    assert states == [RunState.PARTIAL, RunState.DONE]


def unknown_row(folder: Path) -> tuple:  # type: ignore[type-arg]
    transport = FakeTransport(outcomes={"k1@kunde.example": LOST})
    desk = sending_desk(folder, transport)
    run_of(desk, 1)
    jobs = jobs_of(desk, 1)
    drive(send_jobs(desk, jobs))
    transport.outcomes.clear()
    return desk, transport, jobs


def test_sent_again_in_vain_it_stays_unknown_because_the_first_mail_may_have_arrived(tmp_path: Path) -> None:
    down = Outcome(RowState.DEFERRED, "Verbindung abgelehnt (Verbindung)", pace=Pace.STOP)
    for number, answer in enumerate((LATER, REFUSED, down)):
        desk, transport, jobs = unknown_row(tmp_path / str(number))
        transport.outcomes["k1@kunde.example"] = answer
        result = drive(unknowns.send_again(desk, 1, "kam nicht an"))
        assert result.sent == 0
        (waiting,) = unknowns.list_unknown(desk)
        assert waiting.dispatch.reply == answer.reply, "what is known of it is the last reply"
        assert row_states(desk) == [RowState.UNKNOWN]
        transport.outcomes.clear()
        assert drive(send_jobs(desk, jobs)).open == 1, "and no press of F8 sends it"
        assert len(transport.sent) == 1
        unknowns.book_as_sent(desk, 1, "doch da")
        assert row_states(desk) == [RowState.SENT]


def test_two_clerks_send_the_same_unknown_mail_again_and_it_goes_once(tmp_path: Path) -> None:
    desk, transport, _ = unknown_row(tmp_path / "dot")

    def at_the_dot(_: object) -> None:
        transport.on_dot = None
        with pytest.raises(Refused) as refused:
            drive(unknowns.send_again(desk, 1, "auch"))
        assert refused.value.problems[0].code == "NICHT_UNGEKLAERT"

    transport.on_dot = at_the_dot
    assert drive(unknowns.send_again(desk, 1, "kam nicht an")).sent == 1
    assert len(transport.sent) == 2, "the first, whose answer was lost, and one more"

    engine = MemoryEngine()
    first = sending_desk(tmp_path, FakeTransport(outcomes={"k1@kunde.example": LOST}), engine=engine)
    drive(send_jobs(first, jobs_of(first, 1)))
    sent: list[int] = []

    class Slower(FakeTransport):
        def send(self, mail, envelope, message_id, before_dot):  # type: ignore[no-untyped-def]
            fast = make_desk(tmp_path, engine=engine, transport=FakeTransport())
            sent.append(drive(unknowns.send_again(fast, 1, "auch")).sent)
            return super().send(mail, envelope, message_id, before_dot)

    slow = Slower()
    assert drive(unknowns.send_again(make_desk(tmp_path, engine=engine, transport=slow), 1, "ja")).open == 1
    assert (sent, slow.sent, row_states(first)) == ([1], [], [RowState.SENT])


def test_a_run_whose_last_row_was_sent_again_is_done(tmp_path: Path) -> None:
    desk, _, _ = unknown_row(tmp_path)
    assert drive(unknowns.send_again(desk, 1, "kam nicht an")).sent == 1
    assert desk.store.need(InvoiceRun, 1).state is RunState.DONE


def test_an_unknown_single_mail_that_is_decided_names_its_archived_file(tmp_path: Path) -> None:
    for number, decide in enumerate((unknowns.book_as_sent, lambda *a: drive(unknowns.send_again(*a)))):
        transport = FakeTransport(outcomes={"k1@kunde.example": LOST})
        desk = sending_desk(tmp_path / str(number), transport)
        item = add_row(desk, "1")
        drive(apply_single(desk, plan_single(desk, item.document_id)))
        transport.outcomes.clear()
        decide(desk, 1, "Grund")
        document = desk.store.need(Document, item.document_id)
        assert document.mailed_at and desk.files.read(document.file)
        assert document.file_hash


def test_a_document_edited_and_made_final_since_its_pdf_was_made_is_not_sent(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 1)
    with desk.store.transaction("Sachbearbeiter") as tx:
        documents.change(tx, replace(tx.need(Document, 1), header_text="anders"))
    documents.finalise(desk, 1)
    assert drive(send_jobs(desk, jobs)).open == 1
    assert transport.sent == []
    assert desk.store.need(RunRow, 1).reason == "beleg_geaendert"


def test_one_document_that_cannot_go_holds_its_mail_back_and_the_others_say_so(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    settings.set_value(desk, "mail.mode", "per_customer")
    first = add_row(desk, "1")
    second = add_row(desk, "2", customer=desk.store.need(Customer, first.customer_id))
    jobs = plan_jobs([first, second], "per_customer", run_id=1)
    with desk.store.transaction("anderswo") as tx:
        documents.mark_output(tx, tx.need(Document, 2), at="2026-11-21T08:00:00+00:00", mailed=True)
    assert drive(send_jobs(desk, jobs)).open == 2
    rows = desk.store.all(RunRow)
    assert [r.reason for r in rows] == ["mail_aufgehalten", "schon_versendet"]
    assert rows[0].reply == "RE-2026-00002: der Beleg wurde inzwischen versendet"


def test_a_server_that_slows_all_connections_down_at_once_is_one_rest(tmp_path: Path) -> None:
    together = threading.Barrier(4, timeout=10)
    answered = []

    class Slow(FakeTransport):
        def send(self, mail, envelope, message_id, before_dot):  # type: ignore[no-untyped-def]
            number = int(envelope.recipients[0][1:].partition("@")[0])
            if 2 <= number <= 5 and number not in answered:
                answered.append(number)
                together.wait()
                return Outcome(RowState.DEFERRED, "4.3.2 slow down", 421, Pace.REST, 60)
            return super().send(mail, envelope, message_id, before_dot)

    desk = sending_desk(tmp_path, Slow())
    settings.set_value(desk, "mail.connections", "4")
    slept: list[float] = []
    result = drive(send_jobs(desk, jobs_of(desk, 8), sleep=slept.append))
    assert (result.sent, result.stopped, sum(slept)) == (8, None, 60)


def test_of_a_mail_whose_process_was_killed_the_server_is_known(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(_: object) -> None:
        raise Killed

    engine = MemoryEngine()
    desk = sending_desk(tmp_path, FakeTransport(on_dot=kill), engine=engine)
    settings.set_value(desk, "mail.transport", "smtp")
    settings.set_value(desk, "mail.host", "mail.example")
    settings.set_value(desk, "mail.port", "2525")
    with pytest.raises(Killed):
        drive(send_jobs(desk, jobs_of(desk, 1)))
    (waiting,) = unknowns.list_unknown(make_desk(tmp_path, engine=engine))
    assert waiting.dispatch.server == "mail.example:2525"


def test_the_template_in_which_an_unknown_placeholder_stands_is_named(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    jobs_of(desk, 1)
    settings.set_value(desk, "mail.subject.de", "{Unbekannt}")
    settings.set_value(desk, "mail.text.en", "Dear {Nobody}, {unbekannt}")
    found = mail_problems(desk.store, ("de", "en"), desk.store.need(Document, 1))
    assert [(p.params["placeholder"], p.where) for p in found] == [
        ("{Unbekannt}", "mail.subject.de"),
        ("{Nobody}", "mail.text.en"),
        ("{unbekannt}", "mail.text.en"),
    ]
