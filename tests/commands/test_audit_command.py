"""audit: the trail of every kind of record by the name that the clerk knows, in his words, deleted ones too."""

from dataclasses import fields
from pathlib import Path

import pytest
from cli import Cli

from tui_billing.domain.audit_words import FIELD_NAMES, TABLE_NAMES
from tui_billing.store import repositories


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """One of everything, each changed once after it was made."""
    cli = Cli(tmp_path_factory.mktemp("audit") / "data")
    cli("demo", "--size", "10", "--no-ui")
    cli("company", "set", "--phone", "0123")
    cli("customer", "edit", "10001", "--city", "Neustadt", "--cutoff-day", "7")
    cli("settings", "set", "mail.host", "mail.example")
    cli("run", "create", "--date-from", "2026-11-01", "--date-to", "2026-11-30", "--type", "pdf")
    cli("batch", "generate", "--close-date", "2026-10-31", "--override-rules", code=None)
    cli("run", "create", "--date-from", "2026-10-01", "--date-to", "2026-10-31", "--type", "pdf", "--include-sent")
    cli("run", "delete", "2", "--yes")
    number = cli("invoice", "list", "--state", "open").data["items"][0]["number"]
    cli("invoice", "finalise", number, "--yes")
    return cli


def named(cli: Cli, *words: str) -> list[str]:
    return cli.plain("audit", *words).out.splitlines()


def test_a_change_is_told_with_time_person_reason_field_old_and_new_value(cli: Cli) -> None:
    head, *lines = named(cli, "--customer", "10001", "--limit", "1")
    stamp, who, why = head.split("  ")[-3:]
    assert (stamp[-1], len(stamp), who, why) == ("Z", 20, "anna", "Kunde 10001 geändert")
    assert lines[0] == "           Kunde 10001 geändert"
    assert lines[1].startswith("               Anschrift · Ort: ")
    assert lines[1].endswith(" → Neustadt")
    assert lines[2].endswith(" → 7")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--company",), "Firma Muster & Söhne Bürodienste GmbH geändert"),
        (("--customer", "10001"), "Kunde 10001 geändert"),
        (("--setting", "mail.host"), "Einstellung mail.host angelegt"),
        (("--batch", "1"), "Rechnungsstapel 1 angelegt"),
        (("--run", "2"), "Rechnungslauf 2 gelöscht"),
        (("--run", "1"), "Rechnungslauf 1 angelegt"),
    ],
)
def test_each_kind_of_record_is_found_by_what_the_clerk_calls_it(cli: Cli, words: tuple[str, ...], line: str) -> None:
    assert named(cli, *words)[1].strip() == line


@pytest.mark.parametrize("kind", ["invoice", "receivable", "order", "payment"])
def test_numbers_of_documents_orders_and_payments_are_found_too(cli: Cli, kind: str) -> None:
    noun = "invoice" if kind == "receivable" else kind
    number = cli(noun, "list").data["items"][0]["number"]
    items = cli("audit", f"--{kind}", number).data["items"]
    assert items and all(c["number"] == number for item in items for c in item["changes"])


def test_a_state_is_told_by_its_name_and_a_time_as_people_read_it(cli: Cli) -> None:
    (number, *_) = (c["number"] for i in cli("audit").data["items"] for c in i["changes"] if "final_at" in c["fields"])
    texts = [line.strip() for line in named(cli, "--invoice", number)]
    assert "Stand: angelegt → festgeschrieben" in texts
    assert any(t.startswith("festgeschrieben am: – → 2026-11-22T") for t in texts)


def test_a_setting_that_nobody_changed_has_no_entries_and_an_unknown_one_is_refused(cli: Cli) -> None:
    assert cli("audit", "--setting", "mail.port").data["items"] == []
    assert cli("audit", "--setting", "mail.prot", code=2).data["problems"]


@pytest.mark.parametrize("kind", ["customer", "order", "payment", "batch", "run", "invoice", "document-type"])
def test_what_never_was_is_wrong_use(cli: Cli, kind: str) -> None:
    assert "gibt es nicht" in cli("audit", f"--{kind}", "9999-X", code=2).data["problems"][0]["text"]


def test_the_trail_speaks_english_too(cli: Cli) -> None:
    assert named(cli, "--company", "--lang", "en")[1].strip() == "Company Muster & Söhne Bürodienste GmbH changed"


def test_every_table_and_every_field_of_every_record_has_a_name() -> None:
    tables = {table for table, _ in repositories.RECORDS.values()}
    assert tables == set(TABLE_NAMES)
    records = [repositories.class_of(table) for table in sorted(tables)]
    missing = {f.name for cls in records if cls for f in fields(cls)} - set(FIELD_NAMES)
    assert missing == set()


def test_an_old_run_is_found_however_much_was_written_since(tmp_path: Path) -> None:
    from tui_billing.domain.runs import InvoiceRun, RunRow
    from tui_billing.services.audit_trail import run_log
    from tui_billing.store.memory import MemoryEngine
    from tui_billing.store.repositories import Store

    store = Store(MemoryEngine(), "anna")
    with store.transaction("Lauf") as tx:
        run = tx.insert(InvoiceRun(number=1))
        tx.insert(RunRow(run_id=run.id, document_id=1))
    for n in range(2, 30):
        with store.transaction(f"Lauf {n}") as tx:
            other = tx.insert(InvoiceRun(number=n))
            tx.insert(RunRow(run_id=other.id, document_id=n))
    (entry,) = run_log(store, run.id, limit=5)
    assert [c["table"] for c in entry["changes"]] == ["runs", "run_rows"]


@pytest.mark.parametrize("limit", ["0", "-1", "x", ""])
@pytest.mark.parametrize("of", [(), ("--run", "1"), ("--customer", "10001")])
def test_a_limit_below_one_entry_is_wrong_use_and_not_an_empty_trail(cli: Cli, limit: str, of: tuple[str, ...]) -> None:
    (problem, _usage) = cli("audit", *of, "--limit", limit, code=2).data["problems"]
    assert problem["text"] == f"--limit: „{limit}“ ist keine ganze Zahl ab 1"
    assert cli("audit", *of, "--limit", "1").data["count"] == 1
