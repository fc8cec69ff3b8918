"""verify finds every broken record and says which: each case is written past the services, so the chain is whole."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from cli import Cli

from tui_billing.store.engine import Doc, EngineTransaction
from tui_billing.store.journal_engine import open_engine

Spoil = Callable[[EngineTransaction], object]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve customers with an executed run of letters and a printed batch."""
    cli = Cli(tmp_path_factory.mktemp("verify") / "data")
    cli("demo", "--size", "12", "--no-ui")
    out = str(cli.folder.parent / "out")
    month = ("--date-from", "2026-10-01", "--date-to", "2026-11-30")
    cli("run", "create", *month, "--type", "pdf", "--no-respect-preference")
    cli("run", "execute", "1", "--yes", "--out", out, code=None)
    cli("batch", "generate", "--close-date", "2026-10-31", "--override-rules", code=None)
    cli("batch", "print", "1", "--yes", "--out", out)
    return cli.folder


@pytest.fixture
def cli(template: Path, tmp_path: Path) -> Cli:
    """A copy of it."""
    shutil.copytree(template, tmp_path / "data")
    return Cli(tmp_path / "data")


def test_a_whole_folder_is_in_order_and_says_what_was_looked_at(cli: Cli) -> None:
    ran = cli("verify").data
    assert (ran["ok"], ran["problems"]) == (True, [])
    assert all(ran["checked"][what] for what in ("invoices", "files", "payments", "runs", "batches"))
    said = cli.plain("verify").out.splitlines()
    assert said[0] == "Der Datenbestand ist in Ordnung."
    assert said[1] == f"{ran['checked']['invoices']:>7}  Belege: Summen und Debitorentransaktionen"


def first(tx: EngineTransaction, table: str, **fields: object) -> Doc:
    return next(d for d in tx.scan(table) if all(d.get(k) == v for k, v in fields.items()))


def change(table: str, edit: Callable[[Doc], object], **fields: object) -> Spoil:
    """Edit the first record of a table with these fields."""

    def spoil(tx: EngineTransaction) -> None:
        doc = first(tx, table, **fields)
        edit(doc)
        tx.put(table, doc)

    return spoil


def drop(table: str) -> Spoil:
    return lambda tx: tx.delete(table, first(tx, table)["id"])


def row_and_balance(tx: EngineTransaction) -> None:
    """A row and the sum of its run, so that they agree with each other."""
    row = first(tx, "run_rows", state="issued")
    run = tx.get("runs", row["run_id"])
    assert run is not None
    run["candidates_eur"] = str(Decimal(run["candidates_eur"]) + 7 - Decimal(row["gross"]))
    tx.put("run_rows", {**row, "gross": "7.00"})
    tx.put("runs", run)


def corrected_twice(tx: EngineTransaction) -> None:
    """Two final corrections, each over the whole of an invoice."""
    document = first(tx, "invoices", kind="invoice", state="final")
    sums = {k: str(-Decimal(v)) for k, v in document["totals"].items() if isinstance(v, str)}
    vat = [
        {**row, "net": str(-Decimal(row["net"])), "tax": str(-Decimal(row["tax"]))} for row in document["totals"]["vat"]
    ]
    reference = {k: document.get(k) for k in ("number", "invoice_date", "kind")} | {"document_id": document["id"]}
    for number in ("KO-1", "KO-2"):
        made = {**document, "number": number, "kind": "correction", "reference": reference, "file": "", "file_hash": ""}
        del made["id"]
        tx.insert("invoices", {**made, "totals": {**document["totals"], **sums, "vat": vat}})


def statement_of_other_sums(doc: Doc) -> None:
    doc["invoiced"] = "1.00"
    sums = (doc.get(name, "0") for name in ("carry_over", "invoiced", "taxes"))
    doc["amount_due"] = str(sum(map(Decimal, sums)))


CASES: dict[str, tuple[Spoil, str]] = {
    "counter behind": (change("numbers", lambda d: d.update(last=d["last"] - 1), name="RE"), "NUMMER_HINTER_ZAEHLER"),
    "document taken away": (drop("invoices"), "BELEG_ENTFERNT"),
    "last document taken away": (lambda tx: tx.delete("invoices", tx.count("invoices")), "BELEG_ENTFERNT"),
    "gross": (change("invoices", lambda d: d["totals"].update(gross="1.00")), "BELEG_SUMME"),
    "line": (change("invoices", lambda d: d["lines"][0].update(net="1.00")), "BELEG_POSITIONEN"),
    "corrected twice": (corrected_twice, "KORREKTUR_UEBERSTEIGT_RECHNUNG"),
    "receivable gone": (drop("receivables"), "DEBITOR_FEHLT"),
    "receivable": (change("receivables", lambda d: d.update(amount="1.00")), "DEBITOR_BETRAG"),
    "receivable's customer": (change("receivables", lambda d: d.update(customer_id=99)), "DEBITOR_BETRAG"),
    "payment": (
        lambda tx: change("payments", lambda d: d["allocations"][0].update(amount="99999.00"))(tx),
        "ZAHLUNG_SUMME",
    ),
    "run's sum": (change("runs", lambda d: d.update(candidates_eur="1.00")), "LAUF_BILANZ"),
    "run's count": (change("runs", lambda d: d.update(candidates=d["candidates"] + 1)), "LAUF_BILANZ"),
    "run's row gone": (drop("run_rows"), "LAUF_BILANZ"),
    "run's row and sum": (row_and_balance, "LAUF_ZEILE"),
    "run's row number": (change("run_rows", lambda d: d.update(number="RE-X"), state="issued"), "LAUF_ZEILE"),
    "statement": (change("batch_statements", lambda d: d.update(amount_due="1.00")), "STAPEL_SUMME"),
    "statement and its sum": (change("batch_statements", statement_of_other_sums), "STAPEL_BELEGE"),
    "batch row gone": (drop("batch_rows"), "STAPEL_ZEILEN"),
    "batch row's customer": (change("batch_rows", lambda d: d.update(customer_id=99)), "STAPEL_ZEILEN"),
    "batch's print file": (change("batches", lambda d: d.update(file_hash="0" * 64)), "DATEI_VERAENDERT"),
    "period": (change("periods", lambda d: d.update(document_id=99999)), "PERIODE_OHNE_BELEG"),
}


@pytest.mark.parametrize("what", CASES)
def test_what_does_not_agree_is_found(cli: Cli, what: str) -> None:
    spoil, code = CASES[what]
    engine = open_engine(cli.folder, create=False)
    with engine.transaction("von Hand", by="eve") as tx:
        spoil(tx)
    engine.close()
    found = cli("verify", code=4).data
    errors = [p["code"] for p in found["problems"] if not p["warning"]]
    assert errors[0] == found["first_broken"]["code"]
    assert code in errors
    assert cli.plain("verify", code=4).out.splitlines()[0] == "Der Datenbestand ist nicht in Ordnung."


def test_a_document_that_was_taken_away_is_named_with_who_did_it_and_when(cli: Cli) -> None:
    engine = open_engine(cli.folder, create=False, now=lambda: "2026-11-22T10:00:00.000Z")
    with engine.transaction("von Hand", by="eve") as tx:
        tx.delete("invoices", 3)
    number = engine.history("invoices", 3, 1)[0].changes[0][2]["number"]  # type: ignore[index]
    (problem,) = (p for p in cli("verify", code=4).data["problems"] if p["code"] == "BELEG_ENTFERNT")
    assert problem["text"] == (
        f"{number}: Der Beleg wurde aus dem Datenbestand entfernt "
        f"(Buchung {engine.seq} von eve, 2026-11-22T10:00:00.000Z)."
    )
