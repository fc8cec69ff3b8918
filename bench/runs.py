"""Rechnungsläufe: plan, create, open, remove, rebuild and explain over a month, and a run to `eml`, whole.

    python -m bench.runs [--plan 10000] [--execute 1000] [--json]

Each part runs in a process of its own on a fresh data folder with fsync. `execute` checks, renders, spools, sends and
books every invoice; CPU includes the render workers, memory is the largest of all processes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tui_billing import wiring  # noqa: E402
from tui_billing.domain.documents import DocumentKind, Line  # noqa: E402
from tui_billing.domain.parties import Address, Channel, Company, Customer  # noqa: E402
from tui_billing.domain.runs import RunParameters  # noqa: E402
from tui_billing.services import documents, runs  # noqa: E402
from tui_billing.services.desk import Desk  # noqa: E402
from tui_billing.services.run_execution import execute  # noqa: E402
from tui_billing.services.run_rebuild import plan_rebuild  # noqa: E402

TODAY = date(2026, 11, 22)
NOVEMBER = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
GROUP = 1000


def fill(desk: Desk, count: int) -> None:
    """`count` invoices of November, one a customer, every fifth by letter."""
    company = Company(
        name="Muster GmbH",
        address=Address(street="Musterweg 1", postcode="20099", city="Hamburg"),
        tax_number="22/815/08150",
        email="rechnung@muster.example",
    )
    with desk.store.transaction("Firma") as tx:
        tx.insert(company)
    for start in range(0, count, GROUP):
        with desk.store.transaction("Belege") as tx:
            for n in range(start, min(start + GROUP, count)):
                customer = tx.insert(
                    Customer(
                        number=str(10000 + n),
                        name=f"Kunde {n} GmbH",
                        address=Address(street=f"Weg {n}", postcode="10115", city="Berlin"),
                        emails=(f"k{n}@kunde.example",),
                        channel=Channel.LETTER if n % 5 == 0 else Channel.EMAIL,
                    )
                )
                lines = tuple(Line(name=f"Wartung {i}", unit_price=Decimal("89.50")) for i in range(3))
                day = date(2026, 11, 1 + n % 30)
                kind = DocumentKind.INVOICE
                built = documents.build(company, customer, kind=kind, invoice_date=day, lines=lines, service_date=day)
                documents.add(tx, built)


def timed(result: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """Wall and CPU seconds of one step."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    result[name] = {"s": round(time.perf_counter() - wall, 3), "cpu": round(time.process_time() - cpu, 3)}
    return value


def plan_part(folder: Path, count: int) -> dict[str, Any]:
    """Everything that a clerk does with a run before executing it."""
    desk = wiring.open_desk(folder, "bench", create=True, today=TODAY)
    fill(desk, count)
    result: dict[str, Any] = {"invoices": count}
    plan = timed(result, "plan", lambda: runs.plan_create_run(desk.store, NOVEMBER, TODAY))
    run = timed(result, "create", lambda: runs.apply_create_run(desk, plan))
    view = timed(result, "open", lambda: runs.open_run(desk.store, run.id))
    timed(result, "remove", lambda: runs.remove_rows(desk, run.id, [view.rows[0].id]))
    timed(result, "rebuild", lambda: plan_rebuild(desk.store, run.id, TODAY))
    timed(result, "explain", lambda: runs.explain(desk.store, run.id, view.rows[5].number, TODAY))
    return {**result, "rows": len(plan.rows), "mb": _peak(resource.RUSAGE_SELF)}


def execute_part(folder: Path, count: int) -> dict[str, Any]:
    """One run over `count` e-mail invoices to the eml folder."""
    desk = wiring.open_desk(folder, "bench", create=True, today=TODAY)
    fill(desk, count * 5 // 4)
    run = runs.apply_create_run(desk, runs.plan_create_run(desk.store, NOVEMBER, TODAY))
    wall, before = time.perf_counter(), os.times()
    for _ in execute(desk, run.id):
        pass
    seconds = time.perf_counter() - wall
    wiring.close_desk(desk)
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    mails = len(list((folder / "outbox").rglob("*.eml")))
    return {
        "invoices": mails,
        "s": round(seconds, 2),
        "a_second": round(mails / seconds, 1),
        "cpu_ms_each": round(1000 * cpu / max(mails, 1), 1),
        "mb": max(_peak(resource.RUSAGE_SELF), _peak(resource.RUSAGE_CHILDREN)),
    }


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss // 1024


def part(name: str, count: int) -> dict[str, Any]:
    """One part in a process of its own."""
    words = [sys.executable, "-m", "bench.runs", "--part", name, str(count)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plan", type=int, default=10_000)
    parser.add_argument("--execute", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", nargs=2)
    args = parser.parse_args()
    if args.part:
        with tempfile.TemporaryDirectory() as folder:
            work = {"plan": plan_part, "execute": execute_part}[args.part[0]]
            print(json.dumps(work(Path(folder) / "data", int(args.part[1]))))
        return
    result = {"plan": part("plan", args.plan), "execute": part("execute", args.execute)}
    if args.json:
        print(json.dumps(result))
        return
    for name, values in result.items():
        print(name)
        for key, value in values.items():
            print(f"  {key:12} {value}")


if __name__ == "__main__":
    main()
