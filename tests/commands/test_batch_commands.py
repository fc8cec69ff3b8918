"""The help text Rechnungsstapel by commands: generate, print, move a payment, reprint, dummy; JSON, exit codes."""

import io
import json
import zipfile
from argparse import Namespace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes import add_company, add_customer, add_invoice, make_desk

from tui_billing.commands import receivable
from tui_billing.commands.arguments import build_parser
from tui_billing.commands.frame import Context, failure, run_handler, show
from tui_billing.domain.parties import Address
from tui_billing.services.desk import Desk


@pytest.fixture(autouse=True)
def frozen_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_BILLING_TODAY", "2026-11-22")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = make_desk(tmp_path)
    add_company(made)
    return made


def run(desk: Desk, words: tuple[str, ...], out: io.StringIO, *, as_json: bool) -> int:
    context = Context(desk, json=as_json, out=out, err=out if not as_json else io.StringIO())
    try:
        args = build_parser(list(words)).parse_args(list(words))
    except Exception as error:
        return show(failure(error), context)
    context.dry_run, context.yes = getattr(args, "dry_run", False), getattr(args, "yes", False)
    desk.store.trial = context.dry_run
    return run_handler(context, args)


def call(desk: Desk, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of one command."""
    out = io.StringIO()
    code = run(desk, (*words, "--json"), out, as_json=True)
    return code, json.loads(out.getvalue())


def lines(desk: Desk, *words: str) -> list[str]:
    """What a person reads."""
    out = io.StringIO()
    run(desk, words, out, as_json=False)
    return out.getvalue().replace("\u00a0", " ").splitlines()


def ok(desk: Desk, *words: str) -> dict[str, Any]:
    code, answer = call(desk, *words)
    assert (code, answer["ok"]) == (0, True), answer
    return answer


def help_text_customers(desk: Desk) -> None:
    """Customers 1, 3, 5 on the 15th, 4 and 6 on the 30th, 2 without."""
    for number, cutoff in ((1, 15), (2, None), (3, 15), (4, 30), (5, 15), (6, 30)):
        customer = add_customer(desk, str(number), cutoff_day=cutoff)
        add_invoice(desk, customer, date(2026, 11, 3))


def figures(item: dict[str, Any]) -> list[str]:
    names = ("former_amount", "payments", "carry_over", "invoiced", "taxes", "amount_due")
    return [item[name] for name in names]


def test_a_batch_of_the_15th_from_plan_to_print(desk: Desk, tmp_path: Path) -> None:
    """D1.10"""
    help_text_customers(desk)
    plan = ok(desk, "batch", "generate", "--close-date", "15.11.2026", "--dry-run")
    assert plan["batch"] is None
    made = ok(desk, "batch", "generate", "--close-date", "2026-11-15", "--description", "November")
    assert (
        made["balance"]
        == plan["balance"]
        == {
            "candidates": 6,
            "in": 3,
            "out": {"no_cutoff_day": 1, "cutoff_day": 2},
            "eur": {
                "candidates": "714.00",
                "in": "357.00",
                "out": {"no_cutoff_day": "119.00", "cutoff_day": "238.00"},
            },
        }
    )
    assert [i["customer"] for i in made["items"]] == ["1", "3", "5"]
    batch = made["batch"]
    assert (batch["id"], batch["number"], batch["close_date"], batch["state"]) == (1, 1, "2026-11-15", "open")
    assert (batch["customers"], batch["documents"], batch["amount"]) == (3, 3, "357.00")
    shown = ok(desk, "batch", "show", "1")
    assert [figures(i) for i in shown["items"]] == [["0.00", "0.00", "0.00", "100.00", "19.00", "119.00"]] * 3
    code, asked = call(desk, "batch", "print", "1")
    assert (code, asked["problems"][0]["code"]) == (2, "BESTAETIGUNG_FEHLT")
    dry = ok(desk, "batch", "print", "1", "--dry-run")
    assert (dry["statements"], dry["originals"], dry["amount_due"]) == (3, 3, "357.00")
    printed = ok(desk, "batch", "print", "1", "--yes", "--out", str(tmp_path / "out"))
    assert (printed["batch"]["state"], printed["balance"]["in"]) == ("printed", 3)
    assert [Path(f).name for f in printed["files"]] == ["Rechnungsstapel_1.pdf"]
    assert Path(printed["files"][0]).exists()
    assert [b["state"] for b in ok(desk, "batch", "list")["items"]] == ["printed"]
    for words in (("delete", "1"), ("print", "1", "--yes"), ("add", "1", "--customer", "4"), ("refresh", "1")):
        code, answer = call(desk, "batch", *words)
        assert (code, answer["problems"][0]["code"]) == (3, "STAPEL_GEDRUCKT"), words


def test_nothing_that_fits_is_refused_with_the_nearest_days_and_uses_no_number(desk: Desk) -> None:
    """D1.12"""
    add_invoice(desk, add_customer(desk, "1", cutoff_day=30), date(2026, 11, 3))
    code, answer = call(desk, "batch", "generate", "--close-date", "2026-12-31")
    assert (code, answer["ok"], answer["batch"]) == (3, False, None)
    assert answer["nearest"] == {"before": "2026-12-30", "after": "2027-01-30"}
    assert answer["problems"][0]["code"] == "KEIN_KUNDE_PASST"
    assert "30.12.2026" in answer["problems"][0]["text"]
    assert ok(desk, "batch", "generate", "--close-date", "2026-12-30")["batch"]["number"] == 1


def test_the_help_texts_moved_invoice_with_and_without_override(desk: Desk) -> None:
    """D2.2, D2.3"""
    add_invoice(desk, add_customer(desk, "1", cutoff_day=20), date(2013, 10, 10))
    code, answer = call(desk, "receivable", "edit", "RE-2013-00001", "--batch-date", "2013-11-10")
    assert (code, answer["problems"][0]["code"]) == (3, "GRUND_FEHLT")
    edit = ("receivable", "edit", "RE-2013-00001", "--batch-date", "10.11.2013", "--reason", "später geliefert")
    assert ok(desk, *edit)["receivable"]["batch_date"] == "2013-11-10"
    assert call(desk, "batch", "generate", "--close-date", "2013-10-20")[0] == 3
    why = ok(desk, "batch", "explain", "RE-2013-00001", "--close-date", "2013-10-20")["explanation"]
    assert (why["in"], why["reason"]) == (False, "after_close_date")
    forced = ok(desk, "batch", "generate", "--close-date", "2013-10-20", "--override-rules")
    assert forced["batch"]["documents"] == 1
    history = ok(desk, "receivable", "show", "RE-2013-00001")["history"]
    assert [h["reason"] for h in history] == ["", "später geliefert", ""]


def test_the_help_texts_payment_and_its_may_reprint(desk: Desk, tmp_path: Path) -> None:
    """D5.1 to D5.6"""
    customer = add_customer(desk, "1", cutoff_day=31)
    for day, net in ((date(2013, 4, 10), "840.336134"), (date(2013, 5, 20), "420.168067")):
        add_invoice(desk, customer, day, net=net)
        if day.month == 5:
            pay = ("--document", "RE-2013-00001", "--amount", "1.000,00", "--paid-date", "12.05.2013")
            payment = ok(desk, "payment", "add", *pay)["payment"]
        last = date(day.year, day.month, 30 if day.month == 4 else 31).isoformat()
        ok(desk, "batch", "generate", "--close-date", last)
        ok(desk, "batch", "print", "1" if day.month == 4 else "2", "--yes")
    assert (payment["number"], payment["unallocated"]) == ("ZA-2013-00001", "0.00")
    ok(desk, "receivable", "edit", "RE-2013-00001", "--paid-date", "12.11.2013", "--reason", "Valuta")
    again = ok(desk, "batch", "reprint", "2", "--recompute", "--out", str(tmp_path / "out"))
    (item,) = again["items"]
    assert figures(item) == ["1000.00", "0.00", "1000.00", "420.17", "79.83", "1500.00"]
    assert figures(item["sent"]) == ["1000.00", "1000.00", "0.00", "420.17", "79.83", "500.00"]
    assert item["causes"][0]["reason"] == "Valuta"
    assert [d["change"] for d in item["differences"]] == ["-1000.00", "1000.00", "1000.00"]
    sent = ok(desk, "batch", "reprint", "2", "--out", str(tmp_path / "out"))
    assert Path(sent["files"][1]).name == "Kopie_Rechnungsstapel_2_1.pdf"
    assert sorted(p.name for p in (tmp_path / "out").iterdir() if "Neu" in p.name) == [
        "Neuberechnung_Rechnungsstapel_2_1.pdf"
    ]


def test_what_cannot_be_printed_is_listed_with_reasons(desk: Desk) -> None:
    for number, address in (("1", Address()), ("2", Address(street="Weg 1", postcode="10115", city="Berlin"))):
        add_invoice(desk, add_customer(desk, number, cutoff_day=15, address=address), date(2026, 11, 3), net="10")
    ok(desk, "batch", "generate", "--close-date", "2026-11-15")
    code, answer = call(desk, "batch", "print", "1", "--yes")
    assert code == 3
    assert [(p["code"], p["where"]) for p in answer["problems"]] == [("EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG", "1")]
    assert answer["balance"]["out"] == {"empfaenger_anschrift_unvollstaendig": 1}
    assert ok(desk, "batch", "drop", "1", "--customer", "1")["count"] == 1
    assert ok(desk, "batch", "print", "1", "--yes")["count"] == 1


def test_a_batch_by_hand_takes_fitting_customers_only_and_no_number_where_it_is_refused(desk: Desk) -> None:
    """D4.4"""
    help_text_customers(desk)
    code, answer = call(desk, "batch", "add", "--close-date", "2026-11-15", "--customer", "4")
    assert (code, answer["problems"][0]["code"], answer["problems"][0]["where"]) == (3, "PASST_NICHT_CUTOFF_DAY", "4")
    made = ok(desk, "batch", "add", "--close-date", "2026-11-15", "--customer", "1", "3")
    assert (made["batch"]["number"], made["batch"]["manual"], made["batch"]["customers"]) == (1, True, 2)
    assert ok(desk, "batch", "add", "1", "--document", "RE-2026-00005")["batch"]["documents"] == 3
    assert ok(desk, "batch", "drop", "1", "--document", "RE-2026-00005")["batch"]["documents"] == 2
    assert ok(desk, "batch", "delete", "1")["deleted"] is True
    assert ok(desk, "batch", "list")["count"] == 0
    assert call(desk, "batch", "show", "1")[0] == 2


def test_the_literal_comparison_warns_and_names_who_has_no_closing(desk: Desk) -> None:
    """D1.9"""
    for cutoff in (28, 31):
        add_invoice(desk, add_customer(desk, str(cutoff), cutoff_day=cutoff), date(2027, 2, 3))
    ok(desk, "settings", "set", "batch.month_end", "false")
    made = ok(desk, "batch", "generate", "--close-date", "2027-02-28")
    assert [i["customer"] for i in made["items"]] == ["28"]
    assert made["problems"][0]["code"] == "STICHTAG_WOERTLICH"
    assert "31 haben in diesem Monat keinen Stichtag" in made["problems"][0]["text"]


def test_the_calendar_names_each_close_date_with_its_customers(desk: Desk) -> None:
    for number, cutoff in (("1", 30), ("2", 31)):
        add_customer(desk, number, cutoff_day=cutoff)
    items = ok(desk, "batch", "calendar", "--year", "2027")["items"]
    assert items[2] == {
        "close_date": "2027-02-28",
        "cutoff_days": [30, 31],
        "customers": ["1", "2"],
        "customer_count": 2,
    }
    assert ok(desk, "batch", "calendar", "--customer", "2")["items"][0]["close_date"] == "2026-11-30"
    assert lines(desk, "batch", "calendar", "--year", "2027")[2] == "28.02.2027: Stichtag 30, 31 · 2 Kunden"


def test_after_a_change_of_the_stichtag_the_first_span_is_named(desk: Desk) -> None:
    """D9.1 in November: 20 -> 31 behind a batch of 20.11.; the next closing covers ten days."""
    add_invoice(desk, add_customer(desk, "1", cutoff_day=20), date(2026, 11, 3))
    ok(desk, "batch", "generate", "--close-date", "2026-11-20")
    ok(desk, "batch", "print", "1", "--yes")
    ok(desk, "customer", "edit", "1", "--cutoff-day", "31")
    items = ok(desk, "batch", "calendar", "--customer", "1")["items"]
    assert [(i["close_date"], i["covers_from"], i["days"]) for i in items[:2]] == [
        ("2026-11-30", "2026-11-21", 10),
        ("2026-12-31", "2026-12-01", 31),
    ]


def test_the_dummy_assistant_shows_before_and_after_and_is_taken_back(desk: Desk) -> None:
    """D6.1, D6.4"""
    customer = add_customer(desk, "1", cutoff_day=15)
    for day in (date(2026, 9, 3), date(2026, 11, 3)):
        add_invoice(desk, customer, day)
    plan = ok(desk, "batch", "dummy", "--close-date", "2026-10-15", "--dry-run")
    (one,) = plan["items"]
    assert one["customers"][0]["with"]["amount_due"] == one["customers"][0]["without"]["amount_due"] == "238.00"
    made = ok(desk, "batch", "dummy", "--close-date", "2026-10-15")
    assert (made["batch"]["state"], made["batch"]["close_date"]) == ("dummy", "2026-10-15")
    real = ok(desk, "batch", "generate", "--close-date", "2026-11-15")
    assert figures(ok(desk, "batch", "show", "2")["items"][0]) == [
        "119.00", "0.00", "119.00", "100.00", "19.00", "238.00",
    ]  # fmt: skip
    code, answer = call(desk, "batch", "delete", "1")
    assert (code, answer["problems"][0]["code"]) == (3, "SPAETERER_STAPEL")
    ok(desk, "batch", "delete", str(real["batch"]["number"]))
    ok(desk, "batch", "delete", "1")


def test_payments_are_imported_allocated_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    add_invoice(desk, add_customer(desk, "1"), date(2026, 11, 3))
    file = tmp_path / "zahlungen.csv"
    file.write_text("Datum;Betrag;Kunde\n10.11.2026;119,00;1\n10.11.2026;5,00;999\n")
    code, answer = call(desk, "payment", "import", str(file))
    assert (code, answer["problems"][0]["where"]) == (3, "Zeile 3")
    code, answer = call(desk, "payment", "import", str(file), "--partial")
    assert (code, answer["created"]) == (1, 1)
    number = answer["items"][0]["number"]
    assert ok(desk, "receivable", "list", "--customer", "1", "--open")["balance_due"] == "0.00"
    done = ok(desk, "payment", "allocate", number, "--document", "RE-2026-00001")["payment"]
    assert done["allocations"] == [{"document": "RE-2026-00001", "amount": "119.00", "skonto": "0.00"}]
    assert ok(desk, "receivable", "list", "--open")["count"] == 0
    back = ok(desk, "payment", "return", number, "--date", "2026-11-12", "--fee", "3,00")["payment"]
    assert (back["amount"], back["return_of"]) == ("-119.00", number)
    listed = ok(desk, "receivable", "list", "--customer", "1", "--open")
    assert [(i["number"], i["open"]) for i in listed["items"]] == [
        ("RE-2026-00001", "119.00"),
        ("LA-2026-00001", "3.00"),
    ]
    assert listed["balance_due"] == "122.00"
    assert ok(desk, "payment", "list", "--customer", "1")["count"] == 2


def test_a_dry_run_of_anything_changes_nothing(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "batch", "generate", "--close-date", "2026-11-15")
    ok(desk, "payment", "add", "--customer", "1", "--amount", "10")
    seq = desk.store.seq
    for words in (
        ("batch", "generate", "--close-date", "2026-11-30"),
        ("batch", "add", "--close-date", "2026-11-30", "--customer", "4"),
        ("batch", "drop", "1", "--customer", "1"),
        ("batch", "delete", "1"),
        ("batch", "refresh", "1"),
        ("batch", "print", "1"),
        ("batch", "dummy", "--customer", "4"),
        ("payment", "add", "--customer", "1", "--amount", "10"),
        ("payment", "allocate", "ZA-2026-00001"),
        ("payment", "return", "ZA-2026-00001"),
        ("payment", "edit", "ZA-2026-00001", "--paid-date", "1.11.", "--reason", "x"),
        ("receivable", "edit", "RE-2026-00001", "--due-date", "1.12.", "--reason", "x"),
    ):
        code, answer = call(desk, *words, "--dry-run")
        assert code in (0, 3), (words, answer)
        assert desk.store.seq == seq, words


def test_the_figures_read_as_in_the_details(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "batch", "generate", "--close-date", "2026-11-15", "--customer-to", "1")
    assert lines(desk, "batch", "show", "1") == [
        "Rechnungsstapel 1 · Abschluss 15.11.2026 · offen",
        "",
        "Kunde 1 Kunde 1 · Stichtag 15",
        "Vorhergehende Rechnung 0,00 − Zahlungen 0,00 = Übertrag 0,00",
        "+ Neue Rechnungen 100,00 + Steuern 19,00 = Rechnungsbetrag 119,00 €",
        "  Beleg          Art       Datum       Brutto",
        "  RE-2026-00001  Rechnung  03.11.2026  119,00",
    ]
    assert Decimal(ok(desk, "batch", "list")["items"][0]["amount"]) == Decimal(119)


def test_d4_4_override_lets_a_customer_into_an_existing_batch(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "batch", "generate", "--close-date", "2026-11-15")
    assert call(desk, "batch", "add", "1", "--customer", "4")[0] == 3
    answer = ok(desk, "batch", "add", "1", "--customer", "4", "--override-rules")
    assert (answer["count"], answer["batch"]["customers"], answer["batch"]["override_rules"]) == (1, 4, True)
    assert ok(desk, "batch", "print", "1", "--dry-run")["statements"] == 4
    assert call(desk, "batch", "add", "1", "--description", "x")[0] == 2


def test_what_is_not_in_the_batch_is_named_as_the_clerk_typed_it(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "batch", "generate", "--close-date", "2026-11-15")
    code, answer = call(desk, "batch", "drop", "1", "--customer", "4")
    problem = {"code": "NICHT_IM_STAPEL", "text": "4 ist nicht im Rechnungsstapel 1.", "where": "4", "warning": False}
    assert (code, answer["problems"]) == (2, [problem])


def test_a_dry_run_of_a_payment_refuses_what_the_real_one_would_refuse(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "payment", "add", "--customer", "1", "--amount", "10")
    seq = desk.store.seq
    edit = ("payment", "edit", "ZA-2026-00001", "--paid-date", "2026-11-01", "--dry-run", "--reason")
    assert call(desk, *edit, "")[0] == 3
    assert ok(desk, *edit, "x")["payment"]["paid_date"] == "2026-11-01"
    assert ok(desk, "payment", "return", "ZA-2026-00001", "--dry-run")["payment"]["amount"] == "-10.00"
    assert ok(desk, "payment", "show", "ZA-2026-00001")["payment"]["paid_date"] == "2026-11-22"
    assert desk.store.seq == seq
    ok(desk, "payment", "return", "ZA-2026-00001")
    assert call(desk, "payment", "return", "ZA-2026-00001", "--dry-run")[0] == 3


def test_payments_come_in_by_either_name(desk: Desk, tmp_path: Path) -> None:
    help_text_customers(desk)
    file = tmp_path / "payments.csv"
    file.write_text("Kunde;Betrag;Bezahlt am;Referenz\n1;10,00;01.11.2026;r1\n", encoding="utf-8")
    for noun, known in ((("import", "payments"), 0), (("payment", "import"), 1)):
        balance = ok(desk, *noun, str(file))["balance"]
        assert balance == {
            "candidates": 1,
            "in": 1 - known,
            "out": {"known": 1} if known else {},
            "eur": {
                "candidates": "10.00",
                "in": "0.00" if known else "10.00",
                "out": {"known": "10.00"} if known else {},
            },
        }
    code, answer = call(desk, "import", "payments", str(tmp_path / "none.csv"))
    assert (code, answer["problems"][0]["code"]) == (2, "DATEI_UNLESBAR")


def test_what_is_typed_is_stored_without_control_characters(desk: Desk) -> None:
    help_text_customers(desk)
    batch = ok(desk, "batch", "add", "--close-date", "2026-11-30", "--description", "D\x1b[2J\u202e\nx")["batch"]
    paid = ok(desk, "payment", "add", "--customer", "1", "--amount", "10", "--text", "T\x1b[2J\nx")["payment"]
    assert (batch["description"], paid["text"]) == ("D[2J x", "T[2J x")
    code, answer = call(desk, "payment", "add", "--amount", "5", "--document", "RE-2026-00001", "--skonto", "999")
    text = "Skonto 999,00 € passt nicht zu den offenen 119,00 € von RE-2026-00001."
    assert (code, answer["problems"][0]["text"]) == (3, text)


def test_the_print_and_the_reprint_go_into_a_zip_where_one_is_named(desk: Desk, tmp_path: Path) -> None:
    help_text_customers(desk)
    ok(desk, "batch", "generate", "--close-date", "2026-11-15", "--customer-to", "1")
    assert call(desk, "batch", "reprint", "1", "--dry-run")[0] == 3
    for words, name, held in (
        (("print", "1", "--yes"), "a.zip", "Rechnungsstapel_1.pdf"),
        (("reprint", "1"), "b.ZIP", "Kopie_Rechnungsstapel_1.pdf"),
    ):
        answer = ok(desk, "batch", *words, "--out", str(tmp_path / name))
        assert answer["files"] == [str(tmp_path / name)]
        assert held in zipfile.ZipFile(tmp_path / name).namelist()
    assert ok(desk, "batch", "reprint", "1", "--dry-run")["recomputed"] is False


def test_a_transaction_is_shown_with_labels_and_its_moved_dates_old_and_new(desk: Desk) -> None:
    help_text_customers(desk)
    ok(desk, "receivable", "edit", "RE-2026-00001", "--batch-date", "2026-12-10", "--reason", "Lieferung")
    answer = receivable.show_one(Context(desk), Namespace(number="RE-2026-00001"))
    assert answer.lines[:2] == ["RE-2026-00001 Rechnung", "  Rechnungsdatum: 10.12.2026"]
    assert any("→ 10.12.2026" in line for line in answer.lines)
