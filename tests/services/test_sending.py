"""The one path by which mails leave: states, groups, pace, two clerks, crashes (rules E4, E7, E8, E9)."""

import threading
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from fakes import SELLER, FakeTransport, add_customer, add_invoice, make_desk
from send_desk import add_row, dispatch_states, drive, jobs_of, mailed, row_states, sending_desk

from tui_billing.dispatch.lease import Lease
from tui_billing.dispatch.port import Envelope, Outcome, Pace
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.messages import Problem, Refused
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.services import documents, settings
from tui_billing.services.sending import MailJob, SendResult, plan_jobs, send_jobs, settle_orphans
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Transaction

OPEN, SENT, UNKNOWN = RowState.OPEN, RowState.SENT, RowState.UNKNOWN


def address(number: int) -> str:
    return f"k{number}@kunde.example"


def test_each_row_is_sent_once_with_its_receipt_and_the_document_is_final(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    result = drive(send_jobs(desk, jobs_of(desk, 3)))
    assert result == SendResult(sent=3)
    assert row_states(desk) == [SENT] * 3
    assert [r.reply for r in desk.store.all(RunRow)] == ["250 ok"] * 3
    document = desk.store.all(Document)[0]
    assert (document.state, bool(document.mailed_at), bool(document.file)) == (DocumentState.FINAL, True, True)
    dispatch = desk.store.all(Dispatch)[0]
    assert desk.files.read(dispatch.spool) == transport.sent[0][0]
    assert dispatch.owner == "" and dispatch.attempts == 1
    assert list((tmp_path / "sending").iterdir()) == []


def test_the_mail_is_spooled_and_in_flight_on_disk_before_the_dot(tmp_path: Path) -> None:
    seen = []

    def look(envelope: Envelope) -> None:
        dispatch = desk.store.find(Dispatch, "state", RowState.IN_FLIGHT)[0]
        row = desk.store.find(RunRow, "dispatch_id", dispatch.id)[0]
        seen.append((row.state, desk.files.path(dispatch.spool).exists(), dispatch.message_id != ""))

    desk = sending_desk(tmp_path, FakeTransport(on_dot=look))
    drive(send_jobs(desk, jobs_of(desk, 2)))
    assert seen == [(RowState.IN_FLIGHT, True, True)] * 2


def test_one_refused_recipient_is_one_row_and_the_others_go(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={address(2): Outcome(RowState.REFUSED, "5.1.1 unknown user", 550)})
    desk = sending_desk(tmp_path, transport)
    result = drive(send_jobs(desk, jobs_of(desk, 3)))
    assert (result.sent, result.refused) == (2, 1)
    assert row_states(desk) == [SENT, RowState.REFUSED, SENT]
    assert desk.store.need(RunRow, 2).reply == "550 5.1.1 unknown user"
    assert mailed(desk) == [True, False, True]
    assert desk.store.need(Document, 2).state is DocumentState.OPEN


def test_e9_2_a_server_that_is_down_leaves_all_rows_open_with_the_reason(tmp_path: Path) -> None:
    down = Outcome(RowState.DEFERRED, "Connection refused (Verbindung)", 0, Pace.STOP)
    transport = FakeTransport(outcomes={address(n): down for n in range(9)})
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 5)
    result = drive(send_jobs(desk, jobs))
    assert (result.sent, result.open) == (0, 5)
    assert result.stopped is not None and result.stopped.code == "VERSAND_ANGEHALTEN"
    assert row_states(desk) == [OPEN] * 5
    assert {r.reason for r in desk.store.all(RunRow)} == {"versand_angehalten"}
    assert all("Connection refused" in r.reply for r in desk.store.all(RunRow))
    assert mailed(desk) == [False] * 5
    transport.outcomes.clear()
    assert drive(send_jobs(desk, jobs)).sent == 5


def test_a_wrong_password_is_tried_by_one_connection_only(tmp_path: Path) -> None:
    attempts = []

    class Wrong(FakeTransport):
        def send(self, *args: object) -> Outcome:  # type: ignore[override]
            attempts.append(1)
            return Outcome(RowState.DEFERRED, "535 no", 535, Pace.STOP)

    desk = sending_desk(tmp_path, Wrong())
    settings.set_value(desk, "mail.connections", "4")
    drive(send_jobs(desk, jobs_of(desk, 20)))
    assert len(attempts) == 1


def test_e9_1_killed_after_the_dot_of_mail_2_of_5(tmp_path: Path) -> None:
    engine, transport = MemoryEngine(), FakeTransport()

    class Killed(BaseException):
        pass

    def kill(envelope: Envelope) -> None:
        if envelope.recipients == (address(2),):
            raise Killed

    transport.on_dot = kill
    desk = sending_desk(tmp_path, transport, engine=engine)
    settings.set_value(desk, "mail.connections", "1")
    jobs = jobs_of(desk, 5)
    with pytest.raises(Killed):
        drive(send_jobs(desk, jobs))
    transport.on_dot = None
    again = make_desk(tmp_path, engine=engine, transport=transport)
    assert settle_orphans(again) == 1
    assert row_states(again) == [SENT, UNKNOWN, OPEN, OPEN, OPEN]
    assert desk.store.need(RunRow, 2).reason == "verwaist"
    result = drive(send_jobs(again, jobs))
    assert (result.sent, result.open) == (3, 2)
    assert row_states(again) == [SENT, UNKNOWN, SENT, SENT, SENT]
    assert [e.recipients[0] for _, e, _ in transport.sent] == [address(n) for n in (1, 3, 4, 5)]


def test_the_mails_of_a_living_process_are_never_settled(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    lease = Lease(tmp_path)
    with desk.store.transaction("x") as tx:
        tx.insert(Dispatch(document_ids=(1,), state=RowState.IN_FLIGHT, message_id="<1@x>", owner=lease.token))
        tx.insert(Dispatch(document_ids=(2,), state=RowState.IN_FLIGHT, message_id="<2@x>", owner="tot-1-2"))
        tx.insert(Dispatch(document_ids=(3,), state=RowState.IN_FLIGHT, message_id="<3@x>"))
    assert settle_orphans(desk) == 2
    assert dispatch_states(desk) == [RowState.IN_FLIGHT, UNKNOWN, UNKNOWN]
    lease.release()
    assert settle_orphans(desk) == 1


def test_an_unknown_row_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={address(1): Outcome(UNKNOWN, "Verbindung abgebrochen (Punkt)")})
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 1)
    assert drive(send_jobs(desk, jobs)).unknown == 1
    transport.outcomes.clear()
    for _ in range(3):
        assert drive(send_jobs(desk, jobs)).open == 1
    assert (row_states(desk), len(transport.sent)) == ([UNKNOWN], 1)
    single = plan_jobs([add_row(desk, "9", run_id=2)])
    other = MailJob(**{**_fields(jobs[0]), "row_ids": (), "copy": True})
    assert drive(send_jobs(desk, [other])).open == 1, "no single mail either, not even as a copy"
    assert drive(send_jobs(desk, single)).sent == 1


def _fields(job: MailJob) -> dict[str, object]:
    return {name: getattr(job, name) for name in MailJob.__slots__}


def test_two_clerks_press_f8_at_the_same_time_and_each_mail_goes_once(tmp_path: Path) -> None:
    engine, transport = MemoryEngine(), FakeTransport()
    first = sending_desk(tmp_path, transport, engine=engine)
    second = make_desk(tmp_path, engine=engine, transport=transport, user="berta")
    jobs = jobs_of(first, 40)
    results: list[SendResult] = []
    threads = [threading.Thread(target=lambda d=d: results.append(drive(send_jobs(d, jobs)))) for d in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(e.recipients[0] for _, e, _ in transport.sent) == sorted(address(n) for n in range(1, 41))
    assert row_states(first) == [SENT] * 40
    assert sum(r.sent for r in results) == 40
    assert set(dispatch_states(first)) == {SENT}, "what was reserved in vain is taken away"


def test_deferred_mails_go_later_as_the_same_bytes_with_the_same_message_id(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={address(1): Outcome(RowState.DEFERRED, "4.7.1 greylisted", 451)})
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 1)
    assert drive(send_jobs(desk, jobs)).deferred == 1
    spooled = desk.files.read(desk.store.need(Dispatch, 1).spool)
    transport.outcomes.clear()
    assert drive(send_jobs(desk, jobs)).sent == 1
    assert [mail for mail, _, _ in transport.sent] == [spooled]
    assert desk.store.count(Dispatch) == 1


def test_a_mended_address_makes_a_new_mail_of_the_next_generation(tmp_path: Path) -> None:
    transport = FakeTransport(outcomes={address(1): Outcome(RowState.REFUSED, "unknown", 550)})
    desk = sending_desk(tmp_path, transport)
    job = jobs_of(desk, 1)[0]
    drive(send_jobs(desk, [job]))
    mended = MailJob(**{**_fields(job), "recipients": ("neu@kunde.example",)})
    assert drive(send_jobs(desk, [mended])).sent == 1
    first, second = desk.store.all(Dispatch)
    assert (first.generation, second.generation) == (1, 2)
    assert first.message_id != second.message_id


def test_the_last_check_stands_in_the_commit_and_keeps_the_row_open_with_its_reason(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 3)

    def check(tx: Transaction, job: MailJob) -> Problem | None:
        return Problem("ignored_customer", "ignorierter Kunde") if 2 in job.document_ids else None

    result = drive(send_jobs(desk, jobs, still_allowed=check))
    assert (result.sent, result.open) == (2, 1)
    row = desk.store.need(RunRow, 2)
    assert (row.state, row.reason) == (OPEN, "ignored_customer")


def test_a_document_edited_since_its_pdf_was_made_is_not_sent(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    jobs = jobs_of(desk, 1)
    with desk.store.transaction("x") as tx:
        documents.change(tx, tx.need(Document, 1))
    assert drive(send_jobs(desk, jobs)).open == 1
    assert desk.store.need(RunRow, 1).reason == "beleg_geaendert"


def test_a_document_sent_meanwhile_goes_only_as_a_copy(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    job = jobs_of(desk, 1)[0]
    with desk.store.transaction("x") as tx:
        documents.mark_output(tx, tx.need(Document, 1), at="2026-11-20T08:00:00+00:00", mailed=False)
    assert drive(send_jobs(desk, [job])).open == 1
    copy = MailJob(**{**_fields(job), "copy": True})
    assert drive(send_jobs(desk, [copy])).sent == 1
    assert message_from_bytes(transport.sent[0][0], policy=policy.default)["Subject"] == "Kopie: Rechnung RE-2026-00001"


def test_the_law_is_asked_before_the_dot(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    bad = add_row(desk, "1", net="1000", company=replace(SELLER, tax_number="", vat_id=""))
    result = drive(send_jobs(desk, plan_jobs([bad], run_id=1)))
    assert (result.failed, result.sent) == (1, 0)
    assert desk.store.need(RunRow, 1).state is RowState.FAILED
    assert desk.store.need(Document, 1).state is DocumentState.OPEN


def test_stop_ends_between_two_mails_and_executing_again_sends_exactly_the_rest(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    jobs = jobs_of(desk, 30)
    result = drive(send_jobs(desk, jobs, stop=lambda: len(transport.sent) >= 5))
    assert 5 <= result.sent < 30 and result.sent + result.open == 30
    assert set(row_states(desk)) == {SENT, OPEN}
    assert drive(send_jobs(desk, jobs)).sent == 30 - result.sent
    assert len({e.recipients for _, e, _ in transport.sent}) == len(transport.sent) == 30


def test_closing_the_generator_finishes_the_mails_under_way(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    steps = send_jobs(desk, jobs_of(desk, 30))
    next(steps)
    steps.close()
    assert set(row_states(desk)) == {SENT, OPEN}
    assert row_states(desk).count(SENT) == len(transport.sent)
    assert set(dispatch_states(desk)) <= {SENT, OPEN}


def test_a_throttling_server_rests_the_run_with_a_countdown_and_goes_on(tmp_path: Path) -> None:
    replies = [Outcome(RowState.DEFERRED, "4.3.2 slow down", 421, Pace.REST, 60)]

    class Slow(FakeTransport):
        def send(self, mail, envelope, message_id, before_dot):  # type: ignore[no-untyped-def]
            if envelope.recipients == (address(3),) and replies:
                return replies.pop()
            return super().send(mail, envelope, message_id, before_dot)

    desk = sending_desk(tmp_path, Slow())
    slept: list[float] = []
    shown = []
    steps = send_jobs(desk, jobs_of(desk, 6), sleep=slept.append)
    try:
        while True:
            shown.append(next(steps).resting_seconds)
    except StopIteration as end:
        result = end.value
    assert result == SendResult(sent=6)
    assert sum(slept) == 60
    assert [s for s in shown if s] == list(range(60, 0, -1))


def test_a_server_that_keeps_throttling_ends_the_run_for_later(tmp_path: Path) -> None:
    rest = Outcome(RowState.DEFERRED, "4.3.2 slow down", 421, Pace.REST, 60)
    desk = sending_desk(tmp_path, FakeTransport(outcomes={address(n): rest for n in range(2, 9)}))
    result = drive(send_jobs(desk, jobs_of(desk, 8), sleep=lambda _: None))
    assert result.stopped is not None and result.stopped.code == "VERSAND_GEBREMST"
    assert result.sent == 1 and result.sent + result.open + result.deferred == 8


def test_the_limit_per_minute_counts_the_sendings_of_all_processes(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    settings.set_value(desk, "mail.per_minute", "3")
    now = [desk.now()]
    object.__setattr__(desk, "now", lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    start = now[0]
    with desk.store.transaction("another process") as tx:
        tx.insert(Dispatch(document_ids=(99,), state=SENT, message_id="<x@x>", in_flight_at=desk.timestamp()))
    assert drive(send_jobs(desk, jobs_of(desk, 7), sleep=sleep)).sent == 7
    times = sorted(d.in_flight_at for d in desk.store.all(Dispatch))
    by_minute = [sum(t2 >= t and t2 < t[:14] + f"{int(t[14:16]) + 1:02d}" + t[16:] for t2 in times) for t in times]
    assert max(by_minute) <= 3
    assert now[0] - start == timedelta(seconds=120)


def test_e4_one_mail_per_customer_never_two_customers_in_one(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    shared = ("buchhaltung@konzern.example",)
    items = []
    for number in ("1", "2"):
        customer = add_customer(desk, number, emails=shared)
        items += [add_row(desk, f"{number}-{n}", customer=customer) for n in range(3)]
    shuffled = [items[i] for i in (3, 0, 4, 1, 5, 2)]
    assert len(plan_jobs(shuffled, "per_document")) == 6
    jobs = plan_jobs(shuffled, "per_customer", run_id=1)
    assert drive(send_jobs(desk, jobs)) == SendResult(sent=6)
    assert len(transport.sent) == 2
    for mail, envelope, _ in transport.sent:
        message = message_from_bytes(mail, policy=policy.default)
        assert envelope.recipients == shared
        assert message["To"] == shared[0] and message["Cc"] is None and message["Bcc"] is None
        contents = [part.get_content() for part in message.iter_attachments()]  # type: ignore[attr-defined]
        assert len(contents) == 3
        assert len({content.split()[1] for content in contents}) == 1
    with desk.store.transaction("x"):
        mixed = MailJob(document_ids=(1, 4), customer_id=1, recipients=shared, attachments=())
    with pytest.raises(AssertionError):
        drive(send_jobs(desk, [mixed]))


def test_a_bundle_over_the_limit_is_split_and_its_parts_are_counted(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    customer = add_customer(desk, "1")
    items = [add_row(desk, str(n), customer=customer) for n in range(5)]
    jobs = plan_jobs(items, "per_customer", size_limit=4000 + 3000)
    assert [len(j.document_ids) for j in jobs] == [2, 2, 1]
    assert sorted(i for j in jobs for i in j.document_ids) == [1, 2, 3, 4, 5]
    drive(send_jobs(desk, jobs))
    subjects = [message_from_bytes(m, policy=policy.default)["Subject"] for m, _, _ in transport.sent]
    assert sorted(s[-5:] for s in subjects) == ["(1/3)", "(2/3)", "(3/3)"]


def test_a_single_mail_over_the_limit_fails_by_itself(tmp_path: Path) -> None:
    desk = sending_desk(tmp_path)
    settings.set_value(desk, "mail.size_limit_kb", "1")
    assert drive(send_jobs(desk, jobs_of(desk, 1))).failed == 1
    assert desk.store.need(RunRow, 1).reason == "mail_zu_gross"


def test_e6_2_an_unknown_placeholder_sends_nothing(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    settings.set_value(desk, "mail.subject.de", "Rechnung {Unbekannt}")
    result = drive(send_jobs(desk, jobs_of(desk, 2)))
    assert (result.failed, transport.sent) == (2, [])


def test_without_a_sender_nothing_starts(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    add_invoice(desk, add_customer(desk, "1"))
    with pytest.raises(Refused) as refused:
        drive(send_jobs(desk, [MailJob(document_ids=(1,), customer_id=1, recipients=("a@b.de",), attachments=())]))
    assert refused.value.problems[0].code == "ABSENDER_FEHLT"


def test_hostile_names_come_out_as_text(tmp_path: Path) -> None:
    transport = FakeTransport()
    desk = sending_desk(tmp_path, transport)
    settings.set_value(desk, "mail.subject.de", "{Kunde} {Nummer}")
    customer = add_customer(desk, "1", name="Evil\r\nBcc: opfer@x.example\x1b[31m {Betrag} <img src=x>")
    drive(send_jobs(desk, plan_jobs([add_row(desk, "1", customer=customer)])))
    message = message_from_bytes(transport.sent[0][0], policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "Evil Bcc: opfer@x.example[31m {Betrag} <img src=x> RE-2026-00001"
