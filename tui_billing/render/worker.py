"""What runs in a worker process: a batch of jobs becomes files in the staging folder. PyMuPDF lives here only."""

import errno
import importlib
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.os_words import os_words
from tui_billing.domain.parties import InvoiceFormat
from tui_billing.render.port import Job, Letterhead, Rendered, StatementJob

Finisher = Callable[[Document, bytes], bytes]
AnyJob = Job | StatementJob


@dataclass(frozen=True, slots=True)
class Order:
    """One batch: jobs with the index of the first; `finisher` is "module:function"; `keep` leaves the batch's pages."""

    first: int
    jobs: tuple[AnyJob, ...]
    staging: str
    letterhead: Letterhead
    finisher: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Pages of a file, from 0."""

    path: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a batch, in order, and where each document's pages lie for the combined file."""

    rendered: tuple[Rendered, ...]
    spans: tuple[Span, ...] = ()


def start() -> None:
    """Set a new worker up: Ctrl+C and a dropped line are the parent's to answer, and without its parent it ends."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def render_batch(order: Order) -> Outcome:
    """Render one batch. One bad job is one problem; the others are not touched."""
    from tui_billing.render import batch  # here: it imports PyMuPDF

    try:
        return batch.render(order)
    except OSError:
        raise
    except Exception as error:
        # What MuPDF raises cannot travel between processes.
        raise _travelling(error) from None


def _travelling(error: Exception) -> Exception:
    """The same as an error of Python: one of the system where its words are in it, a full disk above all."""
    text = f"{type(error).__name__}: {error}"
    found = (n for n in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES) if os.strerror(n) in text)
    number = next(found, None)
    return OSError(number, os.strerror(number)) if number else RuntimeError(text)


def combine(spans: Sequence[Span], target: str, cover: Sequence[str]) -> int:
    """Join pages into one print file; returns its number of pages."""
    from tui_billing.render import join

    return join.combine(spans, Path(target), cover)


def finisher_of(order: Order, job: AnyJob) -> Finisher | None:
    """The function that finishes this job's file, loaded by name; none for plain PDFs, drafts and statements."""
    if not order.finisher or not isinstance(job, Job) or job.draft:
        return None
    if job.document.invoice_format is InvoiceFormat.PDF:
        return None
    module, _, name = order.finisher.partition(":")
    found: Finisher = getattr(importlib.import_module(module), name)
    return found


def name_of(job: AnyJob) -> str:
    """How the clerk knows the job: the document's number, or batch and customer."""
    if isinstance(job, Job):
        return job.document.number
    return f"{job.statement.batch_number} / {job.statement.buyer.number}"


def failed(index: int, error: Exception, where: str) -> Rendered:
    """The problem that stands for a job which could not be made; PDF_DATEI_FEHLER where the disk is at fault."""
    if isinstance(error, OSError):
        words = N_("Das Dokument konnte nicht geschrieben werden: {error}")
        return Rendered(index, None, problem=Problem("PDF_DATEI_FEHLER", words, {"error": os_words(error)}, where))
    text = N_("Das Dokument konnte nicht erzeugt werden: {error}")
    return Rendered(
        index, None, problem=Problem("PDF_FEHLER", text, {"error": f"{type(error).__name__}: {error}"}, where)
    )


def too_tall(index: int, line: str, where: str) -> Rendered:
    """The problem of a row or text that no page can hold (its line's number, empty for a text)."""
    if line:
        text = N_(
            "Position {line} ist höher als eine Seite. Bitte den Text kürzen oder auf mehrere Positionen verteilen."
        )
        return Rendered(index, None, problem=Problem("POSITION_ZU_HOCH", text, {"line": line}, where))
    text = N_("Ein Absatz ist höher als eine Seite. Bitte den Text in mehrere Absätze teilen.")
    return Rendered(index, None, problem=Problem("TEXT_ZU_HOCH", text, {}, where))


def no_letterhead(index: int, file: str, error: str, where: str) -> Rendered:
    """The problem where the company's letterhead or logo cannot be read: nothing is printed on blank paper instead."""
    text = N_("Der Briefbogen oder das Logo {file} kann nicht gelesen werden: {error}")
    return Rendered(index, None, problem=Problem("BRIEFBOGEN_UNLESBAR", text, {"file": file, "error": error}, where))
