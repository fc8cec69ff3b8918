"""Each command once: one JSON document in success and failure, and a dry run that leaves every byte as it was."""

import json
import shutil
from pathlib import Path

import pytest
from cli import Cli

from tui_billing.commands import NOUNS

DATA = Path(__file__).parents[2] / "data"
COMMANDS = """
run create --date-from 1.11.26 --date-to 30.11.26
run list
run show 1
run remove 1 {in_run}
run rebuild 1
run explain 1 10001
run confirm 1
run execute 1 --out {out}
run log 1 --csv {out}.csv
run delete 1
run show 99
interval select --execution-date 1.12.26
interval create --execution-date 1.12.26 --invoice-date 1.12.26
interval why --execution-date 1.12.26 --order {order}
interval list
interval gaps --until 1.12.26
order list
order show {order}
order add --customer 10001 --name Wartung --price 10
order edit {order} --header-text Neu
order delete {order}
mass-print print --from {open} --to {open} --out {out}
mass-print run --from {open} --to {open}
invoice list
invoice show {open}
invoice pdf {open} --out {out}
invoice finalise {open}
invoice cancel {final} --reason x
invoice correct {final} --amount 1 --reason x
invoice new --customer 10001 --name X --price 10
invoice edit {open} --header-text Hallo
invoice types
invoice type-set Neu --range NN
invoice xml {open}
customer list
customer show 10001
customer add --name Neu
customer edit 10002 --city Neu
customer delete 10003 --reason x
customer block 10004 --reason x
customer export 10001
ignore add --customer 10005 --reason x
ignore list
ignore remove --customer 10005
batch generate --close-date 15.11.26
batch list
batch show 99
batch calendar
batch dummy --first-close-date 15.12.26
receivable list
receivable show {open}
receivable edit {open} --due-date 1.1.27 --reason x
payment add --customer 10001 --amount 10
payment list
dispatch list
dispatch show 99
dispatch preview {open}
company show
company set --name Neu
settings list
settings get mail.host
settings set mail.host x.example
import customers {data}/customers.csv
import customers {data}/customers.json
import invoices {data}/invoices.csv
import orders {data}/orders.csv
import payments {data}/payments.csv
audit
backup {out}
compact
""".strip().splitlines()
LOCKS = {"lock", "lock.queue", "compact.lock", "compact.lock.queue"}
"""Who holds a lock stands in it; nothing of the data does."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A demo company of eight customers with one run, and the numbers that the commands name."""
    folder = tmp_path_factory.mktemp("every")
    cli = Cli(folder / "data")
    cli("demo", "--size", "8", "--no-ui")
    cli("run", "create", "--date-from", "1.11.26", "--date-to", "30.11.26")
    names = {
        "in_run": cli("run", "show", "1").data["items"][0]["number"],
        "order": cli("order", "list").data["items"][0]["number"],
        "out": str(folder / "out"),
        "data": str(DATA),
    }
    for state in ("open", "final"):
        names[state] = cli("invoice", "list", "--state", state, "--kind", "invoice").data["items"][0]["number"]
    return cli, names


def content(folder: Path) -> dict[str, bytes | None]:
    """Every file with its bytes, every folder without."""
    found = (p for p in folder.rglob("*") if p.name not in LOCKS)
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in found}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_dry_run_is_one_json_document_and_changes_no_byte(desk, line):
    cli, names = desk
    root = cli.folder.parent
    before = content(root)
    ran = cli(*line.format(**names).split(), "--dry-run", "--yes", code=None)
    answer = json.loads(ran.out)
    assert ran.out.count("\n") == 1
    assert answer["ok"] is (ran.code == 0) and ran.code in range(5)
    assert all({"code", "text", "where"} <= set(p) and p["code"] != "UNERWARTET" for p in answer["problems"])
    assert answer["ok"] or answer["problems"]
    assert content(root) == before


@pytest.mark.parametrize("line", [line for line in COMMANDS if " list" in line or " show" in line or "add" in line])
def test_what_really_runs_is_one_json_document_too(desk, tmp_path, line):
    cli, names = desk
    shutil.copytree(cli.folder, tmp_path / "data")
    ran = Cli(tmp_path / "data")(*line.format(**names).split(), "--yes", code=None)
    answer = json.loads(ran.out)
    assert answer["ok"] is (ran.code == 0)
    assert all(p["code"] != "UNERWARTET" for p in answer["problems"])


def test_every_noun_that_changes_data_is_asked():
    elsewhere = {"demo", "restore", "verify", "export"}
    assert {line.split()[0] for line in COMMANDS} == set(NOUNS) - elsewhere
