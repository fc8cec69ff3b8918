"""Dummy-Assistent: old documents become prior balance, the first real total stays the same (rule D6)."""

from datetime import date
from decimal import Decimal

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import BatchRow, BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.documents import Document, DocumentKind, DocumentState
from tui_billing.domain.messages import Refused
from tui_billing.i18n import say
from tui_billing.services import batch_rows, batches, documents, dummy, verify
from tui_billing.services.batch_figures import batch_sum, parts
from tui_billing.services.desk import finish
from tui_billing.services.dummy import DummyParameters

D = Decimal
TODAY = date(2026, 11, 22)


@pytest.fixture
def desk(tmp_path):
    desk = make_desk(tmp_path)
    add_company(desk)
    return desk


def plan(desk, **more):
    return dummy.plan_dummy(desk.store, DummyParameters(today=TODAY, **more))


def gross(amount: str) -> str:
    """The net price whose gross is this amount."""
    return f"{D(amount) / D('1.19'):.6f}"


def upgrade(desk):
    """D6.1: old rows of August and September, new ones of November, two payments."""
    customer = add_customer(desk, "10001", cutoff_day=15)
    for day, amount, kind in (
        (date(2026, 8, 3), "800", DocumentKind.INVOICE),
        (date(2026, 9, 20), "200", DocumentKind.INVOICE),
        (date(2026, 11, 3), "119", DocumentKind.INVOICE),
        (date(2026, 11, 10), "19", DocumentKind.CREDIT_MEMO),
        (date(2026, 11, 15), "50", DocumentKind.DEBIT_MEMO),
    ):
        add_invoice(desk, customer, day, net=gross(amount), kind=kind)
    with desk.store.transaction("Zahlungen") as tx:
        for day, amount in ((date(2026, 10, 1), "800"), (date(2026, 11, 2), "150")):
            tx.insert(Payment(customer_id=customer.id, amount=D(amount), paid_date=day))
    return customer


def shown(f):
    values = (f.former_amount, f.payments, f.carry_over, f.invoiced + f.taxes, f.amount_due)
    return [f"{v:.2f}" for v in values]


def test_the_first_real_statement_totals_the_same_with_and_without_a_dummy_batch(desk):
    """D6.1, D6.2, D6.4"""
    upgrade(desk)
    asked = plan(desk, first=date(2026, 11, 15))
    (one,) = asked.batches
    assert (one.cutoff_day, one.close_date, one.first_close_date) == (15, date(2026, 10, 15), date(2026, 11, 15))
    (statement,) = one.statements
    assert shown(statement.without) == ["0.00", "950.00", "-950.00", "1150.00", "200.00"]
    assert shown(statement.with_dummy) == ["200.00", "150.00", "50.00", "150.00", "200.00"]
    assert (statement.documents, statement.dummy_total) == (2, D("200.00"))
    (batch,) = dummy.apply_dummy(desk, asked)
    assert (batch.state, batch.close_date) == (BatchState.DUMMY, date(2026, 10, 15))
    real = batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    (part,) = parts(desk.store, real)
    assert shown(part.figures) == shown(statement.with_dummy)
    assert [r.number for r in part.rows] == ["RE-2026-00003", "GS-2026-00001", "LA-2026-00001"]


def test_a_stopped_assistant_makes_nothing(desk):
    upgrade(desk)
    seq = desk.store.seq
    assert finish(dummy.dummy_steps(desk, plan(desk), stop=lambda: True)) is None
    assert desk.store.seq == seq


def test_nothing_is_rendered_or_sent_and_no_document_becomes_final(desk):
    """D6.4: the desk's renderer would have kept what it is handed."""
    upgrade(desk)
    (batch,) = dummy.apply_dummy(desk, plan(desk, first=date(2026, 11, 15)))
    assert desk.renderer().rendered == []
    assert {d.state for d in desk.store.all(documents.Document)} == {DocumentState.OPEN}
    assert [s.file for s in desk.store.find(BatchStatement, "batch_id", batch.id)] == [""]


def test_a_document_cancelled_later_stays_a_row_of_the_dummy_batch_and_counts_nothing(desk):
    upgrade(desk)
    (batch,) = dummy.apply_dummy(desk, plan(desk))
    old = next(d for d in desk.store.all(Document) if d.invoice_date == date(2026, 9, 20))
    documents.cancel(desk, old.id, "war falsch")
    rows = {r.document_id for r in desk.store.find(BatchRow, "batch_id", batch.id)}
    assert old.id in rows and rows == {e.document_id for e in desk.store.find(ReceivableEntry, "batch_id", batch.id)}
    (part,) = parts(desk.store, batch)
    assert part.figures.amount_due == D("0.00")  # 1150,00 - 200,00 less the payments of 950,00
    assert finish(verify.verify(desk)).is_clean
    assert batch_sum(desk.store, batch).amount == D("950.00")


def test_each_stichtag_in_use_gets_its_close_date_before_the_first_real_one(desk):
    """D6.3"""
    for cutoff in (15, 30, 31):
        add_invoice(desk, add_customer(desk, str(cutoff), cutoff_day=cutoff), date(2026, 8, 3))
    assert plan(desk, first=date(2026, 12, 15)).days[0] == (15, date(2026, 11, 15))
    assert plan(desk, first=date(2027, 2, 28)).days[1:] == ((30, date(2027, 1, 30)), (31, date(2027, 1, 31)))
    assert plan(desk).days == ((15, date(2026, 11, 15)), (30, date(2026, 10, 30)), (31, date(2026, 10, 31)))
    made = dummy.apply_dummy(desk, plan(desk))
    assert [(b.number, b.close_date) for b in made] == [
        (1, date(2026, 11, 15)),
        (2, date(2026, 10, 30)),
        (3, date(2026, 10, 31)),
    ]


def test_a_dummy_is_taken_back_only_while_no_later_batch_of_its_customers_exists(desk):
    """D6.4"""
    upgrade(desk)
    (batch,) = dummy.apply_dummy(desk, plan(desk, first=date(2026, 11, 15)))
    real = batches.generate(desk, BatchParameters(close_date=date(2026, 11, 15)))
    with pytest.raises(Refused) as refused:
        batch_rows.delete(desk, batch)
    assert say(refused.value.problems[0]) == "Stapel 1 wird nicht zurückgenommen: Stapel 2 baut darauf auf."
    batch_rows.delete(desk, real)
    batch_rows.delete(desk, batch)
    assert desk.store.count(InvoiceBatch) == desk.store.count(BatchStatement) == 0
    assert len(plan(desk, first=date(2026, 11, 15)).batches[0].entries) == 2


def test_customers_who_are_in_the_process_already_get_no_dummy(desk):
    upgrade(desk)
    dummy.apply_dummy(desk, plan(desk, first=date(2026, 11, 15)))
    with pytest.raises(Refused) as refused:
        dummy.apply_dummy(desk, plan(desk, first=date(2026, 12, 15)))
    assert refused.value.problems[0].code == "NICHTS_FUER_DUMMY"


def test_a_customer_who_joins_later_is_offered_a_dummy_of_his_own(desk):
    """D6.5"""
    customer = upgrade(desk)
    other = add_customer(desk, "10002", cutoff_day=15)
    add_invoice(desk, other, date(2026, 8, 3))
    problem = dummy.offer(desk.store, other, TODAY)
    assert problem is not None
    assert problem.warning
    assert say(problem) == (
        "Eine alte Rechnung über 119,00\u00a0€ käme auf den ersten Rechnungsstapel. "
        "Ein Dummy-Stapel zum 15.11.2026 macht sie zum Saldovortrag."
    )
    (batch,) = dummy.apply_dummy(desk, plan(desk, customer="10002"))
    assert batch.customer_ids == (other.id,)
    assert dummy.offer(desk.store, other, TODAY) is None
    assert dummy.offer(desk.store, customer, TODAY) is not None


def test_a_dummy_on_a_day_that_is_no_stichtag_or_not_past_is_refused(desk):
    upgrade(desk)
    with pytest.raises(Refused) as refused:
        plan(desk, close_date=date(2026, 10, 20))
    assert "15.10.2026 und 15.11.2026" in say(refused.value.problems[0])
    with pytest.raises(Refused) as refused:
        plan(desk, close_date=date(2026, 12, 15))
    assert refused.value.problems[0].code == "DUMMY_NICHT_VERGANGEN"
    assert len(plan(desk, close_date=date(2026, 10, 15)).batches[0].entries) == 2
