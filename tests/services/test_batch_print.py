"""Bericht Rechnungsstapel and its Neudruck: all or nothing, archived bytes, recomputed with causes (D4, D5, D8)."""

import hashlib
from datetime import date
from decimal import Decimal
from email import message_from_bytes, policy

import pytest
from fakes import FakeRenderer, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchState, BatchStatement, InvoiceBatch, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, DocumentState
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Address, Channel
from tui_billing.domain.runs import RunRow
from tui_billing.i18n import say, speak
from tui_billing.services import batch_mail, batch_reprint, batches, documents, payments, receivables, run_execution
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_print import PrintOptions, print_batches
from tui_billing.services.batch_report import preview
from tui_billing.services.batch_rows import drop
from tui_billing.services.desk import finish
from tui_billing.services.payments import NewPayment
from tui_billing.services.receivables import Edit

D = Decimal


@pytest.fixture
def renderer():
    return FakeRenderer()


@pytest.fixture
def desk(tmp_path, renderer):
    desk = make_desk(tmp_path, renderer=renderer)
    add_company(desk)
    return desk


def generate(desk, close, **more):
    return batches.generate(desk, BatchParameters(close_date=close, **more))


def run(steps):
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def print_one(desk, batch, **options):
    return run(print_batches(desk, plan_print(desk.store, batch.number), PrintOptions(**options)))[0]


def pay(desk, customer, amount, day, **more):
    return payments.add(desk, NewPayment(customer=customer.number, amount=D(amount), paid_date=day, **more))


def sent(desk, batch, customer):
    return desk.store.find_one(BatchStatement, "batch_customer", f"{batch.id}|{customer.id}")


def shown(record):
    new = record.invoiced + record.taxes
    return [f"{v:.2f}" for v in (record.former_amount, record.payments, record.carry_over, new, record.amount_due)]


def help_text_account(desk):
    """D5.1: Stichtag 31; 1000 in April, 500 in May, 300 in November; 1000 paid on 12.05.2013; all printed."""
    customer = add_customer(desk, "10001", cutoff_day=31)
    made = []
    for day, net, close in (
        (date(2013, 4, 10), "840.336134", date(2013, 4, 30)),
        (date(2013, 5, 20), "420.168067", date(2013, 5, 31)),
        (date(2013, 11, 10), "252.100840", date(2013, 11, 30)),
    ):
        add_invoice(desk, customer, day, net=net)
        if close.month == 5:
            paid = pay(desk, customer, "1000", date(2013, 5, 12))
        made.append(generate(desk, close))
        made[-1] = print_one(desk, made[-1]).batch
    return customer, made, paid


def test_printing_locks_the_batch_archives_each_statement_and_makes_the_documents_final(desk, renderer):
    """D8"""
    customers = [add_customer(desk, f"1000{n}", cutoff_day=15) for n in (1, 2)]
    new = [add_invoice(desk, c, date(2026, 11, 3)) for c in customers]
    old = add_invoice(desk, customers[0], date(2026, 11, 4))
    with desk.store.transaction("gemailt") as tx:
        documents.mark_output(tx, old, at="2026-11-04T08:00:00+00:00", mailed=True)
    batch = generate(desk, date(2026, 11, 15))
    printed = print_one(desk, batch)
    assert (printed.statements, printed.originals, printed.amount_due) == (2, 2, D("357.00"))
    assert renderer.rendered == ["batch-1-10001", new[0].number, "batch-1-10002", new[1].number]
    assert (printed.batch.state, printed.batch.printed_order) == (BatchState.PRINTED, 1)
    for document in new:
        stored = desk.store.need(Document, document.id)
        assert (stored.state, stored.printed_at) == (DocumentState.FINAL, "2026-11-22T12:00:00+00:00")
        assert hashlib.sha256(desk.files.read(stored.file)).hexdigest() == stored.file_hash
    record = sent(desk, batch, customers[0])
    assert hashlib.sha256(desk.files.read(record.file)).hexdigest() == record.file_hash
    assert b"Rechnungsstapel 1" in desk.files.read(printed.batch.file)
    with pytest.raises(Refused):
        plan_print(desk.store, batch.number)


def test_documents_that_went_out_before_come_again_only_on_request_and_as_copies(desk, renderer):
    customer = add_customer(desk, "10001", cutoff_day=15)
    old = add_invoice(desk, customer, date(2026, 11, 4))
    with desk.store.transaction("gemailt") as tx:
        documents.mark_output(tx, old, at="2026-11-04T08:00:00+00:00", mailed=True, file="x", file_hash="y")
    printed = print_one(desk, generate(desk, date(2026, 11, 15)), with_copies=True)
    assert renderer.rendered == ["batch-1-10001", old.number]
    assert b"Kopie" in desk.files.read(printed.batch.file)
    assert desk.store.need(Document, old.id).file == "x"


def test_what_cannot_be_printed_is_listed_first_and_nothing_is_printed(desk, renderer):
    good = add_customer(desk, "10001", cutoff_day=15)
    bad = add_customer(desk, "10002", cutoff_day=15, address=Address())
    documents_ = [add_invoice(desk, c, date(2026, 11, 3)) for c in (good, bad)]
    batch = generate(desk, date(2026, 11, 15))
    plan = plan_print(desk.store, batch.number)
    assert [(p.code, p.where) for p in plan.problems] == [("EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG", "10002")]
    with pytest.raises(Refused):
        run(print_batches(desk, plan))
    assert renderer.rendered == []
    drop(desk, batch, customer_ids=[bad.id])
    assert print_one(desk, batch).statements == 1
    assert desk.store.need(Document, documents_[1].id).state is DocumentState.OPEN


def test_one_document_that_cannot_be_rendered_leaves_the_whole_batch_open(desk, renderer):
    customers = [add_customer(desk, f"1000{n}", cutoff_day=15) for n in (1, 2)]
    made = [add_invoice(desk, c, date(2026, 11, 3)) for c in customers]
    batch = generate(desk, date(2026, 11, 15))
    renderer.bad.add(made[1].number)
    with pytest.raises(Refused) as refused:
        print_one(desk, batch)
    assert refused.value.problems[0].where == made[1].number
    assert desk.store.need(InvoiceBatch, batch.id).state is BatchState.OPEN
    assert desk.store.need(Document, made[0].id).state is DocumentState.OPEN
    assert desk.store.count(BatchStatement) == 0


def test_november_waits_until_october_is_printed_or_deleted(desk):
    """D4.5"""
    customer = add_customer(desk, "10001", cutoff_day=15)
    add_invoice(desk, customer, date(2026, 10, 3))
    october = generate(desk, date(2026, 10, 15))
    add_invoice(desk, customer, date(2026, 11, 3))
    november = generate(desk, date(2026, 11, 15))
    plan = plan_print(desk.store, november.number)
    assert [say(p) for p in plan.problems] == [
        "Stapel 1 vom 15.10.2026 ist noch nicht gedruckt: früheren Stapel zuerst drucken oder löschen."
    ]
    both = plan_print(desk.store, october.number, november.number)
    assert both.problems == ()
    done = run(print_batches(desk, both))
    assert [d.batch.number for d in done] == [1, 2]
    assert shown(sent(desk, november, customer)) == ["119.00", "0.00", "119.00", "119.00", "238.00"]
    assert both.amount_due == D("357.00")


def test_a_batch_before_a_printed_one_is_refused_unless_overridden(desk):
    """D4.6"""
    customer = add_customer(desk, "10001", cutoff_day=15)
    add_invoice(desk, customer, date(2026, 11, 3))
    print_one(desk, generate(desk, date(2026, 11, 15)))
    add_invoice(desk, customer, date(2026, 10, 3))
    with pytest.raises(Refused) as refused:
        generate(desk, date(2026, 10, 15))
    assert [p.code for p in refused.value.problems] == ["KEIN_KUNDE_PASST", "SPAETERER_STAPEL_GEDRUCKT"]
    late = generate(desk, date(2026, 10, 15), override_rules=True)
    print_one(desk, late)
    assert shown(sent(desk, late, customer)) == ["119.00", "0.00", "119.00", "119.00", "238.00"]


def test_a_late_batch_of_the_same_day_counts_no_payment_twice(desk):
    """D3.1"""
    customer = add_customer(desk, "10001", cutoff_day=15)
    add_invoice(desk, customer, date(2026, 11, 3))
    pay(desk, customer, "50", date(2026, 11, 4))
    first = generate(desk, date(2026, 11, 15))
    print_one(desk, first)
    add_invoice(desk, customer, date(2026, 11, 5))
    second = generate(desk, date(2026, 11, 15))
    print_one(desk, second)
    assert sent(desk, first, customer).payments == D(50)
    assert shown(sent(desk, second, customer)) == ["69.00", "0.00", "69.00", "119.00", "188.00"]


def test_the_help_texts_payment_example_with_its_may_reprint(desk, tmp_path):
    """D5.1 to D5.6"""
    customer, (april, may, november), paid = help_text_account(desk)
    assert shown(sent(desk, may, customer)) == ["1000.00", "1000.00", "0.00", "500.00", "500.00"]
    assert shown(sent(desk, november, customer)) == ["500.00", "0.00", "500.00", "300.00", "800.00"]
    archived = desk.files.read(sent(desk, may, customer).file)
    receivables.edit(desk, paid.number, Edit(paid_date=date(2013, 11, 12), reason="Buchungstag der Bank"))

    (again,) = finish(batch_reprint.plan_recompute(desk.store, may))
    assert shown(again.part.figures) == ["1000.00", "0.00", "1000.00", "500.00", "1500.00"]
    assert [(d.field, d.change) for d in again.differences] == [
        ("payments", D(-1000)),
        ("carry_over", D(1000)),
        ("amount_due", D(1000)),
    ]
    (cause,) = again.causes
    assert speak(cause.text, cause.params) == (
        f"Zahlung {paid.number} über 1.000,00\u00a0€: Bezahlt am verschoben von 12.05.2013 auf 12.11.2013"
    )
    assert (cause.by, cause.reason, cause.effect.amount_due) == ("anna", "Buchungstag der Bank", D(1000))
    (november_again,) = finish(batch_reprint.plan_recompute(desk.store, november))
    assert shown(november_again.part.figures) == ["1500.00", "1000.00", "500.00", "300.00", "800.00"]
    assert [(b.number, b.as_sent, b.recomputed) for b in again.later] == [(3, D("800.00"), D("800.00"))]
    (april_again,) = finish(batch_reprint.plan_recompute(desk.store, april))
    assert (april_again.differences, april_again.causes, shown(april_again.part.figures)[-1]) == ((), (), "1000.00")

    copies = finish(batch_reprint.reprint_as_sent(desk, may, tmp_path / "out"))
    assert [p.name for p in copies] == [
        "Kopie_Rechnungsstapel_2.pdf",
        "Kopie_Rechnungsstapel_2_10001.pdf",
        "Kopie_Rechnung_RE-2013-00002.pdf",
    ]
    assert copies[1].read_bytes() == archived
    recomputed = finish(batch_reprint.print_recomputed(desk, may, [again], tmp_path / "out"))
    assert recomputed[0].name == "Neuberechnung_Rechnungsstapel_2_10001.pdf"
    assert b"Neuberechnung vom 22.11.2026" in recomputed[0].read_bytes()
    assert shown(sent(desk, may, customer))[-1] == "500.00"


def test_a_payment_entered_late_is_named_as_the_cause_with_user_and_time(desk):
    customer, (_, may, _), _ = help_text_account(desk)
    late = pay(desk, customer, "120", date(2013, 5, 30))
    (again,) = finish(batch_reprint.plan_recompute(desk.store, may))
    assert [speak(c.text, c.params) for c in again.causes] == [
        f"Zahlung {late.number} über 120,00\u00a0€ vom 30.05.2013 erfasst"
    ]
    assert batch_reprint.balance_of_causes(again) == D(-120)
    desk.store.undo()
    (again,) = finish(batch_reprint.plan_recompute(desk.store, may))
    assert again.differences == ()


def test_moving_the_date_of_a_row_changes_no_printed_statement(desk):
    """D5.7"""
    _, (_, may, _), _ = help_text_account(desk)
    edited = receivables.edit(
        desk, "RE-2013-00002", Edit(batch_date=date(2013, 12, 24), reason="auf Wunsch des Kunden")
    )
    assert [p.code for p in edited.warnings] == ["BLEIBT_IM_STAPEL"]
    (again,) = finish(batch_reprint.plan_recompute(desk.store, may))
    assert again.differences == ()
    assert [r.number for r in again.part.rows] == ["RE-2013-00002"]
    entry = desk.store.history(type(again.part.rows[0]), again.part.rows[0].id)[0]
    ((_, _, old, new),) = entry.changes
    assert (old["batch_date"], new["batch_date"], entry.by, entry.reason) == (
        "2013-05-20",
        "2013-12-24",
        "anna",
        "auf Wunsch des Kunden",
    )


def test_an_archived_file_that_was_touched_is_not_passed_on_as_sent(desk, tmp_path):
    customer, (_, may, _), _ = help_text_account(desk)
    desk.files.path(sent(desk, may, customer).file).write_bytes(b"anders")
    with pytest.raises(Refused) as refused:
        finish(batch_reprint.reprint_as_sent(desk, may, tmp_path / "out"))
    assert refused.value.problems[0].code == "ARCHIV_BESCHAEDIGT"
    assert not (tmp_path / "out").exists()


def test_an_incomplete_address_is_told_once_and_not_for_every_document(desk):
    bad = add_customer(desk, "10002", cutoff_day=15, address=Address())
    for day in (3, 4, 5):
        add_invoice(desk, bad, date(2026, 11, day), net="1000")
    batch = generate(desk, date(2026, 11, 15))
    problems = plan_print(desk.store, batch.number).problems
    assert [(p.code, p.where) for p in problems] == [("EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG", "10002")]


def test_a_preview_that_is_stopped_leaves_no_file(desk, tmp_path):
    add_invoice(desk, add_customer(desk, "10001", cutoff_day=15), date(2026, 11, 3))
    batch = generate(desk, date(2026, 11, 15))
    assert finish(preview(desk, batch, tmp_path / "out" / "ENTWURF.pdf", stop=lambda: True)) is None
    assert not (tmp_path / "out").exists()


def test_a_recomputed_reprint_that_is_stopped_hands_out_nothing(desk, tmp_path):
    _, (_, may, _), _ = help_text_account(desk)
    found = finish(batch_reprint.plan_recompute(desk.store, may))
    files = finish(batch_reprint.print_recomputed(desk, may, found, tmp_path / "out", stop=lambda: True))
    assert (files, (tmp_path / "out").exists()) == ([], False)


def test_a_preview_marks_nothing(desk, tmp_path):
    customer = add_customer(desk, "10001", cutoff_day=15)
    document = add_invoice(desk, customer, date(2026, 11, 3))
    batch = generate(desk, date(2026, 11, 15))
    seq = desk.store.seq
    target = finish(preview(desk, batch, tmp_path / "out" / "ENTWURF.pdf"))
    assert b"draft=True" in target.read_bytes()
    assert b"ENTWURF" in target.read_bytes()
    assert desk.store.seq == seq
    assert desk.store.need(Document, document.id).state is DocumentState.OPEN


def test_what_changes_while_printing_is_printed_as_it_is_in_the_end(desk, renderer, monkeypatch):
    customers = [add_customer(desk, f"1000{n}", cutoff_day=15) for n in (1, 2)]
    for customer in customers:
        add_invoice(desk, customer, date(2026, 11, 3))
    batch = generate(desk, date(2026, 11, 15))
    combine, calls = FakeRenderer.combine, []

    def busy(self, files, target, cover=()):
        if not calls:
            pay(desk, customers[1], "19", date(2026, 11, 4))
        calls.append(1)
        return combine(self, files, target, cover)

    monkeypatch.setattr(FakeRenderer, "combine", busy)
    print_one(desk, batch)
    assert len(calls) == 2
    assert renderer.rendered.count("batch-1-10001") == 1
    assert shown(sent(desk, batch, customers[1])) == ["0.00", "19.00", "-19.00", "119.00", "100.00"]


def test_stopping_leaves_the_batch_open_and_printing_again_gives_the_same_bytes(desk):
    customers = [add_customer(desk, f"1{n:04d}", cutoff_day=15) for n in range(1, 100)]
    for customer in customers:
        add_invoice(desk, customer, date(2026, 11, 3))
    batch = generate(desk, date(2026, 11, 15))
    asked = iter([False, True])
    assert run(print_batches(desk, plan_print(desk.store, 1), stop=lambda: next(asked, True))) == []
    assert desk.store.need(InvoiceBatch, batch.id).state is BatchState.OPEN
    left = {p.name: p.read_bytes() for p in desk.files.path("documents/2026/batch-00001").iterdir()}
    assert left
    print_one(desk, batch)
    now = {p.name: p.read_bytes() for p in desk.files.path("documents/2026/batch-00001").iterdir()}
    assert left.items() <= now.items()
    assert len(now) == 2 * 99 + 1


def test_d4_2_what_waits_for_its_mail_stays_in_the_printed_batch_when_it_is_cancelled(desk):
    customer = add_customer(desk, "10001", cutoff_day=15)
    document = add_invoice(desk, customer, date(2026, 11, 3))
    printed = print_one(desk, generate(desk, date(2026, 11, 15)), only_statement=batch_mail.gets_mail)
    storno = documents.cancel(desk, document.id, "falscher Kunde")
    assert (storno.kind, storno.totals.gross) == (DocumentKind.CANCELLATION, D("-119.00"))
    (entry,) = desk.store.find(ReceivableEntry, "batch_id", printed.batch.id)
    assert (entry.number, entry.cancelled) == (document.number, False)
    recomputed = finish(batch_reprint.plan_recompute(desk.store, printed.batch))
    assert [one.differences for one in recomputed] == [()]


def test_by_mail_the_statement_travels_with_the_first_original_and_letters_are_printed(desk, renderer, tmp_path):
    by_mail, settled, by_post = (
        add_customer(desk, number, cutoff_day=15, channel=channel)
        for number, channel in (("10001", Channel.EMAIL), ("10002", Channel.EMAIL), ("10003", Channel.LETTER))
    )
    fresh = [add_invoice(desk, by_mail, date(2026, 11, day)) for day in (3, 4)]
    old = add_invoice(desk, settled, date(2026, 11, 5))
    letter = add_invoice(desk, by_post, date(2026, 11, 6))
    with desk.store.transaction("gemailt") as tx:
        documents.mark_output(tx, old, at="2026-11-05T08:00:00+00:00", mailed=True)
    printed = print_one(desk, generate(desk, date(2026, 11, 15)), only_statement=batch_mail.gets_mail)
    assert (printed.statements, printed.originals) == (3, 1)
    assert desk.store.need(Document, letter.id).state is DocumentState.FINAL
    waiting = desk.store.need(Document, fresh[0].id)
    assert (waiting.state, waiting.was_sent) == (DocumentState.FINAL, False)
    cover = desk.files.read(printed.batch.file)
    assert b"Aufstellungen: 1" in cover
    assert b"10001" not in cover

    made = batch_mail.create_run(desk, printed.batch)
    rows = desk.store.find(RunRow, "run_id", made.id)
    assert [(r.number, r.copy) for r in rows] == [
        (fresh[0].number, False),
        (fresh[1].number, False),
        (old.number, True),
    ]
    run(run_execution.execute(desk, made.id))
    mails = [message_from_bytes(mail, policy=policy.default) for mail, _, _ in desk.transport().sent]
    assert [[p.get_filename() for p in m.iter_attachments()] for m in mails] == [
        [f"Rechnung_{fresh[0].number}.pdf", "Rechnungsstapel_1_10001.pdf"],
        [f"Rechnung_{fresh[1].number}.pdf"],
        [f"Kopie_Rechnung_{old.number}.pdf", "Kopie_Rechnungsstapel_1_10002.pdf"],
    ]
    assert [m["Subject"][:7] for m in mails] == ["Rechnun", "Rechnun", "Kopie: "]
