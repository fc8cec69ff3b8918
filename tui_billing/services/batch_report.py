"""Bericht Rechnungsstapel: names, cover and preview of what is printed; the preview marks nothing."""

import shutil
from collections.abc import Callable, Generator, Sequence
from decimal import Decimal
from pathlib import Path

from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.batches import BatchState, BatchStatement, InvoiceBatch
from tui_billing.domain.file_names import safe
from tui_billing.domain.format import day, money
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.statement_rules import Figures
from tui_billing.render.port import Job, Rendered, StatementJob
from tui_billing.services.batch_bundles import Bundler, need_customers
from tui_billing.services.batch_rows import allow
from tui_billing.services.company import company
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.output import put_file
from tui_billing.store.files import StoredFile


def file_name(batch: InvoiceBatch, customer: Customer | None = None, mark: str = "") -> str:
    """Rechnungsstapel_7_10004.pdf, with Kopie_, Neuberechnung_ or ENTWURF_ in front (E5, E8)."""
    parts = [mark, "Rechnungsstapel", str(batch.number), safe(customer.number) if customer else ""]
    return "_".join(p for p in parts if p) + ".pdf"


def statement_record(
    batch: InvoiceBatch, customer_id: int, figures: Figures, at: str, file: StoredFile | None = None
) -> BatchStatement:
    """The figures as they were sent (or, for a dummy batch, as they stood)."""
    return BatchStatement(
        batch_id=batch.id,
        customer_id=customer_id,
        former_amount=figures.former_amount,
        payments=figures.payments,
        carry_over=figures.carry_over,
        invoiced=figures.invoiced,
        taxes=figures.taxes,
        amount_due=figures.amount_due,
        file=file.relative if file else "",
        file_hash=file.sha256 if file else "",
        printed_at=at,
        payment_ids=tuple(p.id for p in figures.counted),
    )


def cover_lines(batch: InvoiceBatch, sums: tuple[int, int, Decimal]) -> list[str]:
    """The first page of the print file, for the clerk."""
    return [
        f"Rechnungsstapel {batch.number}",
        f"Abschlussdatum {day(batch.close_date)}",
        f"Aufstellungen: {sums[0]}",
        f"Rechnungen dahinter: {sums[1]}",
        f"Summe der Rechnungsbeträge: {money(sums[2])}",
    ]


def rendered(
    desk: Desk, jobs: Sequence[Job | StatementJob], staging: Path, stop: Callable[[], bool]
) -> Generator[Progress, None, list[Rendered] | None]:
    """All these jobs as files in `staging`; None where it was stopped. Raises Refused where one cannot be made."""
    results = []
    for one in desk.renderer().render(jobs, staging):
        results.append(one)
        yield Progress(len(results), len(jobs))
        if stop():
            return None
    if problems := [r.problem for r in results if r.problem]:
        raise Refused(*problems)
    return results


def preview(
    desk: Desk,
    batch: InvoiceBatch,
    target: Path,
    low: str = "",
    high: str = "",
    *,
    stop: Callable[[], bool] = never,
) -> Generator[Progress, None, Path | None]:
    """The statements of an open batch with ENTWURF across, in one file; marks nothing and finalises nothing.

    Stopped, it leaves nothing and returns None.
    """
    allow(batch, BatchAction.PREVIEW)
    pending = [batch] if batch.state is BatchState.OPEN else []
    bundler = Bundler(desk.store, company(desk.store), pending)
    staging = desk.files.staging(f"preview-{batch.number}")
    try:
        jobs: list[Job | StatementJob] = []
        for bundle in bundler.bundles(batch, need_customers(desk.store, batch, low, high)):
            jobs.append(StatementJob(bundle.statement, draft=True))
            jobs += [Job(document, draft=True) for document in bundle.fresh]
        results = yield from rendered(desk, jobs, staging, stop)
        if results is None:
            return None
        combined = staging / "combined.pdf"
        desk.renderer().combine([r.path for r in results if r.path], combined)
        put_file(combined, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target
