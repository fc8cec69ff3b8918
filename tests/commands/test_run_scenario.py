"""The help text Rechnungsläufe, steps 1-6 and the corrections, by commands in processes of their own."""

import email
import json
import shutil
import time
from email import policy
from pathlib import Path

import pytest
from cli import Cli

COMPANY = (
    "--name", "Muster GmbH", "--street", "Musterweg 1", "--postcode", "20099", "--city", "Hamburg",
    "--tax-number", "22/815/08150", "--email", "rechnung@muster.example",
)  # fmt: skip
CUSTOMERS = (
    ("1", "Bäckerei Öztürk & Söhne", "email", "backe@kunde.example"),
    ("2", "Kanzlei Dr. Weiß", "letter", ""),
    ("3", "a [/] b Elektronik", "email", "ab@kunde.example"),
    ("4", "Hausverwaltung Nord", "none", "nord@kunde.example"),
    ("5", "Ohne Adresse e.V.", "email", ""),
)


def invoices(day: str, first: int, customers: tuple[str, ...]) -> list[dict]:
    line = {"name": "Wartung", "quantity": "1", "unit_price": "100", "vat_rate": "19"}
    return [
        {
            "number": f"RE-2026-{first + n:05d}",
            "customer_number": number,
            "invoice_date": day,
            "service_date": day,
            "lines": [line],
        }
        for n, number in enumerate(customers)
    ]


def add_invoices(cli, found, path):
    path.write_text(json.dumps(found), encoding="utf-8")
    cli("import", "invoices", str(path))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Five customers with one invoice each in October and November."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    cli = Cli(folder)
    cli("company", "set", *COMPANY)
    for number, name, channel, address in CUSTOMERS:
        mail = ("--email", address) if address else ()
        place = ("--street", "Weg 1", "--postcode", "10115", "--city", "Berlin")
        cli("customer", "add", "--number", number, "--name", name, "--channel", channel, *mail, *place)
    numbers = tuple(number for number, *_ in CUSTOMERS)
    found = invoices("2026-10-15", 1, numbers) + invoices("2026-11-10", 6, numbers)
    add_invoices(cli, found, folder.parent / "invoices.json")
    return folder


@pytest.fixture
def cli(prepared, tmp_path):
    """A copy of the prepared folder."""
    shutil.copytree(prepared, tmp_path / "data")
    return Cli(tmp_path / "data")


def create(cli, *more, code=0):
    return cli("run", "create", "--date-from", "1.11.26", "--date-to", "2026-11-30", *more, code=code)


def mails(cli):
    return [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((cli.folder / "outbox").rglob("*.eml"))
    ]


def states(cli, number="1"):
    return {row["customer"]: row["state"] for row in cli("run", "show", number).data["items"]}


def test_steps_1_to_6_of_the_help_text(cli):
    # Step 6 first, as the help text means it: customers who shall get no invoices.
    cli("ignore", "add", "--customer", "3", "--reason", "Streitfall")
    # Steps 1-4: period, type, contact preference, already sent; the list has an entry then.
    created = create(cli, "--type", "email", "--respect-preference", "--no-include-sent").data
    assert created["run"]["number"] == 1 and created["run"]["state"] == "created"
    assert created["balance"] == {
        "candidates": 5,
        "in": 2,
        "out": {"letter": 1, "ignored_customer": 1, "no_channel": 1},
        "eur": {
            "candidates": "595.00",
            "in": "238.00",
            "out": {"letter": "119.00", "ignored_customer": "119.00", "no_channel": "119.00"},
        },
    }
    listed = cli("run", "list").data
    assert (listed["count"], listed["items"][0]["number"]) == (1, 1)
    # Step 5: open, look, execute.
    shown = cli("run", "show", "1").data
    assert [(r["customer"], r["state"], r["reason"], r["way"]) for r in shown["items"]] == [
        ("1", "open", "", "email"),
        ("5", "open", "no_address", "none"),
    ]
    done = cli("run", "execute", "1", "--yes", code=1).data
    assert (done["ok"], done["run"]["state"], done["counts"]) == (False, "partial", {"sent": 1, "failed": 1})
    assert [(p["code"], p["where"][:3]) for p in done["problems"]] == [("NO_ADDRESS", "RE-")]
    (mail,) = mails(cli)
    assert mail["To"] == "backe@kunde.example" and "RE-2026" in mail["Subject"]
    (pdf,) = mail.iter_attachments()
    assert pdf.get_content().startswith(b"%PDF")
    # The one bad row is mended in the customer, and executing again touches only it.
    cli("customer", "edit", "5", "--email", "da@kunde.example")
    assert cli("run", "execute", "1", "--yes").data["run"]["state"] == "done"
    assert len(mails(cli)) == 2
    assert cli("verify").data["ok"] is True


def test_correcting_a_run_remove_rebuild_undo_free(cli):
    create(cli, "--no-respect-preference")
    first = cli("run", "show", "1").data["items"][0]["number"]
    assert cli("run", "remove", "1", first).data["balance"]["out"] == {"removed": 1}
    shown = cli("run", "rebuild", "1", "--dry-run").data
    assert [row["number"] for row in shown["difference"]["removed"]] == [first]
    assert not shown["difference"]["new"] and shown["rebuilt"] is False
    back = cli("run", "rebuild", "1", "--bring-back", "--yes").data
    assert (back["rebuilt"], back["balance"]["out"]) == (True, {})
    cli("run", "execute", "1", "--yes", code=1)
    for words in (("remove", "1", first), ("rebuild", "1", "--yes"), ("delete", "1", "--yes")):
        assert cli("run", *words, code=3).data["problems"][0]["code"] == "LAUF_STAND"


def test_a_pdf_run_writes_letters_and_one_print_file(cli, tmp_path):
    assert create(cli, "--type", "pdf").data["balance"]["in"] == 2
    done = cli("run", "execute", "1", "--yes", "--out", str(tmp_path / "out")).data
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names[0] == "Druck_Rechnungslauf-1.pdf" and len(names) == 3
    assert done["counts"] == {"issued": 2} and len(done["files"]) == 2
    assert create(cli, "--type", "pdf", code=3).data["problems"][0]["code"] == "LAUF_LEER"


def test_warum_nicht_by_command(cli):
    create(cli)
    october = cli("invoice", "list", "--customer", "1", "--date-to", "31.10.26").data["items"][0]["number"]
    (one,) = cli("run", "explain", "1", october).data["items"]
    assert (one["in"], one["out_reason"], one["row"]) == (False, "period", None)
    assert one["reasons"][0]["text"] == ("Rechnungsdatum 15.10.2026 liegt nicht im Zeitraum 01.11.2026 bis 30.11.2026")
    (two,) = cli("run", "explain", "1", "2").data["items"]
    assert two["out_reason"] == "letter"


def test_dry_runs_change_nothing(cli):
    create(cli, "--dry-run")
    assert cli("run", "list").data["count"] == 0
    create(cli)
    before = sorted((p, p.read_bytes()) for p in (cli.folder / "journal").glob("*.jsonl"))
    first = cli("run", "show", "1").data["items"][0]["number"]
    cli("run", "remove", "1", first, "--dry-run")
    cli("run", "delete", "1", "--dry-run")
    planned = cli("run", "execute", "1", "--dry-run", code=1).data
    assert planned["count"] == 2 and len(planned["staying"]) == 1
    assert [p["code"] for p in planned["problems"]] == ["NO_ADDRESS"]
    assert sorted((p, p.read_bytes()) for p in (cli.folder / "journal").glob("*.jsonl")) == before


def test_without_yes_and_without_a_terminal_it_is_wrong_use(cli):
    create(cli)
    answer = cli("run", "execute", "1", code=2).data
    assert answer["problems"][0]["code"] == "BESTAETIGUNG_FEHLT"
    assert cli("run", "list").data["items"][0]["state"] == "created"


def test_an_empty_run_is_refused_with_counts_per_reason(cli):
    cli("ignore", "add", "--customer", "1", "3", "5", "--reason", "Streit")
    answer = create(cli, code=3).data
    assert [p["text"] for p in answer["problems"]] == [
        "Der Lauf wird nicht angelegt: von 5 Rechnungen im Zeitraum gehört keine hinein.",
        "3 × ignorierter Kunde",
        "1 × Brief",
        "1 × ohne Versandart",
    ]


def test_the_log_lists_every_row_and_goes_into_a_csv(cli, tmp_path):
    create(cli)
    cli("run", "execute", "1", "--yes", code=1)
    log = cli("run", "log", "1", "--csv", str(tmp_path / "log.csv")).data
    assert log["count"] == 3 and log["sums"]["sent"]["count"] == 2
    assert [entry["by"] for entry in log["entries"]] == ["anna"] * len(log["entries"])
    assert len((tmp_path / "log.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 3 + 3


def test_two_processes_executing_one_run_do_each_row_once(cli, tmp_path):
    add_invoices(cli, invoices("2026-11-12", 100, ("1",) * 40), tmp_path / "many.json")
    create(cli)
    both = [cli.start("run", "execute", "1", "--yes", "--json") for _ in range(2)]
    ends = [process.communicate(timeout=120) for process in both]
    assert all("Traceback" not in err for _, err in ends), ends
    rows = cli("run", "show", "1").data["items"]
    assert sorted(r["state"] for r in rows) == ["failed"] + ["sent"] * 42
    subjects = [mail["Subject"] for mail in mails(cli)]
    assert len(subjects) == len(set(subjects)) == 42


def test_kill_9_and_resume_sends_each_invoice_once_or_says_unknown(cli, tmp_path):
    add_invoices(cli, invoices("2026-11-12", 100, ("1",) * 40), tmp_path / "many.json")
    create(cli)
    process = cli.start("run", "execute", "1", "--yes", "--json")
    outbox = cli.folder / "outbox"
    while process.poll() is None and len(list(outbox.rglob("*.eml"))) < 20:
        time.sleep(0.005)
    process.kill()
    process.communicate()
    killed = cli("run", "show", "1").data["run"]
    assert (killed["state"], killed["interrupted"]) == ("running", True)
    assert "unterbrochen" in cli.plain("run", "list").out and "unterbrochen" in cli.plain("run", "show", "1").out
    cli("run", "execute", "1", "--yes", code=1)
    rows = cli("run", "show", "1").data["items"]
    counts = {state: sum(r["state"] == state for r in rows) for state in ("sent", "unknown", "failed")}
    assert counts["sent"] + counts["unknown"] + counts["failed"] == len(rows) == 43
    subjects = [mail["Subject"] for mail in mails(cli)]
    assert len(subjects) == len(set(subjects)), "no invoice left twice"
    assert counts["sent"] <= len(subjects) <= counts["sent"] + counts["unknown"]


def test_sigterm_finishes_the_document_and_pauses(cli, tmp_path):
    add_invoices(cli, invoices("2026-11-12", 100, ("1",) * 40), tmp_path / "many.json")
    create(cli)
    cli("settings", "set", "mail.per_minute", "5")
    process = cli.start("run", "execute", "1", "--yes", "--json")
    while process.poll() is None and len(list((cli.folder / "outbox").rglob("*.eml"))) < 5:
        time.sleep(0.02)
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in err
    data = json.loads(out)
    assert data["run"]["state"] == "paused"
    assert set(data["counts"]) <= {"sent", "open", "failed"}
    cli("settings", "set", "mail.per_minute", "0")
    cli("run", "execute", "1", "--yes", code=1)
    assert len({mail["Subject"] for mail in mails(cli)}) == 42


def test_hostile_text_comes_out_as_text(cli):
    name = 'a [/] b\x1b[31m <img src=x> # h | =cmd "\u202e'
    cli("customer", "edit", "1", "--name", name)
    for words in (("customer", "list"), ("customer", "show", "1")):
        plain = cli.plain(*words).out
        assert "\x1b" not in plain and "\u202e" not in plain and "<img src=x>" in plain
    assert Path(cli.folder).exists()
