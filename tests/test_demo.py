"""The demo company: invented, the same each time, with every case that a clerk must be able to see."""

import json
from pathlib import Path

import make_demo_data
import pytest
from desks import memory_desk
from tinydb import TinyDB

from tui_billing.demo.company import build_demo
from tui_billing.domain.documents import Document, DocumentKind, DocumentState
from tui_billing.domain.parties import Channel, Customer

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    desk = memory_desk(tmp_path_factory.mktemp("demo"))
    list(build_demo(desk, 60))
    return desk.store


def test_the_shipped_demo_is_what_the_program_makes(tmp_path):
    made = make_demo_data.make(tmp_path / "data")
    shipped = {p.name: p.read_bytes() for p in sorted((ROOT / "data" / "demo").glob("*.json"))}
    assert list(made) == list(shipped)
    assert [name for name in made if made[name] != shipped[name]] == []


def test_stock_tinydb_and_json_read_the_shipped_tables():
    file = ROOT / "data" / "demo" / "customers.0001.json"
    numbers = [c["number"] for c in TinyDB(file).table("customers").all()]
    assert numbers == [c["number"] for c in json.loads(file.read_text(encoding="utf-8"))["customers"].values()]
    assert len(numbers) == make_demo_data.SIZE


def test_it_has_every_channel_hostile_names_and_customers_without_address(store):
    customers = store.all(Customer)
    assert {c.channel for c in customers} == {Channel.EMAIL, Channel.LETTER, None}
    assert any(c.channel is Channel.EMAIL and not c.emails for c in customers)
    assert any(not c.address.city for c in customers) and any(c.address.po_box for c in customers)
    assert any(len(c.emails) > 1 for c in customers) and any(c.address.country != "DE" for c in customers)
    assert {"a [/] b Elektronik", "../../etc/passwd Datentechnik"} <= {c.name for c in customers}
    assert {c.language for c in customers} == {"de", "en"}


def test_it_has_several_months_rates_and_states(store):
    documents = store.all(Document)
    assert {d.invoice_date.month for d in documents} == {7, 8, 9, 10, 11}
    assert {(v.category.value, str(v.rate)) for d in documents for v in d.totals.vat} >= {
        ("S", "19"),
        ("S", "7"),
        ("E", "0"),
    }
    assert {d.state for d in documents} == set(DocumentState)
    assert {DocumentKind.CREDIT_MEMO, DocumentKind.DEBIT_MEMO, DocumentKind.CANCELLATION} <= {d.kind for d in documents}
    november = [d for d in documents if d.invoice_date.month == 11]
    assert any(d.was_sent for d in november) and sum(not d.was_sent for d in november) > 40


def test_every_address_is_one_that_nobody_has(store):
    assert all(e.endswith(".example") for c in store.scan(Customer) for e in c.emails)
