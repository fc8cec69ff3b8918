"""A dry run of an import ends as the import does, refused rows are all named, and doubtful values are told."""

import json
import shutil
from pathlib import Path

import pytest
from cli import Cli

HEADERS = {
    "customers": "Kundennummer;Name",
    "invoices": "Rechnungsnummer;Kundennummer;Rechnungsdatum;Bezeichnung;Einzelpreis",
    "orders": "Auftragsnummer;Kundennummer;Bezeichnung;Einzelpreis",
    "payments": "Bezahlt am;Betrag;Kundennummer",
}
BAD = {
    "customers": "1;",
    "invoices": "R;10001;x;A;5",
    "orders": "A;99999;Miete;5",
    "payments": "x;5;10001",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five customers."""
    cli = Cli(tmp_path_factory.mktemp("inputs") / "data")
    cli("demo", "--size", "5", "--no-ui")
    return cli.folder


@pytest.fixture
def cli(template: Path, tmp_path: Path) -> Cli:
    """A copy of them."""
    shutil.copytree(template, tmp_path / "data")
    return Cli(tmp_path / "data")


def written(cli: Cli, text: str, name: str = "file.csv") -> str:
    file = cli.folder.parent / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def codes(ran):
    return [(p["where"], p["code"]) for p in ran.data["problems"]]


def both(cli: Cli, *words: str):
    """The dry run and the run itself, which must say the same."""
    dry = cli(*words, "--dry-run", code=None)
    done = cli(*words, code=None)
    assert (dry.code, dry.data["ok"], codes(dry)) == (done.code, done.data["ok"], codes(done))
    return done


@pytest.mark.parametrize("what", HEADERS)
@pytest.mark.parametrize("partial", [(), ("--partial",)])
def test_a_file_without_a_row_is_refused_by_the_dry_run_too(cli, what, partial):
    ran = both(cli, "import", what, written(cli, HEADERS[what] + "\n"), *partial)
    assert (ran.code, codes(ran)) == (3, [("", "IMPORT_LEER")])


@pytest.mark.parametrize("what", ["customers", "invoices"])
def test_an_empty_list_is_refused_by_the_dry_run_too(cli, what):
    ran = both(cli, "import", what, written(cli, "[]", "file.json"))
    assert (ran.code, codes(ran)) == (3, [("", "IMPORT_LEER")])


@pytest.mark.parametrize("what", HEADERS)
def test_a_file_with_nothing_but_bad_rows_ends_alike_in_the_dry_run_with_and_without_partial(cli, what):
    file = written(cli, f"{HEADERS[what]}\n{BAD[what]}\n")
    whole = both(cli, "import", what, file)
    assert (whole.code, codes(whole)[-1]) == (3, ("", "IMPORT_ABGEBROCHEN"))
    partial = both(cli, "import", what, file, "--partial")
    assert (partial.code, codes(partial)[-1]) == (3, ("", "IMPORT_LEER"))


def test_a_payment_that_is_known_is_no_empty_file(cli):
    file = written(cli, HEADERS["payments"] + "\n20.11.2026;5,00;10001\n")
    assert both(cli, "import", "payments", file).data["created"] == 1
    assert both(cli, "import", "payments", file).data["created"] == 0


def test_partial_names_every_row_of_a_refused_invoice_and_of_an_order(cli):
    good = "R1;10001;3.11.2026;A;5"
    rows = (good, "R2;10001;3.11.2026;Gut;5", "R2;10001;3.11.2026;Schlecht;x", "R3;99999;3.11.2026;A;5", "R3;;;B;5")
    ran = both(cli, "import", "invoices", written(cli, "\n".join((HEADERS["invoices"], *rows))), "--partial")
    assert (ran.data["imported"], ran.data["refused"]) == (1, 4)
    refused = [(p["where"], p["code"], p["text"]) for p in ran.data["problems"] if not p["warning"]]
    assert [(where, code) for where, code, _text in refused] == [
        ("Zeile 3", "ZEILE_MIT_ABGELEHNT"),
        ("Zeile 4", "ZAHL_UNGUELTIG"),
        ("Zeile 5", "KUNDE_UNBEKANNT"),
        ("Zeile 6", "ZEILE_MIT_ABGELEHNT"),
    ]
    assert refused[3][2] == "R3 ist wegen Zeile 5 abgelehnt, darum auch diese Zeile."
    rows = ("A1;10001;Miete;5", "A2;99999;Miete;5", "A2;;Strom;5")
    ran = both(cli, "import", "orders", written(cli, "\n".join((HEADERS["orders"], *rows))), "--partial")
    assert [p for p in codes(ran) if p[1] != "SPALTE_UNBEKANNT"] == [
        ("Zeile 3", "KUNDE_UNBEKANNT"),
        ("Zeile 4", "ZEILE_MIT_ABGELEHNT"),
    ]


def test_all_or_nothing_counts_the_rows_that_are_bad_themselves(cli):
    rows = ("R2;10001;3.11.2026;Gut;5", "R2;10001;3.11.2026;Schlecht;x")
    ran = both(cli, "import", "invoices", written(cli, "\n".join((HEADERS["invoices"], *rows))))
    assert ran.data["problems"][-1]["text"].startswith("Eine Zeile ist fehlerhaft, nichts wurde übernommen.")


NEW = ("invoice", "new", "--customer", "10001", "--service-date", "1.11.2026", "--name", "x", "--price", "10")


@pytest.mark.parametrize(
    ("words", "where", "text"),
    [
        ((*NEW, "--vat", "0,19"), "--vat", "0,19 % ist sehr wenig: meinten Sie 19 %?"),
        (("settings", "set", "invoice.vat_rate", "0,19"), "invoice.vat_rate", "0,19 % ist sehr wenig: "),
        (("customer", "edit", "10001", "--terms-skonto-percent", "0,02"), "--terms-skonto-percent", "0,02 % ist sehr "),
        (("customer", "edit", "10001", "--terms-skonto-percent", "0,02", "--dry-run"), "--terms-skonto-percent", "0,"),
    ],
)
def test_a_percentage_that_is_doubtful_is_taken_and_told(cli, words, where, text):
    ran = cli(*words)
    told = [p for p in ran.data["problems"] if p["code"] == "PROZENT_SEHR_KLEIN"]
    assert [(p["where"], p["warning"]) for p in told] == [(where, True)] and plain(told[0]["text"]).startswith(text)
    assert ran.data["ok"] is True
    assert f"{where}: {text}" in plain(cli.plain(*words).err)


def test_a_doubt_is_told_beside_a_refusal_and_not_by_the_next_command(cli):
    ran = cli("customer", "edit", "99999", "--terms-skonto-percent", "0,02", code=2)
    assert [p["code"] for p in ran.data["problems"]] == ["NICHT_GEFUNDEN", "PROZENT_SEHR_KLEIN"]
    assert cli("customer", "show", "10001").data["problems"] == []
    cli(*NEW, "--vat", "0,19", "--discount", "101", code=2)
    assert cli("settings", "set", "invoice.vat_rate", "19").data["problems"] == []


@pytest.mark.parametrize("amount", ["-1000", "1,00-", "−5"])
def test_a_correction_that_charges_more_is_refused_and_says_what_to_do(cli, amount):
    number = cli(*NEW, "--vat", "19").data["invoice"]["number"]
    cli("invoice", "finalise", number, "--yes")
    for more in ((), ("--dry-run",), ("--yes",)):
        ran = cli("invoice", "correct", number, f"--amount={amount}", "--reason", "x", *more, code=3)
        assert [p["code"] for p in ran.data["problems"]] == ["KORREKTUR_NEGATIV"]
        assert "weitere Rechnung oder Lastschrift" in ran.data["problems"][0]["text"]
    assert cli("invoice", "correct", number, "--amount", "1,00", "--reason", "x", "--yes").data["correction"]


def test_customers_that_the_program_shows_come_in_again(cli):
    shown = cli("customer", "show", "10001").data["customer"]
    file = written(cli, json.dumps([shown]), "shown.json")
    assert cli("import", "customers", file, "--update").data["updated"] == 1
