"""What others do between the check of a row and its way out, and what an execution that ends early leaves behind."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import add_customer, add_invoice
from run_house import House, three
from send_desk import drive

from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.domain.batches import BatchStatement, InvoiceBatch
from tui_billing.domain.documents import Document
from tui_billing.domain.parties import Channel, Customer
from tui_billing.domain.runs import Dispatch, IgnoredKind, InvoiceRun, RowState, RunState, RunType
from tui_billing.services import documents, ignored, run_issue, run_work, settings
from tui_billing.services.run_execution import execute
from tui_billing.services.send_single import apply_single, plan_single


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def letters(house, count):
    """Invoices of a customer who gets letters."""
    customer = add_customer(house.desk, "1", channel=Channel.LETTER)
    return [add_invoice(house.desk, customer) for _ in range(count)]


def edit(house, document_id, **fields):
    with house.store.transaction("Sachbearbeiter") as tx:
        documents.change(tx, replace(tx.need(Document, document_id), **fields))


def test_e7_2_an_address_changed_while_the_run_is_on_its_way_gets_nothing_at_the_old_one(house):
    customers, _ = three(house)
    run = house.create()

    def correct_the_address(_):
        house.transport.on_dot = None
        house.put(replace(house.store.need(Customer, customers[2].id), emails=("richtig@kunde.example",)))

    house.transport.on_dot = correct_the_address
    house.execute(run)
    assert house.recipients() == [("k1@kunde.example",), ("k2@kunde.example",)]
    assert [(r.state.value, r.reason) for r in house.rows(run)][2] == ("open", "address_changed")
    assert house.execute(run, confirm_addresses=True).run.state is RunState.DONE
    assert house.recipients()[2] == ("richtig@kunde.example",)


def test_an_invoice_edited_while_its_pdf_is_drawn_stays_open_and_says_why(house):
    _, made = three(house)
    run = house.create()
    render = house.renderer.render

    def edit_meanwhile(jobs, staging):
        edit(house, made[1].id, header_text="anders")
        house.renderer.render = render
        yield from render(jobs, staging)

    house.renderer.render = edit_meanwhile
    house.execute(run)
    assert [(r.state.value, r.reason) for r in house.rows(run)][1] == ("open", "beleg_geaendert")
    assert house.execute(run).run.state is RunState.DONE
    assert len(house.transport.sent) == 3


@pytest.mark.parametrize("out", ["ordner", "lauf.zip"])
def test_an_invoice_edited_and_made_final_after_its_pdf_is_not_booked_as_issued(house, tmp_path, monkeypatch, out):
    first, _ = letters(house, 2)
    run = house.create(RunType.PDF)
    name = "put_zip" if out.endswith("zip") else "hand_over"
    put = getattr(run_issue, name)

    def edit_meanwhile(*args):
        monkeypatch.setattr(run_issue, name, put)
        edit(house, first.id, header_text="anders")
        documents.finalise(house.desk, first.id)
        return put(*args)

    monkeypatch.setattr(run_issue, name, edit_meanwhile)
    house.execute(run, out=str(tmp_path / out))
    assert [(r.state.value, r.reason) for r in house.rows(run)] == [("open", "beleg_geaendert"), ("issued", "")]
    assert house.execute(run, out=str(tmp_path / out)).run.state is RunState.DONE


def printed(folder, run):
    """The numbers in each print file, by file."""
    files = sorted(folder.glob(f"Druck_Rechnungslauf-{run.number}*.pdf"))
    return [file.read_bytes() for file in files]


def test_letters_whose_print_file_could_not_be_written_are_in_the_next_one(house, tmp_path):
    made = letters(house, 3)
    run = house.create(RunType.PDF)
    combine = house.renderer.combine
    house.renderer.combine = lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="space"):
        house.execute(run, out=str(tmp_path / "out"))
    assert house.store.need(InvoiceRun, run.id).state is RunState.PARTIAL, "the letters are not printed"
    house.renderer.combine = combine
    assert house.execute(run, out=str(tmp_path / "out")).run.state is RunState.DONE
    (file,) = printed(tmp_path / "out", run)
    assert all(d.number.encode() in file for d in made)


def test_letters_handed_out_before_the_process_was_killed_are_printed_by_the_next(house, tmp_path, monkeypatch):
    made = letters(house, 3)
    run = house.create(RunType.PDF)
    steps = execute(house.desk, run.id, house.options(out=str(tmp_path / "out")))
    while house.states(run).count("issued") < 3:
        next(steps)
    steps.close()
    assert printed(tmp_path / "out", run) == []
    house.put(replace(house.store.need(InvoiceRun, run.id), state=RunState.RUNNING, owners=()))  # as kill -9 leaves it
    assert house.execute(run, out=str(tmp_path / "out")).run.state is RunState.DONE
    (file,) = printed(tmp_path / "out", run)
    assert all(d.number.encode() in file for d in made)


def test_what_became_a_copy_since_the_run_was_made_is_named_kopie(house, tmp_path):
    _, made = three(house)
    run = house.create(include_sent=True)
    drive(apply_single(house.desk, plan_single(house.desk, made[0].id)))
    house.execute(run)
    copy = next(m for m in house.mails() if m["Subject"] == f"Kopie: Rechnung {made[0].number}")
    assert [a.get_filename() for a in copy.iter_attachments()] == [f"Kopie_Rechnung_{made[0].number}.pdf"]


def test_the_archived_file_of_an_invoice_sent_while_a_run_draws_it_is_never_overwritten(house):
    _, made = three(house)
    run = house.create()
    render = house.renderer.render

    def send_meanwhile(jobs, staging):
        house.renderer.render = render
        drive(apply_single(house.desk, plan_single(house.desk, made[0].id)))
        for rendered in render(jobs, staging):
            rendered.path.write_bytes(rendered.path.read_bytes() + b" with a new letterhead")
            yield rendered

    house.renderer.render = send_meanwhile
    house.execute(run)
    document = house.store.need(Document, made[0].id)
    assert hashlib.sha256(house.desk.files.read(document.file)).hexdigest() == document.file_hash
    assert len([e for e in house.recipients() if e == ("k1@kunde.example",)]) == 1


def test_a_row_held_back_at_the_last_moment_has_the_reason_that_a_check_would_give(house):
    customers, made = three(house)
    run = house.create()

    def ignore_the_others(_):
        house.transport.on_dot = None
        ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [customers[1].id], "Streit", None)
        ignored.ignore(house.desk, IgnoredKind.DOCUMENT, [made[2].id], "prüfen", None)

    house.transport.on_dot = ignore_the_others
    house.execute(run)
    assert [(r.reason, r.reply) for r in house.rows(run)][1:] == [("ignored_customer", ""), ("ignored_invoice", "")]


def test_a_statement_counts_for_the_size_of_the_mail_that_it_travels_in(house):
    settings.set_value(house.desk, "mail.mode", "per_customer")
    settings.set_value(house.desk, "mail.size_limit_kb", "20")
    customer = add_customer(house.desk, "1")
    for _ in range(2):
        add_invoice(house.desk, customer, header_text="x" * 4000)
    statement = house.desk.files.write("documents/2026/batch.pdf", b"%PDF" + b"x" * 6000)
    with house.store.transaction("Stapel") as tx:
        batch = tx.insert(InvoiceBatch(number=1))
        tx.insert(BatchStatement(batch_id=batch.id, customer_id=customer.id, file=statement.relative))
    run = house.create(batch_id=batch.id)
    house.execute(run)
    assert house.states(run) == ["sent", "sent"]
    assert [len(list(m.iter_attachments())) for m in house.mails()] == [2, 1]


def test_a_disk_that_is_full_while_mails_are_spooled_ends_the_run_and_leaves_nothing_behind(house, monkeypatch):
    three(house)
    run = house.create()
    fsync, files = os.fsync, house.desk.files

    def full(handle):
        if "/mail/" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        house.execute(run)
    assert house.transport.sent == []
    assert house.states(run) == ["open"] * 3
    assert house.store.need(InvoiceRun, run.id).state is RunState.PAUSED
    assert list(files.path("documents/2026/mail").iterdir()) == []
    monkeypatch.undo()
    assert house.execute(run).run.state is RunState.DONE


def test_what_a_killed_process_has_drawn_and_not_placed_is_cleared(house, tmp_path):
    three(house)
    run = house.create()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = tmp_path / "documents" / "2026"
    folder.mkdir(parents=True)
    for owner in (dead.pid, os.getppid()):
        (folder / f".RE-1.1.pdf.{owner}.77.tmp").write_bytes(b"%PDF")
    house.execute(run)
    assert [p.name for p in folder.glob(".*")] == [f".RE-1.1.pdf.{os.getppid()}.77.tmp"]


def test_a_mail_that_is_held_back_leaves_no_spooled_copy(house):
    customers, _ = three(house)
    run = house.create()

    def ignore_the_last(_):
        house.transport.on_dot = None
        ignored.ignore(house.desk, IgnoredKind.CUSTOMER, [customers[2].id], "Streit", None)

    house.transport.on_dot = ignore_the_last
    house.execute(run)
    spooled = {d.spool.rpartition("/")[2] for d in house.store.all(Dispatch)}
    assert {p.name for p in house.desk.files.path("documents/2026/mail").iterdir()} == spooled
    assert len(spooled) == 2


def test_e9_2_a_run_that_halts_gives_every_row_the_same_reason_and_the_servers_words(house, monkeypatch):
    customers, _ = three(house)
    down = Outcome(RowState.DEFERRED, "5.7.1 Client host blocked", 554, Pace.STOP)
    house.transport.outcomes = {customer.emails[0]: down for customer in customers}
    monkeypatch.setattr(run_work, "FIRST_GROUP", 1)
    run = house.create()
    house.execute(run)
    said = [(r.state.value, r.reason, r.reply) for r in house.rows(run)]
    assert said == [("open", "versand_angehalten", "554 5.7.1 Client host blocked")] * 3


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("out", ["", "lauf.zip"])
def test_a_colleague_of_the_group_can_go_on_with_the_files_of_a_run(tmp_path, umask, out):
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(0o2770)
    house = House(root)
    letters(house, 2)
    run = house.create(RunType.PDF)
    before = os.umask(umask)
    try:
        house.execute(run, out=out and str(root / "output" / out))
    finally:
        os.umask(before)
    made = list((root / "output").rglob("*"))
    assert len(made) >= 2
    modes = {(p.is_dir(), oct(stat.S_IMODE(p.stat().st_mode) & 0o2770)) for p in (root / "output", *made)}
    assert modes == {(True, "0o2770"), (False, "0o660")}
