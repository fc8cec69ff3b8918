"""Whole sentences of issue, rules and design asked by command line: what a dry run changes, what is refused and how."""

import hashlib
import json
import socket

import pytest

COMPANY = (
    "--name", "Muster GmbH", "--street", "Weg 1", "--postcode", "10115", "--city", "Berlin",
    "--tax-number", "27/123/45678", "--email", "info@muster.example",
)  # fmt: skip
LINE = ("--name", "Wartung", "--quantity", "1", "--price", "100", "--vat", "19")


@pytest.fixture
def billed(cli):
    """Two customers with one invoice each in November."""
    cli("company", "set", *COMPANY)
    for number in ("K1", "K2"):
        place = ("--street", "Weg 2", "--postcode", "10115", "--city", "Berlin")
        mail = ("--channel", "email", "--email", f"{number.lower()}@kunde.example")
        cli("customer", "add", "--number", number, "--name", f"Kunde {number}", *place, *mail)
        invoice(cli, number)
    return cli


def invoice(cli, customer, day="2026-11-05"):
    dates = ("--invoice-date", day, "--service-date", day)
    return cli("invoice", "new", "--customer", customer, *dates, *LINE).data["invoice"]["number"]


def november(cli, *more, code=0):
    return cli("run", "create", "--date-from", "1.11.", "--date-to", "ultimo", *more, code=code)


def contents(cli):
    """Every file of the data folder but the locks, with its hash."""
    files = [p for p in sorted(cli.folder.rglob("*")) if p.is_file() and not p.name.startswith("lock")]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("invoice", "edit", "RE-2026-00001", "--price", "300"), 0),
        (("invoice", "cancel", "RE-2026-00001", "--reason", "falsch"), 0),
        (("invoice", "correct", "RE-2026-00001", "--amount", "5", "--reason", "falsch"), 3),
        (("invoice", "finalise", "RE-2026-00001"), 0),
        (("invoice", "new", "--customer", "K1", "--service-date", "h", *LINE), 0),
        (("invoice", "new", "--customer", "K1", "--service-date", "h", "--price", "5"), 3),
        (("invoice", "type-set", "Wartung", "--number-range", "WA"), 0),
        (("ignore", "add", "--customer", "K1", "--reason", "klärt"), 0),
        (("ignore", "add", "--customer", "K1", "--reason", "klärt", "--until", "1.1.26"), 2),
        (("settings", "set", "mail.mode", "per_customer"), 0),
        (("company", "set", "--name", "Andere GmbH"), 0),
        (("customer", "add", "--number", "K1", "--name", "Doppelt"), 3),
        (("customer", "edit", "K1", "--email", "a@b..de"), 2),
        (("customer", "block", "K1", "--reason", "zahlt nicht"), 0),
        (("run", "create", "--date-from", "1.11.", "--date-to", "ultimo"), 0),
        (("run", "remove", "1", "RE-2026-00001"), 0),
        (("run", "rebuild", "1"), 0),
        (("run", "execute", "1"), 0),
        (("run", "delete", "1"), 0),
        (("run", "confirm", "1"), 0),
        (("run", "retry", "1", "RE-2026-00001"), 0),
    ],
)  # fmt: skip
def test_a_dry_run_answers_as_the_real_one_would_and_changes_nothing(billed, words, code):
    november(billed)
    before = contents(billed)
    billed(*words, "--dry-run", code=code)
    assert contents(billed) == before


def test_a_dry_run_makes_no_data_folder(cli):
    cli("company", "set", *COMPANY, "--dry-run")
    assert not cli.folder.exists()


@pytest.mark.parametrize(
    "words",
    [("remove", "1", "RE-2026-00001"), ("rebuild", "1"), ("delete", "1"), ("execute", "1")],
)
def test_e10_4_what_an_executed_run_refuses_its_dry_run_refuses_too(billed, words):
    november(billed, "--type", "pdf", "--no-respect-preference")
    billed("run", "execute", "1", "--yes", "--out", str(billed.folder.parent / "out"))
    for more in (("--dry-run",), ("--yes",)):
        assert billed("run", *words, *more, code=3).data["problems"][0]["code"] == "LAUF_STAND"


def test_every_answer_about_a_run_has_its_balance(billed):
    november(billed)
    expected = {
        "candidates": 2, "in": 2, "out": {}, "eur": {"candidates": "238.00", "in": "238.00", "out": {}},
    }  # fmt: skip
    for words in (("show", "1"), ("log", "1"), ("explain", "1", "K1"), ("confirm", "1"), ("delete", "1", "--dry-run")):
        assert billed("run", *words).data["balance"] == expected


def test_the_difference_of_a_rebuild_is_told_in_german(billed):
    november(billed)
    billed("invoice", "edit", "RE-2026-00001", "--price", "200")
    billed("invoice", "cancel", "RE-2026-00002", "--reason", "falsch", "--yes")
    lines = billed.plain("run", "rebuild", "1", "--dry-run").out.splitlines()
    assert lines == [
        "- RE-2026-00002 119,00\N{NO-BREAK SPACE}€ (storniert)",
        "~ RE-2026-00001 119,00\N{NO-BREAK SPACE}€ → 238,00\N{NO-BREAK SPACE}€ (Betrag)",
    ]


def test_a_named_row_that_cannot_be_taken_up_again_is_told(billed):
    november(billed)
    billed("run", "remove", "1", "RE-2026-00001")
    ran = billed("run", "retry", "1", "RE-2026-00001", code=3)
    assert [(p["code"], p["where"]) for p in ran.data["problems"]] == [("ZEILE_BLEIBT", "RE-2026-00001")]
    assert billed("run", "retry", "1", "RE-2026-00001", "RE-2026-00002", code=1).data["count"] == 1


def test_a_number_that_is_taken_is_refused_by_a_rule_and_not_a_damaged_store(billed):
    problem = billed("customer", "add", "--number", "K1", "--name", "Doppelt", code=3).data["problems"][0]
    assert (problem["code"], problem["where"]) == ("SCHON_VERGEBEN", "K1")


def test_a8_an_invoice_keeps_the_year_that_its_number_names(billed):
    assert invoice(billed, "K1", "2025-12-31") == "RE-2025-00001"
    problem = billed("invoice", "edit", "RE-2026-00001", "--invoice-date", "31.12.2025", code=3).data["problems"][0]
    assert problem["code"] == "NUMMER_ANDERES_JAHR"
    billed("invoice", "edit", "RE-2026-00001", "--invoice-date", "31.12.2026")


def test_a_cancelled_document_says_that_it_is_cancelled_when_somebody_edits_it(billed):
    billed("invoice", "cancel", "RE-2026-00001", "--reason", "falsch", "--yes")
    problem = billed("invoice", "edit", "RE-2026-00001", "--price", "3", code=3).data["problems"][0]
    assert problem["code"] == "BELEG_STORNIERT"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mail.port", "0"), ("mail.port", "70000"), ("mail.port", "abc"), ("mail.connections", "0"),
        ("mail.size_limit_kb", "0"), ("mail.timeout", "0"), ("mail.sender", "a@b..de"), ("mail.archive", "x"),
        ("mail.reply_to", "a@firma.de\r\nBcc: b@firma.de"), ("mail.subject.de", "Rechnung\r\nBcc: b@firma.de"),
        ("invoice.vat_rate", "101"), ("batch.month_end", "vielleicht"),
    ],
)  # fmt: skip
def test_a_setting_with_a_wrong_value_is_refused_where_it_is_typed(billed, key, value):
    before = billed("settings", "get", key).data["setting"]["value"]
    problem = billed("settings", "set", key, value, code=2).data["problems"][0]
    assert (problem["code"], problem["where"]) == ("EINSTELLUNG_UNGUELTIG", key)
    assert billed("settings", "get", key).data["setting"]["value"] == before


def test_a_setting_takes_an_address_an_empty_one_and_the_port_in_its_bounds(billed):
    assert billed("settings", "set", "mail.sender", " Rechnung@Firma.DE ").data["setting"]["value"] == (
        "Rechnung@firma.de"
    )
    assert billed("settings", "set", "mail.sender", "").data["setting"]["value"] == ""
    assert billed("settings", "set", "mail.port", "0465").data["setting"]["value"] == "465"
    assert billed("settings", "set", "invoice.vat_rate", "7,5").data["setting"]["value"] == "7.5"


@pytest.mark.parametrize("word", ["Kunde K2", "zuletzt"])
def test_a9_5_verify_names_the_index_of_the_first_broken_link(billed, word):
    billed("ignore", "add", "--customer", "K1", "--reason", "zuletzt")
    path = next(iter((billed.folder / "journal").glob("*.jsonl")))
    lines = path.read_bytes().splitlines()
    line, entry = next((n, json.loads(text)) for n, text in enumerate(lines, 1) if word.encode() in text)
    path.write_bytes(path.read_bytes().replace(word.encode(), word[::-1].encode(), 1))
    ran = billed("verify", code=4)
    broken = ran.data["first_broken"]
    assert (broken["index"], broken["line"]) == (entry["seq"], line)
    assert ran.data["ok"] is False


def test_a_path_that_cannot_be_used_is_told_in_german_without_a_number(cli, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    text = cli("company", "set", "--name", "M", "--data", str(tmp_path / "file"), code=4).data["problems"][0]["text"]
    assert "Errno" not in text
    assert text.endswith("file ist eine Datei und kein Datenordner; bitte mit --data einen Ordner angeben.")


def test_the_dry_run_of_an_import_ends_as_the_import_would(billed, tmp_path):
    file = tmp_path / "customers.csv"
    file.write_text("Kundennummer;Name;E-Mail\nK3;Gut;k3@kunde.example\nK4;Schlecht;a@b..de\n", encoding="utf-8")
    for more, code in (((), 3), (("--partial",), 1)):
        before = contents(billed)
        assert billed("import", "customers", str(file), "--dry-run", *more, code=code).data["valid"] == 1
        assert contents(billed) == before
        billed("import", "customers", str(file), *more, code=code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mail.transport": "smtp"}, "MAILSERVER_FEHLT"),
        ({"mail.transport": "smtp", "mail.host": "mail.example", "mail.security": "none"}, "UNVERSCHLUESSELT"),
    ],
)
def test_a_mail_profile_that_cannot_send_refuses_the_run_before_it_begins(billed, changes, code):
    november(billed)
    for key, value in changes.items():
        billed("settings", "set", key, value)
    for more in ("--yes", "--dry-run"):
        assert billed("run", "execute", "1", more, code=3).data["problems"][0]["code"] == code
    assert billed("run", "show", "1").data["run"]["state"] == "created"
    billed("run", "remove", "1", "RE-2026-00001")


def test_e9_2_a_server_that_is_down_leaves_every_row_open_with_the_reason_once(billed):
    november(billed)
    port = free_port()
    settings = {"mail.transport": "smtp", "mail.host": "127.0.0.1", "mail.port": str(port), "mail.security": "none"}
    for key, value in settings.items():
        billed("settings", "set", key, value)
    billed("run", "execute", "1", "--yes", code=1)
    shown = billed("run", "show", "1").data
    expected = ("open", "versand_angehalten", "der Server nimmt keine Verbindung an (Verbindung)")
    assert [(i["state"], i["reason"], i["reply"]) for i in shown["items"]] == [expected, expected]
    assert billed("invoice", "list", "--sent").data["count"] == 0
    billed("settings", "set", "mail.transport", "eml")
    assert billed("run", "execute", "1", "--yes").data["counts"] == {"sent": 2}


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
