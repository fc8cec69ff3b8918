"""Durchführen: rules E3.11, E4, E5, E6.2, E7, E8.1, E9.2, E9.3, E10.1, E10.3, E11.1, one bad invoice, resume."""

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from fakes import SELLER, TODAY, add_customer, add_invoice
from run_house import NOVEMBER, House, three

from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.parties import Address, Channel, Customer
from tui_billing.domain.runs import IgnoredKind, InvoiceRun, RowState, RunRow, RunState, RunType
from tui_billing.services import documents, ignored, run_explain, run_mend, runs, settings, unknowns
from tui_billing.services.customers import set_blocked
from tui_billing.services.errors import Refused
from tui_billing.services.run_execution import execute, plan_execute
from tui_billing.services.run_rebuild import apply_rebuild, plan_rebuild
from tui_billing.services.run_work import FIRST_GROUP


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_e3_11_a_customer_without_address_is_one_row_and_executing_again_touches_only_it(house):
    customers, _ = three(house)
    house.put(replace(customers[1], emails=()))
    run = house.create()
    result = house.execute(run)
    assert house.states(run) == ["sent", "failed", "sent"]
    assert (house.rows(run)[1].reason, result.run.state) == ("no_address", RunState.PARTIAL)
    house.execute(run)
    assert len(house.transport.sent) == 2
    house.put(replace(house.store.need(Customer, customers[1].id), emails=("neu@kunde.example",)))
    assert house.execute(run).run.state is RunState.DONE
    assert house.recipients()[2] == ("neu@kunde.example",)


@pytest.mark.parametrize(("mode", "mails"), [("per_document", [1, 1, 1]), ("per_customer", [3])])
def test_e4_1_one_mail_per_document_or_per_customer(house, mode, mails):
    settings.set_value(house.desk, "mail.mode", mode)
    customer = add_customer(house.desk, "1")
    for _ in range(3):
        add_invoice(house.desk, customer)
    house.execute(house.create())
    assert [len(list(mail.iter_attachments())) for mail in house.mails()] == mails


def test_e5_attachments_carry_the_names_of_the_chosen_pattern(house):
    settings.set_value(house.desk, "pdf.file_name", "customer_type_number")
    customer = add_customer(house.desk, "10/Ä", emails=("kunde@kunde.example",))
    add_invoice(house.desk, customer, number="RE/2026:0042")
    house.execute(house.create())
    (attachment,) = house.mails()[0].iter_attachments()
    assert attachment.get_filename() == "10-Ae_Rechnung_RE-2026-0042.pdf"


def test_e5_2_two_numbers_that_clean_to_one_name_stay_two_files_inside_the_folder(house, tmp_path):
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    for number in ("../../x", "..//..//x"):
        add_invoice(house.desk, customer, number=number)
    result = house.execute(house.create(RunType.PDF), out=str(tmp_path / "out"))
    names = sorted(p.name for p in (tmp_path / "out").glob("Rechnung*"))
    assert names == ["Rechnung_x.pdf", "Rechnung_x_2.pdf"]
    assert len({row.file for row in house.rows(result.run)}) == 2


def test_e6_2_an_unknown_placeholder_blocks_the_whole_run_before_anything_happens(house):
    three(house)
    settings.set_value(house.desk, "mail.subject.de", "{Unbekannt}")
    run = house.create()
    with pytest.raises(Refused) as refused:
        house.execute(run)
    assert refused.value.problems[0].code == "PLATZHALTER_UNBEKANNT"
    assert [p.code for p in plan_execute(house.desk, run.id).problems] == ["PLATZHALTER_UNBEKANNT"]
    assert house.transport.sent == [] and house.renderer.rendered == []
    assert house.store.need(InvoiceRun, run.id).state is RunState.CREATED


def test_e7_1_every_attachment_belongs_to_the_customer_of_its_mail(house):
    customers = [add_customer(house.desk, str(1000 + (n * 7) % 30)) for n in range(30)]
    for customer in customers:
        add_invoice(house.desk, customer)
    house.execute(house.create())
    seen = set()
    for mail, (address,) in zip(house.mails(), house.recipients(), strict=True):
        number = address.split("@")[0].removeprefix("k")
        (attachment,) = mail.iter_attachments()
        assert f"('{number}'," in attachment.get_content().decode()
        assert mail.get_all("To") == [address] and mail["Cc"] is None and mail["Bcc"] is None
        seen.add(number)
    assert len(seen) == 30


def test_e7_2_a_changed_address_is_used_only_after_it_was_confirmed(house):
    customers, _ = three(house)
    run = house.create()
    house.put(replace(customers[0], emails=("anders@kunde.example",)))
    house.execute(run)
    assert house.states(run) == ["open", "sent", "sent"]
    assert house.rows(run)[0].reason == "address_changed"
    assert ("anders@kunde.example",) not in house.recipients()
    run_mend.confirm_addresses(house.desk, run.id)
    assert house.execute(run).run.state is RunState.DONE
    assert house.recipients()[-1] == ("anders@kunde.example",)


def test_e7_2_a_rebuild_confirms_the_address_too(house):
    customers, _ = three(house)
    run = house.create()
    house.put(replace(customers[0], emails=("anders@kunde.example",)))
    apply_rebuild(house.desk, plan_rebuild(house.store, run.id, TODAY))
    assert house.execute(run).run.state is RunState.DONE


def test_e8_1_a_copy_keeps_number_and_original_and_is_named_kopie(house):
    _, (first, *_) = three(house)
    house.execute(house.create())
    original = house.store.need(Document, first.id)
    run = house.create(include_sent=True)
    house.execute(run)
    copy = house.mails()[3]
    assert copy["Subject"].startswith("Kopie: ") and first.number in copy["Subject"]
    (attachment,) = copy.iter_attachments()
    assert attachment.get_filename() == f"Kopie_Rechnung_{first.number}.pdf"
    after = house.store.need(Document, first.id)
    assert (after.file, after.file_hash, after.mailed_at) == (original.file, original.file_hash, original.mailed_at)
    assert hashlib.sha256(house.desk.files.read(original.file)).hexdigest() == original.file_hash


def test_e9_2_with_the_server_down_all_rows_are_open_with_a_reason(house):
    customers, made = three(house)
    down = Outcome(RowState.DEFERRED, "Verbindung abgelehnt", pace=Pace.STOP)
    house.transport.outcomes = {customer.emails[0]: down for customer in customers}
    run = house.create()
    result = house.execute(run)
    assert house.states(run) == ["open"] * 3
    assert all(row.reason for row in house.rows(run))
    assert (result.run.state, result.stopped is not None) == (RunState.PAUSED, True)
    assert not any(house.store.need(Document, d.id).was_sent for d in made)
    house.transport.outcomes = {}
    assert house.execute(run).run.state is RunState.DONE


def test_e9_3_a_refused_recipient_is_one_row_with_the_servers_words(house):
    customers, _ = three(house)
    house.transport.outcomes = {customers[1].emails[0]: Outcome(RowState.REFUSED, "550 no such user", 550)}
    run = house.create()
    house.execute(run)
    assert house.states(run) == ["sent", "refused", "sent"]
    assert house.rows(run)[1].reply == "550 no such user"
    house.transport.outcomes = {}
    house.execute(run)
    assert house.states(run)[1] == "refused", "not sent again before it is mended"
    house.put(replace(house.store.need(Customer, customers[1].id), emails=("besser@kunde.example",)))
    house.execute(run)
    assert house.rows(run)[1].reason == "address_changed"
    run_mend.confirm_addresses(house.desk, run.id)
    assert house.execute(run).run.state is RunState.DONE


def test_e9_a_refused_row_goes_again_when_the_clerk_says_so(house):
    customers, _ = three(house)
    house.transport.outcomes = {customers[1].emails[0]: Outcome(RowState.REFUSED, "552 mailbox full", 552)}
    run = house.create()
    house.execute(run)
    house.transport.outcomes = {}
    run_mend.retry_rows(house.desk, run.id, [house.rows(run)[1].id])
    assert house.execute(run).run.state is RunState.DONE


def test_e9_an_unknown_row_is_never_executed_again(house):
    customers, _ = three(house)
    house.transport.outcomes = {customers[1].emails[0]: Outcome(RowState.UNKNOWN, "")}
    run = house.create()
    house.execute(run)
    house.transport.outcomes = {}
    for _ in range(2):
        house.execute(run, confirm_addresses=True)
    run_mend.retry_rows(house.desk, run.id, [row.id for row in house.rows(run)])
    house.execute(run)
    assert house.states(run) == ["sent", "unknown", "sent"]
    assert len(house.transport.sent) == 3


def test_e10_1_a_removed_row_is_not_sent_and_its_invoice_stays_for_the_next_run(house):
    _, made = three(house)
    run = house.create()
    runs.remove_rows(house.desk, run.id, [house.rows(run)[0].id])
    assert house.execute(run).run.state is RunState.DONE
    assert len(house.transport.sent) == 2
    assert not house.store.need(Document, made[0].id).was_sent
    assert [row.number for row in house.rows(house.create())] == [made[0].number]


def test_e10_3_pdfs_of_unsent_rows_are_overwritten_and_that_of_a_sent_row_never(house):
    customer = add_customer(house.desk, "1")
    made = [add_invoice(house.desk, customer) for _ in range(FIRST_GROUP)]  # one group: every PDF is made
    run = house.create()
    assert house.execute(run, stop=stop_after(house, 2)).run.state is RunState.PAUSED
    sent = {row.number for row in house.rows(run) if row.state is RowState.SENT}
    before = {row.number: house.desk.files.read(row.file) for row in house.rows(run)}
    stale = {row.number: row.file_hash for row in house.rows(run)}
    for document in made:
        house.put(replace(house.store.need(Document, document.id), header_text="neu"))
    house.execute(run)
    after = {row.number: house.desk.files.read(row.file) for row in house.rows(run)}
    assert {number for number in after if after[number] == before[number]} == sent
    last = made[-1]
    log = house.store.history(Document, last.id)
    assert any((old or {}).get("file_hash") == stale[last.number] for entry in log for _, _, old, _ in entry.changes)


def stop_after(house, mails):
    return lambda: len(house.transport.sent) >= mails


def test_an_existing_pdf_is_kept_where_the_clerk_says_so(house):
    customer = add_customer(house.desk, "1")
    invoice = add_invoice(house.desk, customer)
    stored = house.desk.files.write("documents/2026/kept.pdf", b"%PDF kept")
    house.put(replace(house.store.need(Document, invoice.id), file=stored.relative, file_hash=stored.sha256))
    house.execute(house.create(), overwrite=False)
    assert house.renderer.rendered == []
    (attachment,) = house.mails()[0].iter_attachments()
    assert attachment.get_content() == b"%PDF kept"


def test_an_edited_document_loses_the_pdf_of_its_old_contents(house):
    invoice = add_invoice(house.desk, add_customer(house.desk, "1"))
    stored = house.desk.files.write("documents/2026/old.pdf", b"%PDF old")
    document = house.put(replace(house.store.need(Document, invoice.id), file=stored.relative, file_hash=stored.sha256))
    with house.store.transaction("edit") as tx:
        documents.change(tx, replace(document, header_text="neu"))
    house.execute(house.create(), overwrite=False)
    assert house.renderer.rendered == [invoice.number]


@pytest.mark.parametrize("run_type", list(RunType))
def test_e11_1_ignored_after_creation_is_skipped_with_its_reason(house, run_type):
    customers, made = three(house)
    run = house.create(run_type, respect_preference=False)
    ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [customers[0].id], "Streit", None)
    ignored.ignore(house.desk, IgnoredKind.DOCUMENT, [made[1].id], "prüfen", None)
    result = house.execute(run)
    done = "sent" if run_type is RunType.EMAIL else "issued"
    assert house.states(run) == ["open", "open", done]
    assert [row.reason for row in house.rows(run)] == ["ignored_customer", "ignored_invoice", ""]
    assert result.run.state is RunState.PARTIAL
    assert not house.store.need(Document, made[0].id).was_sent


@pytest.mark.parametrize("run_type", list(RunType))
def test_a10_4_a_customer_blocked_after_creation_gets_nothing_and_the_row_says_why(house, run_type):
    customers, made = three(house)
    run = house.create(run_type, respect_preference=False)
    set_blocked(house.desk, customers[1], True, "Auskunftsverlangen")
    house.execute(run)
    done = "sent" if run_type is RunType.EMAIL else "issued"
    assert house.states(run) == [done, "open", done]
    assert [row.reason for row in house.rows(run)] == ["", "customer_blocked", ""]
    assert not house.store.need(Document, made[1].id).was_sent
    set_blocked(house.desk, house.store.need(Customer, customers[1].id), False, "erledigt")
    assert house.execute(run).run.state is RunState.DONE


def test_blocked_while_the_mail_is_being_prepared_is_caught_before_the_dot(house):
    customers, _ = three(house)
    run = house.create()
    entered = []

    def block(_):
        if not entered:
            entered.append(set_blocked(house.desk, customers[2], True, "Auskunftsverlangen"))

    house.transport.on_dot = block
    house.execute(run)
    assert house.states(run) == ["sent", "sent", "open"]
    assert house.rows(run)[2].reason == "customer_blocked"


def test_ignored_while_the_mail_is_being_prepared_is_caught_before_the_dot(house):
    """The check is asked again inside the commit that sets the mail in flight."""
    customers, _ = three(house)
    run = house.create()
    entered = []

    def put_on_the_list(_):
        if not entered:
            entered.append(ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [customers[2].id], "Streit", None))

    house.transport.on_dot = put_on_the_list
    house.execute(run)
    assert house.states(run) == ["sent", "sent", "open"]
    assert house.rows(run)[2].reason == "ignored_customer"


def test_cancelled_and_sent_meanwhile_leave_the_run_under_their_reason(house):
    _, made = three(house)
    run = house.create()
    documents.cancel(house.desk, made[0].id, "doppelt")
    with house.store.transaction("sent") as tx:
        documents.mark_output(tx, made[1], at="2026-11-21T09:00:00+00:00", mailed=True)
    result = house.execute(run)
    assert house.states(run) == ["removed", "removed", "sent"]
    counted = runs.balance_of(result.run)
    assert (counted.candidates, counted.taken, counted.out) == (3, 1, {"cancelled": 1, "sent": 1})
    assert result.run.state is RunState.DONE


def test_one_bad_invoice_is_a_row_with_a_reason_and_the_rest_goes_on(house):
    _, made = three(house)
    house.renderer.bad = {made[0].number}
    broken = add_customer(house.desk, "4", address=Address())
    unlawful = add_invoice(house.desk, broken, net="1000")
    run = house.create()
    result = house.execute(run)
    assert house.states(run) == ["failed", "sent", "sent", "failed"]
    assert [row.reason for row in house.rows(run)] == ["RENDER", "", "", "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"]
    assert result.counts == {"failed": 2, "sent": 2}
    assert house.store.need(Document, unlawful.id).state is DocumentState.OPEN


def test_balance_of_an_executed_run_adds_up(house):
    customers, _ = three(house)
    house.put(replace(customers[1], emails=()))
    run = house.create()
    result = house.execute(run)
    counted = runs.balance_of(result.run)
    assert counted.candidates == counted.taken + sum(counted.out.values())
    assert counted.taken == sum(n for state, n in result.counts.items() if state != "removed")
    assert counted.taken_eur == sum((row.gross for row in house.rows(run)), Decimal(0))


def test_stopping_between_two_documents_pauses_and_resuming_sends_each_once(house):
    customer = add_customer(house.desk, "1")
    made = [add_invoice(house.desk, customer) for _ in range(7)]
    run = house.create()
    result = house.execute(run, stop=stop_after(house, 3))
    assert result.run.state is RunState.PAUSED
    assert 3 <= len(house.transport.sent) < 7
    assert house.execute(run).run.state is RunState.DONE
    assert sorted(m["Subject"] for m in house.mails()) == sorted(f"Rechnung {d.number}" for d in made)


def test_a_closed_generator_leaves_the_run_paused(house):
    three(house)
    run = house.create()
    steps = execute(house.desk, run.id)
    next(steps)
    steps.close()
    assert house.store.need(InvoiceRun, run.id).state is RunState.PAUSED
    assert house.execute(run).run.state is RunState.DONE
    assert len(house.transport.sent) == 3


def test_a_done_run_is_not_executed_again(house):
    three(house)
    run = house.create()
    house.execute(run)
    with pytest.raises(Refused) as refused:
        house.execute(run)
    assert refused.value.problems[0].code == "LAUF_STAND"


def test_the_first_output_makes_final_in_both_types_of_run(house):
    _, made = three(house)
    assert all(d.state is DocumentState.OPEN for d in made)
    house.execute(house.create())
    stored = [house.store.need(Document, d.id) for d in made]
    assert {d.state for d in stored} == {DocumentState.FINAL}
    assert all(d.mailed_at and not d.printed_at and d.file_hash for d in stored)


def test_a_pdf_run_hands_out_files_marks_as_issued_and_makes_one_print_file(house, tmp_path):
    north = Address(street="Deich 1", postcode="20095", city="Hamburg")
    south = Address(street="Alm 1", postcode="80331", city="München")
    vienna = Address(street="Ring 1", postcode="1010", city="Wien", country="AT")
    for number, address in (("3", south), ("2", vienna), ("1", north)):
        add_invoice(house.desk, add_customer(house.desk, number, channel=Channel.LETTER, address=address))
    run = house.create(RunType.PDF)
    result = house.execute(run, out=str(tmp_path / "out"))
    assert house.states(run) == ["issued"] * 3
    assert result.run.state is RunState.DONE
    assert [p.rsplit("/", 1)[1] for p in result.files] == [f"Rechnung_RE-2026-0000{n}.pdf" for n in (1, 2, 3)]
    assert all(house.store.need(Document, row.document_id).printed_at for row in house.rows(run))
    printed = (tmp_path / "out" / f"Druck_Rechnungslauf-{run.number}.pdf").read_bytes()
    order = [printed.index(f"('{number}',".encode()) for number in ("1", "3", "2")]
    assert order == sorted(order), "country, postcode, customer"


def test_a_pdf_run_into_a_zip_is_whole_after_a_resume(house, tmp_path):
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    for _ in range(5):
        add_invoice(house.desk, customer)
    run = house.create(RunType.PDF)
    target = tmp_path / "lauf.zip"
    first = house.execute(run, out=str(target), stop=lambda: len(house.renderer.rendered) >= 2)
    assert first.run.state is RunState.PAUSED
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == 2
    assert house.execute(run, out=str(target)).run.state is RunState.DONE
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [f"Rechnung_RE-2026-0000{n}.pdf" for n in range(1, 6)]
        assert archive.testzip() is None


def test_print_goes_to_the_command(house, tmp_path):
    settings.set_value(house.desk, "print.command", f"cp {{file}} {tmp_path}/printed.pdf")
    add_invoice(house.desk, add_customer(house.desk, "1", channel=Channel.LETTER))
    result = house.execute(house.create(RunType.PDF), print_now=True)
    assert (tmp_path / "printed.pdf").read_bytes() == Path(result.print_file).read_bytes()


def test_planning_an_execution_counts_and_has_no_effect(house):
    customers, _ = three(house)
    settings.set_value(house.desk, "mail.per_hour", "2")
    house.put(replace(customers[0], emails=()))
    run = house.create()
    seq = house.store.seq
    plan = plan_execute(house.desk, run.id)
    assert (len(plan.going), plan.customers, plan.eur, plan.minutes) == (2, 2, Decimal("238.00"), 60)
    assert [row.reason for row in plan.staying] == ["no_address"]
    assert house.store.seq == seq


def test_the_triage_names_the_way_of_each_row(house):
    customers, _ = three(house)
    house.put(replace(customers[0], emails=()))
    ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [customers[1].id], "Streit", TODAY)
    ignored_later = customers[1].id
    run_parameters = replace(NOVEMBER, respect_preference=False)
    ignored.stop_ignoring(house.desk, [e.entry.id for e in listed(house)])
    run = runs.apply_create_run(house.desk, runs.plan_create_run(house.store, run_parameters, TODAY))
    ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [ignored_later], "Streit", None)
    view = runs.open_run(house.store, run.id)
    ways = run_mend.triage(house.store, view, TODAY)
    assert [ways[row.id].value for row in view.rows] == ["none", "blocked", "email"]


def listed(house):
    return ignored.list_ignored(house.store, IgnoredKind.CUSTOMER, TODAY)


def test_hostile_names_come_out_as_text(house):
    name = 'a [/] b\r\nBcc: evil@x\x1b[31m <img src=x> # h | =cmd|"/c"'
    invoice = add_invoice(house.desk, add_customer(house.desk, "1", name=name))
    house.execute(house.create())
    (mail,) = house.mails()
    assert mail["Bcc"] is None and house.recipients() == [("k1@kunde.example",)]
    assert "\x1b" not in mail.as_string()
    assert house.store.need(RunRow, 1).number == invoice.number


def test_the_seller_needs_a_sender_before_the_first_mail(house):
    three(house)
    run = house.create()
    house.put(replace(SELLER, email="", rev=1))
    with pytest.raises(Refused) as refused:
        house.execute(run)
    assert refused.value.problems[0].code == "ABSENDER_FEHLT"


def test_a_run_is_done_when_the_clerk_has_decided_its_last_row(house):
    customers, made = three(house)
    house.transport.outcomes = {customers[1].emails[0]: Outcome(RowState.UNKNOWN, "")}
    run = house.create()
    assert house.execute(run).run.state is RunState.PARTIAL
    (waiting,) = unknowns.list_unknown(house.desk)
    unknowns.book_as_sent(house.desk, waiting.dispatch.id, "Kunde hat sie erhalten")
    assert house.store.need(InvoiceRun, run.id).state is RunState.DONE
    assert house.store.need(Document, made[1].id).was_sent


def test_a_resumed_pdf_run_prints_only_the_letters_that_were_not_printed(house, tmp_path):
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    made = [add_invoice(house.desk, customer) for _ in range(4)]
    run = house.create(RunType.PDF)
    house.execute(run, out=str(tmp_path), stop=lambda: len(house.renderer.rendered) >= 2)
    second = house.execute(run, out=str(tmp_path))
    files = [tmp_path / f"Druck_Rechnungslauf-{run.number}{n}.pdf" for n in ("", "_2")]
    printed = [[d.number for d in made if d.number.encode() in file.read_bytes()] for file in files]
    assert printed == [[d.number for d in made[:2]], [d.number for d in made[2:]]]
    assert second.print_file == str(files[1])


def test_what_a_killed_process_left_in_staging_is_cleared(house, tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for owner in (dead.pid, os.getppid()):
        (tmp_path / "staging" / f"run-9-{owner}").mkdir(parents=True)
    three(house)
    house.execute(house.create())
    assert [p.name for p in (tmp_path / "staging").iterdir()] == [f"run-9-{os.getppid()}"]


def test_stopping_a_pdf_run_hands_out_no_further_group(house):
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    for _ in range(40):
        add_invoice(house.desk, customer)
    run = house.create(RunType.PDF)
    seen = []
    for step in execute(house.desk, run.id, stop=lambda: any(p.done > 3 for p in seen)):
        seen.append(step)
    assert house.store.need(InvoiceRun, run.id).state is RunState.PAUSED
    assert 0 < house.states(run).count("issued") <= 20, "the rest waits, whatever is rendered already"
    assert house.execute(run).run.state is RunState.DONE


@pytest.mark.parametrize(
    ("run_type", "before", "after", "reason"),
    [
        (RunType.EMAIL, Channel.EMAIL, Channel.LETTER, "letter"),
        (RunType.EMAIL, Channel.EMAIL, None, "no_channel"),
        (RunType.PDF, Channel.LETTER, Channel.EMAIL, "email"),
    ],
)
def test_e2_a_customer_who_wants_another_way_by_now_keeps_his_row_with_the_reason(
    house, run_type, before, after, reason
):
    customer = add_customer(house.desk, "1", channel=before)
    document = add_invoice(house.desk, customer)
    run = house.create(run_type)
    house.put(replace(customer, channel=after))
    house.execute(run)
    (row,) = house.rows(run)
    assert (row.state, row.reason, house.transport.sent) == (RowState.OPEN, reason, [])
    (said,) = run_explain.explain(house.store, run.id, document.number, house.desk.today())
    assert (said.verdict.is_in, said.verdict.out_reason) == (False, reason)
    house.put(replace(house.store.need(Customer, customer.id), channel=before))
    assert house.execute(run).run.state is not RunState.CREATED
    assert house.rows(run)[0].state in (RowState.SENT, RowState.ISSUED)


def test_e2_without_preferences_the_way_may_change(house):
    customer = add_customer(house.desk, "1")
    add_invoice(house.desk, customer)
    run = house.create(respect_preference=False)
    house.put(replace(customer, channel=Channel.LETTER))
    house.execute(run)
    assert house.states(run) == ["sent"]
