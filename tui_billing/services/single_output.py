"""One document as a PDF in the clerk's hand: the first output makes it final, a preview (ENTWURF) does not."""

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.file_names import document_file_name
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.runs import Dispatch
from tui_billing.render.port import Job
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.documents import make_final, mark_output, need_document
from tui_billing.services.errors import StoreError
from tui_billing.services.output import (
    hand_over,
    is_zip,
    make_folder,
    output_folder,
    own_versions,
    put_file,
    put_zip,
    zip_target,
)
from tui_billing.services.run_archive import archive_path


@dataclass(frozen=True, slots=True)
class HandedOut:
    """The document afterwards and where its PDF lies; `copy` where it had been sent before (E8)."""

    document: Document
    path: str
    copy: bool
    sha256: str = ""


def hand_out(desk: Desk, document_id: int, out: str = "", *, original: bool = False) -> HandedOut:
    """Write the PDF to `out` (a folder, a ZIP or a file name ending in .pdf; else pdf.folder) and mark it as printed.

    What was sent goes out as Kopie; with `original` it is the archived file, byte by byte.
    """
    document = need_document(desk.store, document_id)
    copy = document.was_sent and not original
    if original and document.was_sent and document.file:
        source = desk.files.path(document.file)
        path = _put(desk, document, source, _name(desk, document, False), out)
        return HandedOut(document, path, False, document.file_hash)
    _make_ready(output_folder(desk, out))
    document = release(desk, document_id)
    staging = desk.files.staging(f"pdf-{document_id}")
    try:
        stored = desk.files.publish(_render(desk, Job(document, copy=copy), staging), _archive(document, copy))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    path = _put(desk, document, desk.files.path(stored.relative), _name(desk, document, copy), out)
    with desk.store.transaction(f"{document.number} als PDF ausgegeben") as tx:
        document = mark_output(
            tx, document, at=desk.timestamp(), mailed=False, file=stored.relative, file_hash=stored.sha256
        )
    return HandedOut(document, path, copy, stored.sha256)


def release(desk: Desk, document_id: int) -> Document:
    """Final before anything is drawn: what is rendered is then what stays.

    Raises Refused where the law forbids it, or while a sending is in flight or ungeklärt: a second original beside
    a mail that may have arrived is one too many (E1; a preview is always possible).
    """
    number = need_document(desk.store, document_id).number
    with desk.store.transaction(f"{number} wird ausgegeben") as tx:
        if tx.find_ids(Dispatch, "open_document", document_id):
            text = N_("Der Versand von {number} ist ungeklärt; erst klären, ob sie angekommen ist, dann ausgeben.")
            raise Refused(Problem("VERSAND_UNGEKLAERT", text, {"number": number}, where=number))
        return make_final(tx, tx.need(Document, document_id), at=desk.timestamp())


def _make_ready(target: Path) -> None:
    """The folder is there and can be written to, before the document is made final. Raises OSError."""
    folder = target.parent if is_zip(target) or target.suffix.lower() == ".pdf" else target
    make_folder(folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def preview(desk: Desk, document_id: int, out: str = "") -> HandedOut:
    """The PDF with ENTWURF across it; finalises and marks nothing."""
    document = need_document(desk.store, document_id)
    staging = desk.files.staging(f"preview-{document_id}")
    try:
        source = _render(desk, Job(document, draft=True), staging)
        path = _put(desk, None, source, f"Entwurf_{_name(desk, document, False)}", out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return HandedOut(document, path, False)


def _archive(document: Document, copy: bool) -> str:
    """A copy beside the archived original, which is never overwritten."""
    folder, _, name = archive_path(document).rpartition("/")
    return f"{folder}/Kopie_{name}" if copy else f"{folder}/{name}"


def _name(desk: Desk, document: Document, copy: bool) -> str:
    return document_file_name(document, settings.get(desk.store, "pdf.file_name"), copy=copy)


def _render(desk: Desk, job: Job, staging: Path) -> Path:
    rendered = next(iter(desk.renderer().render([job], staging)), None)
    if rendered is None or rendered.path is None:
        text = N_("{number}: Das PDF konnte nicht erstellt werden.")
        number = job.document.number
        problem = rendered.problem if rendered else None
        if problem is not None and problem.code == "PDF_DATEI_FEHLER":
            raise StoreError(problem.text, **problem.params)
        raise Refused(problem or Problem("PDF", text, {"number": number}, where=number))
    return rendered.path


def _put(desk: Desk, document: Document | None, source: Path, name: str, out: str) -> str:
    """Into a folder, a ZIP or the file that the clerk names; only a preview (no document) replaces another's file."""
    target = output_folder(desk, out)
    if is_zip(target):
        target = zip_target(target)
        put_zip([(name, source)], target)
        return str(target)
    if target.suffix.lower() == ".pdf" or document is None:
        target = target if target.suffix.lower() == ".pdf" else target / name
        put_file(source, target)
        return str(target)
    return str(hand_over(source, target / name, own_versions(desk.store, document.id)).path)
