"""One batch in a worker: letters are laid out into one writer, the singles cut and written."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from tui_billing.render.batch_pdf import BatchPdf, Placed
from tui_billing.render.invoice import invoice_letter
from tui_billing.render.layout import TooTall
from tui_billing.render.letter import Letter
from tui_billing.render.metrics import covered
from tui_billing.render.port import Job, Rendered
from tui_billing.render.sheets import UnreadableLetterhead
from tui_billing.render.statement import statement_letter
from tui_billing.render.worker import (
    AnyJob,
    Order,
    Outcome,
    Span,
    failed,
    finisher_of,
    name_of,
    no_letterhead,
    too_tall,
)

pymupdf.TOOLS.mupdf_display_errors(False)
pymupdf.TOOLS.mupdf_display_warnings(False)


@dataclass(frozen=True, slots=True)
class _Made:
    """A letter that lies in a batch file."""

    index: int
    job: AnyJob
    placed: Placed
    pdf: BatchPdf


def render(order: Order) -> Outcome:
    """All jobs of the order, results in their order. Files are named by the job's index."""
    try:
        return _render(order)
    except UnreadableLetterhead as error:
        numbered = enumerate(order.jobs, start=order.first)
        return Outcome(tuple(no_letterhead(index, error.file, str(error), name_of(job)) for index, job in numbered))


def _render(order: Order) -> Outcome:
    staging = Path(order.staging)
    shared = BatchPdf(staging / f".batch-{order.first:06d}.pdf", order.letterhead)
    pdfs, made, results = [shared], [], {}
    for index, job in enumerate(order.jobs, start=order.first):
        try:
            letter = letter_of(job)
            pdf = shared
            if needs_other_fonts(letter):
                pdf = BatchPdf(staging / f".batch-{index:06d}-own.pdf", order.letterhead)
                pdfs.append(pdf)
            made.append(_Made(index, job, pdf.add_letter(letter), pdf))
        except TooTall as error:
            results[index] = too_tall(index, error.label, name_of(job))
        except Exception as error:
            results[index] = failed(index, error, name_of(job))
    for pdf in pdfs:
        pdf.close(subset=pdf is not shared)
    spans = []
    for item in made:
        results[item.index] = _cut(order, item)
        if results[item.index].path:
            spans.append(Span(str(item.pdf.path), item.placed.first, item.placed.count))
    for pdf in pdfs:
        pdf.discard(keep=order.keep)
    return Outcome(tuple(results[index] for index in sorted(results)), tuple(spans))


def letter_of(job: AnyJob) -> Letter:
    """The letter of a document or a statement."""
    if isinstance(job, Job):
        return invoice_letter(job.document, draft=job.draft, copy=job.copy)
    return statement_letter(job)


def needs_other_fonts(letter: Letter) -> bool:
    """Whether a character falls back to a font of the engine, which is large: such a letter is made alone."""
    return not covered().issuperset(set(letter.all_text()))


def _cut(order: Order, item: _Made) -> Rendered:
    """Write one single. Staging is made anew for each use; the store makes durable what it publishes from there."""
    path = Path(order.staging) / f"{item.index:06d}.pdf"
    try:
        item.pdf.cut(item.placed, path)
        data = path.read_bytes()
        finisher = finisher_of(order, item.job)
        if finisher is not None and isinstance(item.job, Job):
            data = finisher(item.job.document, data)
            path.write_bytes(data)
        return Rendered(item.index, path, hashlib.sha256(data).hexdigest(), item.placed.count)
    except Exception as error:
        path.unlink(missing_ok=True)
        return failed(item.index, error, name_of(item.job))
