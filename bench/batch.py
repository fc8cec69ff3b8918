"""Generate and print a Rechnungsstapel: CPU, memory and cost per customer at 10,000 customers beside 1,000.

    python bench/batch.py [--sizes 1000 10000] [--documents 10] [--fresh 0] [--workers 2] [--no-pdf] [--folder DIR]

Each size runs in a process of its own on a journal store with real PDFs; the clock starts when data, store and
workers stand (start-up left out). CPU is that of the process and its workers. `--fresh` is the share of documents
that were never output and are printed behind the statements; `--no-pdf` measures everything but the PDF engine.
The issue asks: cost per customer at 10,000 at most 1.3 times that at 1,000.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from tui_billing.domain.batch_selection import BatchParameters
from tui_billing.domain.batches import Payment
from tui_billing.domain.documents import DocumentKind, DocumentState, Line
from tui_billing.domain.parties import Address, Company, Customer
from tui_billing.render.port import Job, Rendered, Renderer, StatementJob
from tui_billing.services import batches, documents
from tui_billing.services.batch_check import plan_print
from tui_billing.services.batch_print import print_batches
from tui_billing.services.desk import Desk
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store, Transaction

CLOSE = date(2026, 11, 15)
ADDRESS = Address(street="Musterweg 7", postcode="20999", city="Nordhafen")
SELLER = Company(name="Muster GmbH", address=ADDRESS, tax_number="22/815/08150", iban="DE02120300000000202051")


class NoPdf:
    """Writes a line instead of a PDF."""

    def render(self, jobs: Sequence[Job | StatementJob], staging: Path) -> Iterator[Rendered]:
        for index, job in enumerate(jobs):
            data = repr(job).encode()
            path = staging / f"{index}.pdf"
            path.write_bytes(data)
            yield Rendered(index, path, sha256(data).hexdigest(), 1)

    def combine(self, files: Sequence[Path], target: Path, cover: Sequence[str] = ()) -> int:
        with target.open("wb") as out:
            for file in files:
                out.write(file.read_bytes())
        return len(files)

    def close(self) -> None:
        pass


def open_desk(folder: Path, renderer: Renderer) -> Desk:
    return Desk(
        store=Store(open_engine(folder, create=True), "bench"),
        files=Files(folder),
        folder=folder,
        user="bench",
        today=lambda: date(2026, 11, 22),
        renderer=lambda: renderer,
        transport=lambda: None,  # type: ignore[arg-type, return-value]
        now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC),
    )


def fill(desk: Desk, size: int, count: int, fresh: float) -> None:
    """Customers with Stichtag 15, `count` documents each, a payment for every second one."""
    with desk.store.transaction("Firma") as tx:
        company = tx.insert(SELLER)
    for start in range(0, size, 500):
        with desk.store.transaction("Kunden") as tx:
            for n in range(start, min(size, start + 500)):
                _customer(tx, company, n, count, fresh)


def _customer(tx: Transaction, company: Company, n: int, count: int, fresh: float) -> None:
    customer = tx.insert(Customer(number=f"{10001 + n}", name=f"Kunde {n} GmbH", address=ADDRESS, cutoff_day=15))
    for k in range(count):
        day = CLOSE - timedelta(days=3 * k + n % 3)
        line = Line(name="Wartung der Anlage", quantity=Decimal(1 + k), unit_price=Decimal(10 + n % 90))
        document = documents.build(
            company, customer, kind=DocumentKind.INVOICE, invoice_date=day, lines=(line,), service_date=day
        )
        if (n * count + k) % 1000 >= fresh * 1000:
            sent = f"{day.isoformat()}T08:00:00+00:00"
            document = replace(document, state=DocumentState.FINAL, final_at=sent, mailed_at=sent)
        documents.add(tx, document)
        if k % 2 == 0:
            tx.insert(Payment(customer_id=customer.id, amount=document.totals.gross, paid_date=day))


def cpu() -> float:
    """Seconds of CPU of this process and of the workers that are alive."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    total += sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    for child in workers():
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def workers() -> list[int]:
    """Process ids of all descendants."""
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            children = [int(c) for c in task.read_text().split()]
            found += children
            waiting += children
    return found


def measure(size: int, count: int, fresh: float, pool: int, with_pdf: bool, root: str) -> dict[str, float]:
    """One size: CPU seconds of generating, checking and printing, and the peak of this process in MB."""
    folder = Path(tempfile.mkdtemp(dir=root or None))
    renderer: Renderer = NoPdf()
    if with_pdf:
        from tui_billing.render.pool import PoolRenderer

        renderer = PoolRenderer(workers=pool)
    desk = open_desk(folder, renderer)
    fill(desk, size, count, fresh)
    desk.store.close()
    desk = open_desk(folder, renderer)
    if with_pdf:
        _warm(desk, pool)
    marks, started = [cpu()], time.monotonic()
    batch = batches.generate(desk, BatchParameters(close_date=CLOSE))
    marks.append(cpu())
    plan = plan_print(desk.store, batch.number)
    marks.append(cpu())
    for _ in print_batches(desk, plan):
        pass
    marks.append(cpu())
    wall = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    renderer.close()
    desk.store.close()
    shutil.rmtree(folder)
    parts = [b - a for a, b in pairwise(marks)]
    return {
        "customers": size,
        "documents": size * count,
        "generate": parts[0],
        "check": parts[1],
        "print": parts[2],
        "wall": wall,
        "peak_mb": peak,
    }


def _warm(desk: Desk, pool: int) -> None:
    """Start the workers and let them import the PDF engine."""
    from tui_billing.services.batch_bundles import Bundler

    batch = batches.generate(desk, BatchParameters(close_date=CLOSE, customer_to="10001"))
    bundle = next(Bundler(desk.store, SELLER, [batch]).bundles(batch))
    staging = desk.files.staging("warm")
    list(desk.renderer().render([StatementJob(bundle.statement)] * 64 * max(pool, 1), staging))
    shutil.rmtree(staging)
    from tui_billing.services.batch_rows import delete

    delete(desk, batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--documents", type=int, default=10)
    parser.add_argument("--fresh", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-pdf", action="store_true")
    parser.add_argument("--folder", default="")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one, args.documents, args.fresh, args.workers, not args.no_pdf, args.folder)))
        return
    common = ["--documents", str(args.documents), "--fresh", str(args.fresh), "--workers", str(args.workers)]
    common += ["--no-pdf"] if args.no_pdf else []
    common += ["--folder", args.folder] if args.folder else []
    heads = ("customers", "documents", "generate", "check", "print", "ms each", "wall s", "MB")
    print("".join(f"{head:>10}" for head in heads))
    costs = []
    for size in args.sizes:
        command = [sys.executable, __file__, "--one", str(size), *common]
        run = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        each = 1000 * (run["generate"] + run["check"] + run["print"]) / size
        costs.append(each)
        figures = (run["generate"], run["check"], run["print"], each, run["wall"], run["peak_mb"])
        print(f"{size:10d}{size * args.documents:10d}" + "".join(f"{f:10.2f}" for f in figures), flush=True)
    if len(costs) > 1:
        print(f"cost per customer, last against first: {costs[-1] / costs[0]:.2f} (at most 1.30)")


if __name__ == "__main__":
    main()
