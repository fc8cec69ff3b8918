"""The payments of the demo company are the same each time and belong to documents of their customer."""

from datetime import date

from fakes import TODAY, add_company, add_customer, add_invoice, make_desk

from tui_billing.demo.payments import demo_payments
from tui_billing.domain.batches import Payment
from tui_billing.services.payments import items_of


def _build(folder):
    desk = make_desk(folder)
    add_company(desk)
    for n in range(30):
        customer = add_customer(desk, f"{10001 + n}")
        for month in (7, 8, 9, 10, 11):
            add_invoice(desk, customer, date(2026, month, 1 + n % 20))
        with desk.store.transaction("Zahlungen") as tx:
            demo_payments(tx, customer, TODAY)
    return desk


def test_the_same_documents_give_the_same_payments(tmp_path):
    first, second = (_build(tmp_path / name).store.all(Payment) for name in "ab")
    assert first == second
    assert 60 < len(first) < 130
    assert any(p.returns for p in first)
    assert all(p.paid_date <= TODAY for p in first)


def test_no_document_is_paid_twice(tmp_path):
    desk = _build(tmp_path)
    for customer in {p.customer_id for p in desk.store.scan(Payment)}:
        assert all(0 <= i.open <= i.entry.amount for i in items_of(desk.store, customer, only_open=False))
