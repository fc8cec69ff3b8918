"""The store beside stock TinyDB and SQLite: `python bench/store.py [--sizes 1000,10000] [--plan 1000000] [--dir DIR]`.

The three work side by side in one run on the same disk, in turns and in mixed order, each with invoices of about 1 kB;
a get parses the document; medians in milliseconds. SQLite: WAL, synchronous=FULL, a JSON column, an index on each key.
Stock TinyDB runs up to 100,000 only, and fewer rounds, because each of its operations reads or writes everything.
Memory is what the process owns (anonymous pages) above an empty interpreter with the same imports.
"""

import argparse
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Doc = dict[str, Any]
STOCK_LIMIT = 100_000
MONTH = ("2020-03-01", "2020-03-31")


def invoice(i: int, size: int) -> Doc:
    """Invoice i of `size`: 10 a customer, dates spread over 2014-2025 so that a month has about size / 144."""
    month, day = i % 144, i // 144 % 28
    return {
        "number": f"RE-{i:08d}",
        "kind": "invoice",
        "state": "final",
        "customer_id": i % max(1, size // 10) + 1,
        "order_id": i % max(1, size // 5) + 1,
        "invoice_date": f"{2014 + month // 12}-{month % 12 + 1:02d}-{day + 1:02d}",
        "buyer": {"name": f"Bäckerei Krümel {i % 977} GmbH", "street": "Hauptstraße 1", "zip": "50667", "city": "Köln"},
        "seller": {"name": "Muster & Söhne OHG", "street": "Marktplatz 7", "zip": "50667", "city": "Köln"},
        "lines": [
            {"position": p, "name": f"Wartung Anlage {p}", "quantity": "1", "unit_price": "119.00", "net": "119.00"}
            for p in range(1, 5)
        ],
        "totals": {"net": "476.00", "tax": "90.44", "gross": "566.44", "payable": "566.44"},
        "header_text": "Vielen Dank für Ihren Auftrag. " * 6,
    }


class Ours:
    """The journal engine."""

    name = "tui-billing"

    def __init__(self, folder: Path) -> None:
        from tui_billing.store.journal_engine import open_engine

        self.engine = open_engine(folder / "ours")

    def fill(self, size: int, make: Callable[[int], Doc] | None = None) -> None:
        from tui_billing.store.compact import compact

        self.engine.compact_at = 1 << 60
        for start in range(0, size, 10_000):
            with self.engine.transaction("fill") as tx:
                for i in range(start, min(size, start + 10_000)):
                    tx.insert("invoices", make(i) if make else invoice(i, size))
            if start % 100_000 == 90_000 or start + 10_000 >= size:
                compact(self.engine.folder)
                self.engine.refresh()
        self.engine.refresh()

    def get(self, record_id: int) -> Doc | None:
        return self.engine.get("invoices", record_id)

    def by_number(self, number: str) -> list[Doc]:
        return self.engine.find("invoices", "number", number)

    def by_customer(self, customer: int) -> list[Doc]:
        return self.engine.find("invoices", "customer_id", customer)

    def month(self, low: str, high: str) -> list[Doc]:
        return self.engine.between("invoices", "invoice_date", low, high)

    def insert(self, docs: list[Doc]) -> None:
        with self.engine.transaction("insert") as tx:
            for doc in docs:
                tx.insert("invoices", doc)

    def update(self, record_id: int) -> None:
        with self.engine.transaction("update") as tx:
            doc = tx.get("invoices", record_id) or {}
            tx.put("invoices", {**doc, "note": "x"}, doc["rev"])

    def search(self, text: str) -> int:
        return sum(1 for doc in self.engine.scan("invoices") if text in doc["buyer"]["name"])

    def text_search(self, text: str) -> int:
        return len(self.engine.search_text("invoices", text))


class Sqlite:
    """sqlite3 with a JSON column."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "sqlite.db", isolation_level=None)
        self.db.execute("pragma journal_mode=wal")
        self.db.execute("pragma synchronous=full")
        self.db.execute(
            "create table if not exists invoices (id integer primary key, number text, invoice_date text,"
            " customer_id int, order_id int, kind text, state text, doc text)"
        )
        self.db.execute("create unique index if not exists i0 on invoices (number)")
        for key in ("invoice_date", "customer_id", "order_id", "kind", "state"):
            self.db.execute(f"create index if not exists i_{key} on invoices ({key})")

    def _rows(self, where: str, *values: Any) -> list[Doc]:
        return [json.loads(row[0]) for row in self.db.execute(f"select doc from invoices {where}", values)]

    def fill(self, size: int) -> None:
        for start in range(0, size, 10_000):
            self.insert([invoice(i, size) for i in range(start, min(size, start + 10_000))])
        self.db.execute("pragma wal_checkpoint(truncate)")

    def get(self, record_id: int) -> Doc | None:
        return next(iter(self._rows("where id = ?", record_id)), None)

    def by_number(self, number: str) -> list[Doc]:
        return self._rows("where number = ?", number)

    def by_customer(self, customer: int) -> list[Doc]:
        return self._rows("where customer_id = ? order by id", customer)

    def month(self, low: str, high: str) -> list[Doc]:
        return self._rows("where invoice_date between ? and ? order by invoice_date, id", low, high)

    def insert(self, docs: list[Doc]) -> None:
        keys = ("number", "invoice_date", "customer_id", "order_id", "kind", "state")
        self.db.execute("begin immediate")
        self.db.executemany(
            "insert into invoices (number, invoice_date, customer_id, order_id, kind, state, doc)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            [(*(doc[k] for k in keys), json.dumps(doc, ensure_ascii=False)) for doc in docs],
        )
        self.db.execute("commit")

    def update(self, record_id: int) -> None:
        self.db.execute("begin immediate")
        doc = {**(self.get(record_id) or {}), "note": "x"}
        self.db.execute("update invoices set doc = ? where id = ?", (json.dumps(doc, ensure_ascii=False), record_id))
        self.db.execute("commit")

    def search(self, text: str) -> int:
        return sum(1 for doc in self._rows("") if text in doc["buyer"]["name"])

    def text_search(self, text: str) -> int:
        return len(self._rows("where doc like ?", f"%{text}%"))


class Stock:
    """TinyDB with its own JSONStorage."""

    name = "stock TinyDB"

    def __init__(self, folder: Path) -> None:
        from tinydb import Query, TinyDB

        self.q = Query()
        self.db = TinyDB(folder / "stock.json")
        self.table = self.db.table("invoices")

    def fill(self, size: int) -> None:
        self.table.insert_multiple(invoice(i, size) for i in range(size))

    def get(self, record_id: int) -> Any:
        return self.table.get(doc_id=record_id)

    def by_number(self, number: str) -> Any:
        self.table.clear_cache()
        return self.table.search(self.q.number == number)

    def by_customer(self, customer: int) -> Any:
        self.table.clear_cache()
        return self.table.search(self.q.customer_id == customer)

    def month(self, low: str, high: str) -> Any:
        self.table.clear_cache()
        return self.table.search((self.q.invoice_date >= low) & (self.q.invoice_date <= high))

    def insert(self, docs: list[Doc]) -> None:
        self.table.insert_multiple(docs)

    def update(self, record_id: int) -> None:
        self.table.update({"note": "x"}, doc_ids=[record_id])

    def search(self, text: str) -> int:
        return sum(1 for doc in self.table if text in doc["buyer"]["name"])

    text_search = search


KINDS: dict[str, Any] = {kind.name: kind for kind in (Ours, Sqlite, Stock)}


def operations(size: int, seed: int) -> Iterator[tuple[str, int, Callable[[Any], Any]]]:
    """(name, rounds, operation); the same random records for all."""
    pick = random.Random(seed)
    fresh = iter(range(size, 10**9))

    def new(count: int) -> Callable[[Any], Any]:
        docs = [invoice(next(fresh), size) for _ in range(count)]
        return lambda store: store.insert([dict(doc) for doc in docs])

    for _ in range(100):
        i = pick.randrange(size)
        yield "get", 100, lambda s, i=i: s.get(i + 1)
        yield "find by number", 100, lambda s, i=i: s.by_number(f"RE-{i:08d}")
        yield "find by customer", 100, lambda s, i=i: s.by_customer(i % max(1, size // 10) + 1)
        yield "insert 1", 100, new(1)
        yield "update 1", 100, lambda s, i=i: s.update(i + 1)
    for _ in range(9):
        yield "insert 100", 9, new(100)
    for _ in range(5):
        yield "month by date", 5, lambda s: s.month(*MONTH)
    for _ in range(3):
        yield "search over all, parsed", 3, lambda s: s.search("Krümel 7 ")
        yield "search over all, text", 3, lambda s: s.text_search("Krümel 7 ")


def own_memory() -> float:
    """Anonymous memory of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def probe(kind: str, folder: Path) -> None:
    """In a fresh process: milliseconds from opening to the first answer, and memory that it costs."""
    import tui_billing.store.compact
    import tui_billing.store.journal_engine  # noqa: F401

    if kind == Stock.name:
        import tinydb  # noqa: F401
    before = own_memory()
    start = time.perf_counter()
    store = KINDS[kind](folder)
    store.by_number("RE-00000007")
    took = time.perf_counter() - start
    print(json.dumps([took * 1000, own_memory() - before]))


def opened(kind: str, folder: Path, rounds: int) -> tuple[float, float]:
    """Medians of probe."""
    rows = []
    for _ in range(rounds):
        command = [sys.executable, __file__, "--probe", kind, "--dir", str(folder)]
        rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return statistics.median(r[0] for r in rows), statistics.median(r[1] for r in rows)


def measure(size: int, folder: Path, stock: bool = True) -> dict[str, dict[str, float]]:
    """Milliseconds by operation and store."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [name for name in KINDS if name != Stock.name or (stock and size <= STOCK_LIMIT)]
    table: dict[str, dict[str, float]] = {"open to first query": {}, "own MB after it": {}}
    stores = {}
    for name in names:
        stores[name] = KINDS[name](folder)
        stores[name].fill(size)
    for name in names:
        table["open to first query"][name], table["own MB after it"][name] = opened(name, folder, 3)
    samples: dict[str, dict[str, list[float]]] = {}
    mixed = list(operations(size, 7))
    pick = random.Random(8)
    pick.shuffle(mixed)
    for operation, _, run in mixed:
        pick.shuffle(names)
        for name in names:
            done = samples.setdefault(operation, {}).setdefault(name, [])
            if name == Stock.name and len(done) >= (3 if size > 10_000 else 9):
                continue
            start = time.perf_counter()
            run(stores[name])
            done.append((time.perf_counter() - start) * 1000)
    for operation, by_name in samples.items():
        table[operation] = {name: statistics.median(values) for name, values in by_name.items()}
    return table


def run_plan(size: int, folder: Path, month: int = 10_000, rounds: int = 7) -> str:
    """The plan of a Rechnungslauf over a month of 10,000 invoices, alone and among `size`, in turns."""
    from datetime import date

    from tui_billing.domain.runs import RunParameters
    from tui_billing.services.runs import plan_create_run
    from tui_billing.store.repositories import Store

    stores = {}
    for count in (month, size):
        shutil.rmtree(folder / f"plan{count}", ignore_errors=True)
        (folder / f"plan{count}").mkdir(parents=True)
        ours = Ours(folder / f"plan{count}")
        with ours.engine.transaction("customers") as tx:
            for i in range(1000):
                tx.insert("customers", {"number": f"K{i}", "name": f"Kunde {i}", "email": f"k{i}@example.com"})
        ours.fill(count, lambda i, count=count: _in_month(i, count, month))
        stores[count] = Store(ours.engine)
    parameters = RunParameters(date_from=date(2026, 10, 1), date_to=date(2026, 10, 31))
    took: dict[int, list[float]] = {count: [] for count in stores}
    for _ in range(rounds):
        for count, store in stores.items():
            start = time.perf_counter()
            plan = plan_create_run(store, parameters, date(2026, 11, 22))
            took[count].append((time.perf_counter() - start) * 1000)
            assert len(plan.verdicts) == month
    alone, among = (statistics.median(took[count]) for count in (month, size))
    head = f"| plan of a run over a month of {month:,} invoices, ms | alone | among {size:,} | ratio |"
    return f"{head}\n|---|---|---|---|\n| | {_cell(alone)} | {_cell(among)} | {among / alone:.2f} |"


def _in_month(i: int, size: int, month: int) -> Doc:
    """Invoice i of `size`; every so many-th lies in October 2026, the others in the years before."""
    doc = {**invoice(i, size), "customer_id": i % 1000 + 1}
    if i % (size // month) == 0:
        doc["invoice_date"] = f"2026-10-{i // (size // month) % 31 + 1:02d}"
    return doc


def _cell(value: float) -> str:
    return f"{value:,.3f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def as_markdown(size: int, table: dict[str, dict[str, float]]) -> str:
    """One table; the last columns are how many times SQLite's and how many times faster than stock TinyDB."""
    lines = [
        f"| {size:,} invoices, ms | tui-billing | SQLite | stock TinyDB | / SQLite | stock / ours |",
        "|---|---|---|---|---|---|",
    ]
    for operation, row in table.items():
        ours, sqlite, stock = row[Ours.name], row[Sqlite.name], row.get(Stock.name)
        cells = [operation, _cell(ours), _cell(sqlite), "" if stock is None else _cell(stock)]
        cells += [f"{ours / sqlite:.2f}" if sqlite else "", "" if not stock or not ours else f"{stock / ours:,.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print one table a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--dir", type=Path, default=Path("bench-store"))
    parser.add_argument("--plan", type=int, help="also the plan of a run over a month of 10,000 among this many")
    parser.add_argument("--probe", choices=list(KINDS))
    parser.add_argument("--no-stock", action="store_true", help="without stock TinyDB")
    parser.add_argument("--keep", action="store_true", help="leave the data folders")
    args = parser.parse_args()
    if args.probe:
        probe(args.probe, args.dir)
        return
    if args.plan:
        print(run_plan(args.plan, args.dir), end="\n\n", flush=True)
    for size in (int(part) for part in args.sizes.split(",") if part):
        folder = args.dir / str(size)
        print(as_markdown(size, measure(size, folder, not args.no_stock)), end="\n\n", flush=True)
        if not args.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
