"""Select and create interval invoices, whole with fsync, beside sqlite3 and stock TinyDB storing the same documents.

    python -m bench.interval [--sizes 10000 100000] [--tinydb 1000] [--json]

Each size runs in a process of its own, so that CPU and memory are those of that size. `select` plans, `create` is
the whole of Erstellen (drafts, law, numbers, documents, receivables, ledger, groups with fsync). sqlite3 gets the
finished documents, receivables and ledger rows, one transaction per invoice in WAL mode with synchronous=FULL, and
does none of the work that makes them; stock TinyDB inserts the finished documents alone.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tui_billing.domain.codec import encode  # noqa: E402
from tui_billing.domain.creations import IntervalSelectionParameters  # noqa: E402
from tui_billing.domain.documents import Document  # noqa: E402
from tui_billing.domain.orders import IntervalTerms, IntervalUnit, Order, OrderLine, Period  # noqa: E402
from tui_billing.domain.parties import Address, Company, Customer  # noqa: E402
from tui_billing.services.desk import Desk  # noqa: E402
from tui_billing.services.interval_creation import apply_create  # noqa: E402
from tui_billing.services.intervals import finish, plan_select  # noqa: E402
from tui_billing.store.files import Files  # noqa: E402
from tui_billing.store.journal_engine import open_engine  # noqa: E402
from tui_billing.store.repositories import Store  # noqa: E402

DAY = date(2027, 1, 1)
PARAMETERS = IntervalSelectionParameters(execution_date=DAY, invoice_date=DAY)
GROUP = 5000


def nothing() -> Any:
    """The bench renders and sends nothing."""
    raise AssertionError


def open_desk(folder: Path) -> Desk:
    """A desk on the journal."""
    return Desk(
        store=Store(open_engine(folder, create=True), "bench"),
        files=Files(folder),
        folder=folder,
        user="bench",
        today=lambda: DAY,
        renderer=nothing,
        transport=nothing,
        now=lambda: datetime(2026, 11, 22, 8, tzinfo=UTC),
    )


def fill(desk: Desk, size: int) -> None:
    """`size` yearly orders, one customer each, the year before billed."""
    address = Address(street="Hauptstraße 12", postcode="20999", city="Nordhafen")
    with desk.store.transaction("Firma") as tx:
        tx.insert(Company(name="Muster & Söhne GmbH", address=address, tax_number="22/815/08150"))
    terms = IntervalTerms(unit=IntervalUnit.YEAR, anchor=date(2026, 1, 1))
    for start in range(0, size, GROUP):
        with desk.store.transaction("Kunden und Aufträge") as tx:
            for n in range(start, min(start + GROUP, size)):
                customer = tx.insert(Customer(number=str(10001 + n), name=f"Turnverein {n} e. V.", address=address))
                line = OrderLine(
                    article="BEI", name="Mitgliedsbeitrag {Jahr}", unit="Jahr", unit_price=Decimal(96 + n % 40)
                )
                order = tx.insert(Order(number=f"A-{n:06d}", customer_id=customer.id, lines=(line,), interval=terms))
                tx.insert(Period(order_id=order.id, period_start=date(2026, 1, 1), period_end=date(2026, 12, 31)))


def cpu() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Result, wall and CPU seconds."""
    wall, before = time.perf_counter(), cpu()
    result = work()
    return result, {"wall": time.perf_counter() - wall, "cpu": cpu() - before}


def measure(size: int) -> dict[str, Any]:
    """One size in this process."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        fill_in_child(Path(folder), size)
        desk, opened = timed(lambda: open_desk(Path(folder)))
        plan, selecting = timed(lambda: finish(plan_select(desk.store, PARAMETERS)))
        result, creating = timed(lambda: finish(apply_create(desk, plan)))
        assert len(result.document_ids) == size, result
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sqlite = store_in_sqlite(desk, Path(folder) / "peer.sqlite", size)
        desk.store.close()
    return {
        "size": size,
        "open": opened,
        "select": selecting,
        "create": creating,
        "us_per_order": {
            "select": 1e6 * selecting["cpu"] / size,
            "create": 1e6 * creating["cpu"] / size,
            "wall": 1e6 * (selecting["wall"] + creating["wall"]) / size,
        },
        "memory_mb": memory,
        "sqlite3": sqlite,
    }


def fill_in_child(folder: Path, size: int) -> None:
    """Fill in another process, so that its memory is not counted."""
    subprocess.run([sys.executable, __file__, "--fill", str(size), str(folder)], check=True)


def store_in_sqlite(desk: Desk, file: Path, size: int) -> dict[str, float]:
    """The same finished records, one transaction each invoice."""
    base = sqlite3.connect(file, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    for table in ("invoices", "receivables", "periods"):
        base.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, key TEXT UNIQUE, doc TEXT)")

    def insert_all() -> None:
        for n, document in enumerate(desk.store.scan(Document)):
            doc = json.dumps(encode(document, compact=True), ensure_ascii=False)
            base.execute("BEGIN IMMEDIATE")
            base.execute("INSERT INTO invoices VALUES (?, ?, ?)", (n, document.number, doc))
            base.execute("INSERT INTO receivables VALUES (?, ?, ?)", (n, str(document.id), doc[:300]))
            key = f"{document.order_id}|{document.period_from}"
            base.execute("INSERT INTO periods VALUES (?, ?, ?)", (n, key, doc[:120]))
            base.execute("COMMIT")

    _, seconds = timed(insert_all)
    base.close()
    return {**seconds, "us_per_invoice": 1e6 * seconds["wall"] / size}


def store_in_tinydb(size: int) -> dict[str, float]:
    """The same documents into stock TinyDB, one insert each."""
    from tinydb import TinyDB

    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        desk = open_desk(Path(folder) / "data")
        fill(desk, size)
        finish(apply_create(desk, finish(plan_select(desk.store, PARAMETERS))))
        documents = [encode(d, compact=True) for d in desk.store.scan(Document)]
        desk.store.close()
        table = TinyDB(Path(folder) / "tiny.json").table("invoices")

        def insert_all() -> None:
            for document in documents:
                table.insert(document)

        _, seconds = timed(insert_all)
    return {**seconds, "us_per_invoice": 1e6 * seconds["wall"] / size}


def main() -> int:
    """Measure every size in a process of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--tinydb", type=int, default=1_000)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--fill", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.fill:
        desk = open_desk(Path(args.fill[1]))
        fill(desk, int(args.fill[0]))
        desk.store.close()
        return 0
    if args.one:
        print(json.dumps(measure(args.one)))
        return 0
    rows = [one_process(size) for size in args.sizes]
    answer: dict[str, Any] = {"sizes": rows}
    if args.tinydb:
        answer["tinydb"] = {"size": args.tinydb, **store_in_tinydb(args.tinydb)}
    if len(rows) > 1:
        answer["ratio_cpu"] = cost(rows[-1]) / cost(rows[0])
    print(json.dumps(answer, indent=1) if args.json else "\n".join(lines(answer)))
    return 0


def cost(row: dict[str, Any]) -> float:
    """CPU µs per order, select and create."""
    per_order: dict[str, float] = row["us_per_order"]
    return per_order["select"] + per_order["create"]


def one_process(size: int) -> dict[str, Any]:
    """One size, measured in a fresh process."""
    command = [sys.executable, __file__, "--one", str(size)]
    row: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return row


def lines(answer: dict[str, Any]) -> list[str]:
    """The table for people."""
    out = [f"{'orders':>8} {'select s':>9} {'create s':>9} {'CPU µs/order':>13} {'MB':>6} {'sqlite3 s':>10}"]
    out += [
        f"{r['size']:>8} {r['select']['wall']:>9.2f} {r['create']['wall']:>9.2f} {cost(r):>13.0f} "
        f"{r['memory_mb']:>6.0f} {r['sqlite3']['wall']:>10.2f}"
        for r in answer["sizes"]
    ]
    if "ratio_cpu" in answer:
        out.append(f"cost per order, largest to smallest size: {answer['ratio_cpu']:.2f}")
    if "tinydb" in answer:
        tiny = answer["tinydb"]
        out.append(f"stock TinyDB, {tiny['size']} documents: {tiny['wall']:.2f} s")
    return out


if __name__ == "__main__":
    sys.exit(main())
