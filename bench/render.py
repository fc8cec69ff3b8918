"""CPU per document of the same invoice in several engines, interleaved in one run; 1,000 of them with a print file.

    python bench/render.py [--rounds 7] [--documents 50] [--thousand 1000]

Each engine runs in a process of its own; the rounds go through the engines in turn, the median of the rounds counts.
CPU is the process's own time with all its threads, writing the files included; kB is one file, MB the process's peak.
Goals: 1.8 x plain markdown-pdf, 1.9 x Typst and ReportLab, 20 x WeasyPrint for one page; the 1,000 documents with
letterheads and their print file no slower than plain markdown-pdf's 1,000 sections, at most 150 MB, at most 5 MB.
Peers: pip install reportlab weasyprint typst fonttools (the extra `bench`); one that is missing is left out.
"""

import argparse
import importlib.util
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import render_peers
from samples import BUYER, SELLER

from tui_billing.domain.documents import Document, Line
from tui_billing.domain.parties import PaymentTerms
from tui_billing.domain.totals import compute

GOALS = {"markdown-pdf": 1.8, "Typst": 1.9, "ReportLab": 1.9, "WeasyPrint": 20.0}


def invoice(lines: int, number: int, girocode: bool = False) -> Document:
    """One of many like it; a GiroCode only where it is asked for, because no peer draws one."""
    items = tuple(
        Line(
            name=f"Wartung der Kasse {number}-{n}",
            quantity=Decimal(n + number % 13),
            unit="Std.",
            unit_price=Decimal("84.50") + number,
        )
        for n in range(1, lines + 1)
    )
    document = Document(
        id=number,
        number=f"RE-2026-{number:05d}",
        invoice_date=date(2026, 11, 22),
        due_date=date(2026, 12, 6),
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 30),
        seller=SELLER,
        buyer=BUYER,
        header_text="für unsere Leistungen im November berechnen wir:",
        footer_text="Vielen Dank für Ihren Auftrag.",
        terms=PaymentTerms(days=14),
        lines=items,
    )
    return compute(document if girocode else replace(document, currency="EUR", seller=replace(SELLER, iban="")))


@dataclass(frozen=True)
class Figures:
    """One engine: CPU milliseconds a document in each round, size of one file, peak memory."""

    rounds: list[float]
    kilobytes: float
    megabytes: float

    @property
    def milliseconds(self) -> float:
        return statistics.median(self.rounds)


def serve(pipe: Connection, engine: str, documents: Sequence[Document], folder: str) -> None:
    """A process of one engine: each message is a round; answers its CPU seconds, at the end size and memory."""
    target = Path(folder)
    target.mkdir()
    function = render_peers.ENGINES[engine]
    function(documents[:2], target)  # imports, fonts and caches
    while pipe.recv():
        began = time.process_time()
        function(documents, target)
        pipe.send(time.process_time() - began)
    file = next(iter(sorted(target.glob("*.pdf"))))
    pipe.send((file.stat().st_size / 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000))


def measure(engines: Sequence[str], documents: Sequence[Document], rounds: int) -> dict[str, Figures]:
    """All engines in turn, round by round."""
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[float]] = {engine: [] for engine in engines}
    with tempfile.TemporaryDirectory() as folder:
        pipes = {}
        for engine in engines:
            pipe, far = context.Pipe()
            share = documents[: max(4, len(documents) // 10)] if engine == "WeasyPrint" else documents
            context.Process(target=serve, args=(far, engine, share, str(Path(folder, engine))), daemon=True).start()
            pipes[engine] = (pipe, len(share))
        for _ in range(rounds):
            for engine, (pipe, count) in pipes.items():
                pipe.send(True)
                found[engine].append(pipe.recv() / count * 1000)
        figures = {}
        for engine, (pipe, _) in pipes.items():
            pipe.send(False)
            figures[engine] = Figures(found[engine], *pipe.recv())
    return figures


def thousand(pipe: Connection, engine: str, count: int, folder: str) -> None:
    """CPU seconds for `count` documents, size of the print file, peak memory."""
    documents = [invoice(8, n, girocode=engine == "ours with GiroCode") for n in range(1, count + 1)]
    target = Path(folder, "print.pdf")
    began = time.process_time()
    if engine == "markdown-pdf":
        from markdown_pdf import MarkdownPdf, Section

        pdf = MarkdownPdf(toc_level=0)
        for document in documents:
            pdf.add_section(Section(render_peers.markdown_text(document), toc=False))
        pdf.save(target)
    else:
        from tui_billing.render import batch, join
        from tui_billing.render.port import Job, Letterhead
        from tui_billing.render.worker import Order

        spans = []
        for first in range(0, count, 100):
            jobs = tuple(Job(document) for document in documents[first : first + 100])
            spans += batch.render(Order(first, jobs, folder, Letterhead(), keep=True)).spans
        join.combine(spans, target, ("Sammeldruck", f"{count} Rechnungen"))
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    pipe.send((cpu, target.stat().st_size / 1e6, peak, len(list(Path(folder).glob("0*.pdf")))))


def run_thousand(engine: str, count: int) -> tuple[float, float, float, int]:
    """The above in a process of its own."""
    context = multiprocessing.get_context("spawn")
    pipe, far = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=thousand, args=(far, engine, count, folder))
        process.start()
        answer: tuple[float, float, float, int] = pipe.recv()
        process.join()
    return answer


def table(title: str, figures: dict[str, Figures], goals: dict[str, float]) -> bool:
    """Print one table; whether every goal is met."""
    ours = figures["ours"].milliseconds
    print(f"\n{title}\n{'engine':22}{'CPU ms':>9}{'x ours':>8}{'goal':>7}{'kB':>7}{'MB':>6}")
    held = True
    for engine, row in figures.items():
        ratio = row.milliseconds / ours
        goal = goals.get(engine)
        met = goal is None or ratio >= goal
        held &= met
        shown = "" if goal is None else f"{goal:g}{'' if met else ' !'}"
        print(f"{engine:22}{row.milliseconds:9.1f}{ratio:8.2f}{shown:>7}{row.kilobytes:7.0f}{row.megabytes:6.0f}")
    return held


def main() -> int:
    """Measure and print; exit code 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--documents", type=int, default=50)
    parser.add_argument("--engines", default="", help="only these, parted by commas; ours is always among them")
    parser.add_argument("--thousand", type=int, default=1000, help="documents of the print file, 0: leave it out")
    arguments = parser.parse_args()
    engines = []
    asked = {"ours", *arguments.engines.split(",")} if arguments.engines else set(render_peers.ENGINES)
    for engine in (name for name in render_peers.ENGINES if name in asked):
        need = render_peers.NEEDS.get(engine)
        if need and importlib.util.find_spec(need) is None:
            print(f"{engine} is left out: {need} is not installed (pip install {need}).")
        else:
            engines.append(engine)
    one = measure(engines, [invoice(10, n) for n in range(1, arguments.documents + 1)], arguments.rounds)
    held = table("One page, 10 items, without a GiroCode", one, GOALS)
    long = measure(engines, [invoice(60, n) for n in range(1, arguments.documents // 2 + 1)], arguments.rounds)
    table("Three pages, 60 items", long, {})
    code = measure(["ours"], [invoice(10, n, girocode=True) for n in range(1, 51)], arguments.rounds)
    print(f"\nours, one page with GiroCode: {code['ours'].milliseconds:.1f} CPU ms")
    if arguments.thousand:
        title = f"{arguments.thousand} documents and one print file"
        print(f"\n{title:36}{'CPU s':>8}{'MB file':>9}{'MB':>6}{'singles':>9}")
        results = {}
        for engine in ("ours", "markdown-pdf", "ours with GiroCode"):
            results[engine] = run_thousand(engine, arguments.thousand)
            cpu, size, peak, singles = results[engine]
            print(f"{engine:36}{cpu:8.1f}{size:9.2f}{peak:6.0f}{singles:9}")
        cpu, size, peak, _ = results["ours"]
        held &= cpu <= results["markdown-pdf"][0] and size <= 5 and peak <= 150
    print("\nEvery goal is met." if held else "\nA goal is missed (marked !).")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
