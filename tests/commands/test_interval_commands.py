"""The help text Intervallrechnungen by commands: order, select, Entf, create, Massendruck; exit codes and JSON."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SELLER, add_company, add_customer, make_desk

from tui_billing.commands.arguments import build_parser
from tui_billing.commands.frame import Context, failure, run_handler, show
from tui_billing.domain.documents import Document
from tui_billing.services.desk import Desk


@pytest.fixture(autouse=True)
def frozen_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_BILLING_TODAY", "2026-11-22")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = make_desk(tmp_path)
    add_company(made)
    add_customer(made, "10001", name="Turnverein 1899")
    add_customer(made, "10002", name="Praxis Dr. Yılmaz")
    return made


def call(desk: Desk, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of one command."""
    out = io.StringIO()
    argv = [*words, "--json"]
    context = Context(desk, json=True, out=out, err=io.StringIO())
    try:
        args = build_parser(argv).parse_args(argv)
    except Exception as error:
        code = show(failure(error), context)
        return code, json.loads(out.getvalue())
    context = Context(
        desk,
        json=True,
        dry_run=getattr(args, "dry_run", False),
        yes=getattr(args, "yes", False),
        out=out,
        err=io.StringIO(),
    )
    desk.store.trial = context.dry_run
    return run_handler(context, args), json.loads(out.getvalue())


def add(desk: Desk, number: str, customer: str = "10001", *more: str) -> dict[str, Any]:
    flags = ("--name", "Beitrag {Jahr}", "--price", "96,00", "--interval", "year", "--anchor", "2026-01-01")
    code, answer = call(desk, "order", "add", "--number", number, "--customer", customer, *flags, *more)
    assert code == 0, answer
    return answer


def select(desk: Desk, day: str, *more: str) -> tuple[int, dict[str, Any]]:
    return call(desk, "interval", "select", "--execution-date", day, "--invoice-date", "2027-01-02", *more)


def create(desk: Desk, day: str, *more: str) -> tuple[int, dict[str, Any]]:
    return call(desk, "interval", "create", "--execution-date", day, "--invoice-date", "2027-01-02", *more)


def test_the_yearly_order_of_the_help_text_from_order_to_printed_invoice(desk: Desk, tmp_path: Path) -> None:
    add(desk, "A-1")
    assert call(desk, "interval", "create", "--execution-date", "01.01.2026", "--yes")[1]["done"] == 1
    assert select(desk, "31.12.2026")[1]["items"] == []
    code, answer = select(desk, "01.01.2027")
    assert (code, answer["ok"], answer["count"]) == (0, True, 1)
    row = answer["items"][0]
    assert (row["order"], row["customer"], row["period_start"], row["period_end"], row["text"]) == (
        "A-1",
        "10001",
        "2027-01-01",
        "2027-12-31",
        "Beitrag 2027",
    )
    assert (row["net"], row["gross"], row["warnings"]) == ("96.00", "114.24", [])
    code, answer = create(desk, "01.01.2027", "--yes")
    assert (code, answer["items"][0]["number"], answer["creation"]["id"]) == (0, "RE-2027-00001", 2)
    code, answer = call(
        desk, "mass-print", "print", "--from", "RE-2027-00001", "--yes", "--singles", "--out", str(tmp_path / "out")
    )
    assert (code, answer["printed"]) == (0, ["RE-2027-00001"])
    assert (tmp_path / "out" / "Rechnung_RE-2027-00001.pdf").exists()
    assert select(desk, "01.01.2027")[1]["count"] == 0


def test_select_changes_nothing_and_keeps_the_balance(desk: Desk) -> None:
    add(desk, "A-1")
    add(desk, "A-2", "10002", "--paused")
    add(desk, "A-3", "10002", "--end", "2026-12-31")
    first = select(desk, "2027-01-01")[1]
    assert first == select(desk, "2027-01-01")[1]
    assert first["balance"] == {
        "candidates": 6,
        "in": 3,
        "out": {"paused": 2, "after_end": 1},
        "eur": {
            "candidates": "685.44",
            "in": "342.72",
            "out": {"paused": "228.48", "after_end": "114.24"},
        },
    }


def test_dropped_rows_are_left_out_this_time_only(desk: Desk) -> None:
    add(desk, "A-1")
    add(desk, "A-2", "10002")
    code, answer = create(desk, "2026-06-01", "--drop", "A-1:2026-01-01", "--yes")
    assert (code, [i["order"] for i in answer["items"]], answer["balance"]["out"]) == (0, ["A-2"], {"dropped": 1})
    assert [i["order"] for i in select(desk, "2026-06-01")[1]["items"]] == ["A-1"]


def test_creating_asks_unless_told_yes(desk: Desk) -> None:
    add(desk, "A-1")
    code, answer = create(desk, "2026-06-01")
    assert (code, answer["problems"][0]["code"]) == (2, "BESTAETIGUNG_FEHLT")
    assert create(desk, "2026-06-01", "--dry-run")[1]["count"] == 1
    assert desk.store.count(Document) == 0


def test_c4_7_a_mistyped_year_is_refused_without_yes(desk: Desk) -> None:
    add(desk, "A-1")
    for action in (select, create):
        code, answer = action(desk, "2036-01-01")
        assert (code, answer["problems"][0]["code"]) == (3, "AUSFUEHRUNGSDATUM_WEIT_VORAUS")
    assert select(desk, "2036-01-01", "--yes")[1]["count"] == 11


def test_c4_7_more_than_twelve_rows_of_one_order_are_refused_without_yes(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--interval", "month", "--anchor", "2025-11-01")
    code, answer = create(desk, "2026-12-01")
    assert (code, answer["problems"][0]["code"]) == (3, "VIELE_PERIODEN")
    code, answer = select(desk, "2026-12-01")
    assert (code, answer["count"]) == (3, 14)
    assert create(desk, "2026-12-01", "--yes")[0] == 0


def test_an_order_that_cannot_be_billed_is_a_problem_and_exit_1(desk: Desk) -> None:
    from tui_billing.domain.parties import Address

    add_customer(desk, "10003", address=Address())
    add(desk, "A-1")
    add(desk, "A-2", "10003", "--price", "1000")
    code, answer = create(desk, "2026-06-01", "--yes")
    assert (code, answer["ok"], answer["done"], answer["failed"], answer["open"]) == (1, False, 1, 1, 0)
    assert answer["problems"][0]["code"] == "EMPFAENGER_ANSCHRIFT_UNVOLLSTAENDIG"


def test_nothing_due_is_done_without_a_creation(desk: Desk) -> None:
    code, answer = create(desk, "today", "--yes")
    assert (code, answer["items"], answer["creation"]) == (0, [], None)


def test_today_is_resolved_by_the_command(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--anchor", "2026-11-22")
    code, _answer = call(desk, "interval", "create", "--execution-date", "today", "--yes")
    assert (code, desk.store.need(Document, 1).invoice_date.isoformat()) == (0, "2026-11-22")


def test_creations_are_kept_shown_and_exported(desk: Desk, tmp_path: Path) -> None:
    add(desk, "A-1")
    create(desk, "2026-06-01", "--yes")
    (item,) = call(desk, "interval", "list")[1]["items"]
    assert (item["id"], item["created"], item["finished"], item["execution_date"]) == (1, 1, True, "2026-06-01")
    file = tmp_path / "nummern.csv"
    code, answer = call(desk, "interval", "show", "1", "--csv", str(file))
    assert (code, answer["items"][0]["number"]) == (0, "RE-2027-00001")
    assert "RE-2027-00001;A-1;10001;Turnverein 1899" in file.read_text(encoding="utf-8-sig")
    assert call(desk, "interval", "show", "7")[0] == 2
    assert call(desk, "interval", "resume", "1")[0] == 3


def test_waive_and_unwaive(desk: Desk) -> None:
    add(desk, "A-1")
    words = ("--order", "A-1", "--period", "2026-01-01")
    assert call(desk, "interval", "waive", *words, "--reason", "Kulanz")[0] == 0
    assert select(desk, "2026-06-01")[1]["count"] == 0
    assert call(desk, "interval", "waive", *words, "--reason", "Kulanz")[0] == 3
    assert call(desk, "interval", "unwaive", *words)[0] == 0
    assert select(desk, "2026-06-01")[1]["count"] == 1


def test_gaps_name_the_forgotten_periods_in_eur(desk: Desk) -> None:
    add(desk, "A-1")
    code, answer = call(desk, "interval", "gaps", "--until", "31.12.2027")
    assert (code, answer["count"], answer["total"]) == (0, 2, "228.48")


def test_why_explains_an_order_that_is_not_in_the_list(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--paused")
    answer = call(desk, "interval", "why", "--order", "A-1", "--execution-date", "2026-06-01")[1]
    failing = [r["code"] for r in answer["items"][0]["reasons"] if r["passed"] is False]
    assert failing == ["paused"]


def test_the_form_text_is_printed_only_where_a_placeholder_stands(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--header-text", "Für {Abrechnungszeitraum}")
    add(desk, "A-2", "10002")
    rows = select(desk, "2026-06-01", "--billing-period-text", "das Jahr 2026")[1]["items"]
    assert [(r["header_text"], r["text"]) for r in rows] == [
        ("Für das Jahr 2026", "Beitrag 2026"),
        ("", "Beitrag 2026"),
    ]
    assert [[w["code"] for w in r["warnings"]] for r in rows] == [[], ["TEXT_OHNE_PLATZHALTER"]]


ORDER = {
    "number": "A-9",
    "customer": "10002",
    "header_text": "Wartung",
    "lines": [
        {"name": "Wartung {Quartal}", "quantity": "2", "unit_price": 225.5, "price_basis": "month"},
        {"name": "Anfahrt", "unit_price": "35.00", "vat_rate": "7"},
    ],
    "interval": {"every": 1, "unit": "quarter", "anchor": "2026-01-01", "timing": "in_arrears", "end": "2027-12-31"},
}


def test_an_order_from_json_has_all_its_fields(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER), encoding="utf-8")
    code, answer = call(desk, "order", "add", "--file", str(file))
    assert code == 0, answer
    order = answer["order"]
    assert (order["number"], order["customer"], order["lines"][0]["unit_price"]) == ("A-9", "10002", "225.5")
    assert (answer["next"][0]["due"], answer["next"][0]["period_start"]) == ("2026-03-31", "2026-01-01")
    assert len(answer["next"]) == 8
    assert [s["state"] for s in answer["strip"]] == ["due"] * 3 + ["future"] * 5
    row = select(desk, "2026-03-31")[1]["items"][0]
    assert (row["net"], row["text"]) == ("1388.00", "Wartung 1. Quartal 2026")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"interval": {"unit": "fortnight", "anchor": "2026-01-01"}}, "interval.unit"),
        ({"interval": {"unit": "month", "anchor": "31.01.2026"}}, "interval.anchor"),
        ({"lines": [{"name": "x", "unit_price": "NaN"}]}, "lines.1.unit_price"),
        ({"lines": [{"name": "x", "preis": "1"}]}, "lines.1.preis"),
        ({"lines": "x"}, "lines"),
        ({"paused": True}, "paused"),
    ],
)
def test_json_that_does_not_fit_names_the_field(desk: Desk, tmp_path: Path, change: dict[str, Any], where: str) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps({**ORDER, **change}), encoding="utf-8")
    code, answer = call(desk, "order", "add", "--file", str(file))
    assert (code, answer["problems"][0]["where"]) == (3, where)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00", '{"order": 5}'])
def test_a_file_that_is_no_order_is_told(desk: Desk, tmp_path: Path, content: str) -> None:
    file = tmp_path / "order.json"
    file.write_text(content, encoding="utf-8")
    code, answer = call(desk, "order", "add", "--file", str(file))
    assert (code, answer["ok"]) == (3, False)


def test_a_field_that_stands_twice_in_the_file_of_an_order_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER).replace('"lines": [{', '"lines": [{"unit_price": "9", ', 1), encoding="utf-8")
    code, answer = call(desk, "order", "add", "--file", str(file))
    assert (code, answer["problems"][0]["code"]) == (3, "SPALTE_DOPPELT")
    assert answer["problems"][0]["text"] == "Das Feld „unit_price“ kommt zweimal vor."


def test_orders_are_edited_listed_shown_and_deleted(desk: Desk) -> None:
    add(desk, "A-1")
    code, answer = call(desk, "order", "edit", "A-1", "--price", "120", "--paused", "--end", "31.12.2028")
    assert (code, answer["order"]["lines"][0]["unit_price"], answer["order"]["interval"]["paused"]) == (
        0,
        "120.00",
        True,
    )
    assert call(desk, "order", "edit", "A-1", "--end", "none")[1]["order"]["interval"]["end"] is None
    (item,) = call(desk, "order", "list", "--customer", "10001")[1]["items"]
    assert (item["number"], item["state"]) == ("A-1", "paused")
    assert call(desk, "order", "show", "A-1")[1]["order"]["number"] == "A-1"
    assert call(desk, "order", "delete", "A-1", "--yes")[1]["deleted"] is True
    assert call(desk, "order", "show", "A-1")[0] == 2


def test_a_billed_order_is_not_deleted(desk: Desk) -> None:
    add(desk, "A-1")
    create(desk, "2026-06-01", "--yes")
    code, answer = call(desk, "order", "delete", "A-1", "--yes")
    assert (code, answer["problems"][0]["code"]) == (3, "AUFTRAG_BERECHNET")


def test_an_order_preview_stores_nothing(desk: Desk) -> None:
    flags = ("--name", "x", "--price", "1", "--interval", "month", "--anchor", "2026-01-31", "--month-end")
    code, answer = call(desk, "order", "preview", "--customer", "10001", *flags)
    assert (code, [n["due"] for n in answer["next"][:3]]) == (0, ["2026-01-31", "2026-02-28", "2026-03-31"])
    assert call(desk, "order", "list")[1]["count"] == 0


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--end", "2025-01-01"), "ENDE_VOR_BEGINN"),
        (("--every", "0"), "INTERVALL_UNGUELTIG"),
        (("--start", "2026-05-05"), "BEGINN_MITTEN_IN_PERIODE"),
        (("--discount", "10", "--name", " "), "BEZEICHNUNG_FEHLT"),
        (("--interval", "week", "--price-basis", "month"), "PREISBASIS_PASST_NICHT"),
        (("--every", "5", "--interval", "month", "--yearly-value", "100"), "JAHRESWERT_NICHT_TEILBAR"),
    ],
)
def test_orders_that_cannot_be_meant_are_refused(desk: Desk, flags: tuple[str, ...], code: str) -> None:
    base = ("--name", "x", "--price", "1", "--interval", "year", "--anchor", "2026-01-01")
    exit_code, answer = call(desk, "order", "add", "--customer", "10001", *base, *flags)
    assert (exit_code, [p["code"] for p in answer["problems"]]) == (3, [code])


def test_rechnungsstellung_by_command(desk: Desk) -> None:
    new = ("invoice", "new", "--customer", "10001", "--name", "Beratung", "--price", "50", "--quantity", "2")
    code, answer = call(desk, *new)
    assert (code, answer["invoice"]["number"], answer["invoice"]["totals"]["gross"]) == (0, "RE-2026-00001", "119.00")
    assert (
        call(desk, "invoice", "edit", "RE-2026-00001", "--quantity", "3")[1]["invoice"]["totals"]["gross"] == "178.50"
    )
    assert call(desk, "invoice", "finalise", "RE-2026-00001", "--yes")[1]["invoice"]["state"] == "final"
    assert call(desk, "invoice", "edit", "RE-2026-00001", "--quantity", "4")[0] == 3
    assert call(desk, "invoice", "cancel", "RE-2026-00001", "--reason", "falsch", "--yes")[0] == 0
    code, answer = call(desk, *new, "--kind", "credit_memo")
    assert (answer["invoice"]["number"], answer["invoice"]["totals"]["gross"]) == ("GS-2026-00001", "-119.00")


def names(answer: dict[str, Any], noun: str) -> list[str]:
    return [line["name"] for line in answer[noun]["lines"]]


def test_gaps_are_asked_for_up_to_today_unless_another_day_is_given(desk: Desk) -> None:
    add(desk, "A-1")
    assert call(desk, "interval", "gaps")[1]["until"] == "2026-11-22"
    assert call(desk, "interval", "gaps", "--until", "2025-12-31")[1]["count"] == 0


def test_positions_are_added_inserted_and_taken_out(desk: Desk) -> None:
    add(desk, "A-1")
    new = ("invoice", "new", "--customer", "10001", "--name", "erste", "--price", "1")
    number = call(desk, *new)[1]["invoice"]["number"]
    for noun, which in (("invoice", number), ("order", "A-1")):
        edit = (noun, "edit", which)
        call(desk, *edit, "--name", "erste")
        call(desk, *edit, "--line", "2", "--name", "dritte", "--price", "3")
        answer = call(desk, *edit, "--line", "2", "--insert", "--name", "zweite", "--price", "2")[1]
        assert names(answer, noun) == ["erste", "zweite", "dritte"]
        assert names(call(desk, *edit, "--drop-line", "1")[1], noun) == ["zweite", "dritte"]
        code, answer = call(desk, *edit, "--drop-line", "3")
        assert (code, answer["problems"][0]["text"]) == (2, "Position 3 gibt es nicht; es sind 2")


def test_b12_a_position_without_a_rate_gets_that_of_the_last_day_of_its_supply(desk: Desk) -> None:
    new = ("invoice", "new", "--customer", "10001", "--name", "Wartung", "--price", "300")
    december = ("--invoice-date", "2021-01-05", "--period-from", "2020-12-01", "--period-to", "2020-12-31")
    code, answer = call(desk, *new, *december)
    assert (code, answer["problems"]) == (0, [])
    assert [line["vat_rate"] for line in answer["invoice"]["lines"]] == ["16"]
    code, answer = call(desk, *new, *december, "--vat", "19")
    assert (code, [p["code"] for p in answer["problems"]]) == (0, ["STEUERSATZ_ZUM_LEISTUNGSTAG"])
    assert answer["problems"][0]["text"] == (
        "Position 1: Am Tag der Leistung (31.12.2020) gelten 16 %, nicht 19 % (§ 27 Abs. 1 UStG)."
    )
    number = answer["invoice"]["number"]
    edited = call(desk, "invoice", "edit", number, "--line", "2", "--name", "Fahrt", "--price", "10")[1]
    assert [line["vat_rate"] for line in edited["invoice"]["lines"]] == ["19", "16"]


def test_a_prepaid_amount_and_a_delivery_address_are_given_by_flags(desk: Desk) -> None:
    new = ("invoice", "new", "--customer", "10001", "--name", "Anlage", "--price", "100", "--prepaid", "50,00")
    place = ("--delivery-name", "Lager", "--delivery-city", "Wien", "--delivery-country", "at")
    answer = call(desk, *new, *place)[1]["invoice"]
    assert (answer["totals"]["gross"], answer["totals"]["payable"]) == ("119.00", "69.00")
    assert [answer["delivery_address"][k] for k in ("street", "city", "country")] == ["", "Wien", "AT"]
    edited = call(desk, "invoice", "edit", answer["number"], "--delivery-street", "Ring 1", "--prepaid", "0")[1][
        "invoice"
    ]
    assert [edited["delivery_address"][k] for k in ("street", "city", "country")] == ["Ring 1", "Wien", "AT"]
    assert edited["totals"]["payable"] == "119.00"
    assert call(desk, "receivable", "show", answer["number"])[1]["receivable"]["open"] == "119.00"


def test_tax_notes_are_given_by_flags(desk: Desk) -> None:
    add(desk, "A-1")
    new = (
        "invoice",
        "new",
        "--customer",
        "10001",
        "--name",
        "Miete",
        "--price",
        "1",
        "--vat-category",
        "E",
        "--vat",
        "0",
    )
    number = call(desk, *new)[1]["invoice"]["number"]
    notes = ("--exemption-reason", "§ 4 Nr. 12 UStG", "--property-work", "--buyer-order-reference", "B-7")
    for noun, which in (("invoice", number), ("order", "A-1")):
        made = call(desk, noun, "edit", which, *notes)[1][noun]
        found = (made["exemption_reason"], made["property_work"], made["buyer_order_reference"])
        assert found == ("§ 4 Nr. 12 UStG", True, "B-7")


def test_the_printed_range_becomes_a_run(desk: Desk) -> None:
    add(desk, "A-1")
    create(desk, "2026-06-01", "--yes")
    code, answer = call(desk, "mass-print", "run", "--from", "RE-2027-00001", "--type", "email")
    assert (code, answer["run"]["number"]) == (0, 1)


def test_orders_come_in_from_csv_with_what_was_billed_before(desk: Desk) -> None:
    add_customer(desk, "10003")
    file = Path(__file__).parents[2] / "data" / "orders.csv"
    missing = call(desk, "import", "orders", str(file))[1]["problems"]
    assert [(p["where"], p["code"]) for p in missing[:2]] == [(f"Zeile {n}", "BELEGART_UNBEKANNT") for n in (2, 5)]
    for name, number_range in (("Beitragsrechnung", "BR"), ("Mietrechnung", "MR")):
        call(desk, "invoice", "type-set", name, "--range", number_range)
    code, answer = call(desk, "import", "orders", str(file))
    assert (code, answer["imported"]) == (0, 3)
    rows = select(desk, "2026-12-31")[1]["items"]
    assert [(r["order"], r["period_start"], len(r["periods"])) for r in rows] == [
        ("A-2002", "2026-10-01", 1),
        ("A-2003", "2026-11-01", 2),
    ]
    assert call(desk, "import", "orders", str(file))[1]["problems"][0]["code"] == "NUMMER_VERGEBEN"


@pytest.mark.parametrize(
    "words",
    [
        ("order", "add", "--customer", "10001", "--name", "x", "--price", "1"),
        ("order", "edit", "A-1"),
        ("order", "preview", "--customer", "10001", "--name", "x", "--price", "1"),
        ("invoice", "new", "--customer", "10001", "--name", "x", "--price", "1"),
        ("interval", "create", "--execution-date", "2026-06-01", "--yes"),
    ],
)
def test_a_belegart_that_nobody_defined_is_refused_with_the_ones_that_there_are(desk: Desk, words) -> None:
    add(desk, "A-1")
    code, answer = call(desk, *words, "--document-type", "Mahnbrief")
    text = "Die Belegart „Mahnbrief“ gibt es nicht; „invoice type-set“ legt sie an."
    assert (code, answer["problems"][0]["code"], answer["problems"][0]["text"]) == (2, "BELEGART_UNBEKANNT", text)
    call(desk, "invoice", "type-set", "Mietrechnung", "--range", "MR")
    code, answer = call(desk, *words, "--document-type", "Mahnbrief")
    assert "es gibt: Mietrechnung. Eine neue" in answer["problems"][0]["text"]
    assert call(desk, *words, "--document-type", "Mietrechnung")[0] == 0


def test_belegarten_have_number_ranges_of_their_own(desk: Desk) -> None:
    assert call(desk, "invoice", "type-set", "Beitragsrechnung", "--range", "br")[0] == 0
    assert call(desk, "invoice", "types")[1]["items"][0]["number_range"] == "BR"
    assert call(desk, "invoice", "type-set", "x", "--range", "a/b")[0] == 3
    add(desk, "A-1", "10001", "--document-type", "Beitragsrechnung")
    assert create(desk, "2026-06-01", "--yes")[1]["items"][0]["number"] == "BR-2027-00001"
    add(desk, "A-2", "10002")
    answer = create(desk, "2026-06-01", "--document-type", "Beitragsrechnung", "--yes")[1]
    assert answer["items"][0]["number"] == "BR-2027-00002"
    assert create(desk, "2026-06-01", "--document-type", "Fehlt", "--yes")[0] == 2


def test_a_kleinunternehmer_gets_positions_without_tax(tmp_path: Path) -> None:
    made = make_desk(tmp_path)
    add_company(made, replace(SELLER, small_business=True))
    add_customer(made, "10001")
    add(made, "A-1")
    answer = create(made, "2026-06-01", "--yes")[1]
    assert (answer["done"], answer["items"][0]["net"], answer["items"][0]["gross"]) == (1, "96.00", "96.00")


def test_c5_3_a_contract_that_ends_early_gives_back_what_was_billed_beyond_its_end(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--price", "1200,00", "--prorate-end")
    assert call(desk, "invoice", "end-credit", "A-1")[0] == 3
    create(desk, "2026-06-01", "--yes")
    assert call(desk, "order", "edit", "A-1", "--end", "30.09.2026")[0] == 0
    code, answer = call(desk, "invoice", "end-credit", "A-1")
    credit = answer["invoice"]
    assert (code, credit["number"], credit["totals"]["net"]) == (0, "GS-2026-00001", "-302.47")
    assert (credit["period_from"], credit["period_to"]) == ("2026-10-01", "2026-12-31")
    assert call(desk, "invoice", "end-credit", "A-1")[1]["problems"][0]["code"] == "SCHON_GUTGESCHRIEBEN"


def test_c5_3_what_was_billed_counts_not_what_the_order_costs_since(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--price", "1200,00", "--prorate-end")
    create(desk, "2026-06-01", "--yes")
    call(desk, "order", "edit", "A-1", "--price", "2400,00", "--vat", "7", "--end", "30.09.2026")
    credit = call(desk, "invoice", "end-credit", "A-1")[1]["invoice"]
    assert (credit["totals"]["net"], credit["lines"][0]["vat_rate"]) == ("-302.47", "19")


def test_c5_3_an_end_that_moves_again_gives_no_day_back_twice(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--price", "1200,00", "--prorate-end")
    create(desk, "2026-06-01", "--yes")
    call(desk, "order", "edit", "A-1", "--end", "30.09.2026")
    number = call(desk, "invoice", "end-credit", "A-1")[1]["invoice"]["number"]
    call(desk, "order", "edit", "A-1", "--end", "30.06.2026")
    assert call(desk, "invoice", "end-credit", "A-1")[1]["problems"][0]["code"] == "SCHON_GUTGESCHRIEBEN"
    call(desk, "invoice", "cancel", number, "--reason", "neues Ende", "--yes")
    assert call(desk, "invoice", "end-credit", "A-1")[1]["invoice"]["totals"]["net"] == "-604.93"  # 1200 - 181/365


def test_c5_months_billed_behind_the_end_go_back_whole_though_the_order_does_not_prorate(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--interval", "month", "--anchor", "2026-06-01", "--price", "100")
    create(desk, "2026-08-01", "--yes")
    call(desk, "order", "edit", "A-1", "--end", "10.07.2026")
    credit = call(desk, "invoice", "end-credit", "A-1")[1]["invoice"]
    assert (credit["totals"]["net"], credit["period_from"], credit["period_to"]) == (
        "-100.00",
        "2026-08-01",
        "2026-08-31",
    )
    add(desk, "A-2", "10001", "--interval", "month", "--anchor", "2026-06-01", "--end", "15.06.2026")
    create(desk, "2026-06-01", "--yes")
    assert call(desk, "invoice", "end-credit", "A-2")[1]["problems"][0]["code"] == "KEINE_TEILBERECHNUNG"


def test_c5_3_nothing_of_a_cancelled_invoice_is_given_back(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--price", "1200,00", "--prorate-end")
    number = create(desk, "2026-06-01", "--yes")[1]["items"][0]["number"]
    call(desk, "invoice", "cancel", number, "--reason", "falsch", "--yes")
    call(desk, "order", "edit", "A-1", "--end", "30.09.2026")
    assert call(desk, "invoice", "end-credit", "A-1")[1]["problems"][0]["code"] == "NICHTS_ZU_ERSTATTEN"


def test_c4_7_what_yes_has_answered_only_warns(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--interval", "month", "--anchor", "2025-11-01")
    code, answer = create(desk, "2026-12-01", "--dry-run")
    assert (code, answer["ok"], answer["count"]) == (3, False, 14)
    for action in (select, create):
        code, answer = action(desk, "2026-12-01", "--dry-run", "--yes")
        assert (code, answer["ok"], answer["problems"][0]["warning"]) == (0, True, True)


def test_a_dry_run_refuses_what_the_real_one_would_refuse(desk: Desk) -> None:
    add(desk, "A-1")
    waive = ("interval", "waive", "--order", "A-1", "--reason", "Kulanz", "--dry-run", "--period")
    seq = desk.store.seq
    assert call(desk, *waive, "2026-01-01")[1]["period"]["state"] == "waived"
    assert call(desk, *waive, "2026-01-02")[0] == 3
    assert call(desk, "interval", "unwaive", "--order", "A-1", "--period", "2026-01-01", "--dry-run")[0] == 3
    flags = ("--name", "X", "--price", "1", "--customer", "10001", "--dry-run")
    code, answer = call(desk, "order", "add", "--number", "A-1", *flags)
    assert (code, answer["problems"][0]["code"]) == (3, "SCHON_VERGEBEN")
    assert desk.store.seq == seq
    create(desk, "2026-01-01", "--yes")
    assert call(desk, "order", "delete", "A-1", "--dry-run")[1]["problems"][0]["code"] == "AUFTRAG_BERECHNET"


def test_an_end_before_the_anchor_is_refused_though_a_start_is_given(desk: Desk) -> None:
    dates = ("--interval", "month", "--anchor", "2026-09-01", "--start", "2026-08-01", "--end", "2026-08-30")
    code, answer = call(desk, "order", "add", "--customer", "10001", "--name", "X", "--price", "1", *dates)
    assert (code, answer["problems"][0]["code"]) == (3, "ENDE_VOR_BEGINN")


def test_the_typed_period_text_reaches_the_invoice_without_control_characters(desk: Desk) -> None:
    add(desk, "A-1", "10001", "--header-text", "{Abrechnungszeitraum}")
    code, answer = create(desk, "2026-01-01", "--billing-period-text", "A\x1b[2J\r\nB", "--yes")
    (made,) = desk.store.all(Document)
    assert (code, answer["creation"]["billing_period_text"], made.header_text) == (0, "A[2J B", "A[2J B")
