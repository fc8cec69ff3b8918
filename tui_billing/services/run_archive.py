"""The PDFs of a run in the archive (documents/<year>/): rendered, published, then named by the commit.

A document that was sent keeps its archived file for ever; a copy is a file of its own (E8, E10.3).
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.file_names import document_file_name, safe, unique
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.run_selection import AnyCustomer
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow
from tui_billing.render.port import Job, Rendered
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.run_checks import CheckedRow, failed_row


@dataclass(frozen=True, slots=True)
class Made:
    """A row whose PDF lies in the archive: `file` relative to the data folder."""

    row: RunRow
    document: Document
    customer: AnyCustomer | None
    file: str
    sha256: str
    size: int


def names_of(desk: Desk, rows: Sequence[RunRow]) -> dict[int, str]:
    """Document id -> file name by the chosen pattern, unique in the run and the same at every execution (E5)."""
    pattern = settings.get(desk.store, "pdf.file_name")
    heads = desk.store.get_many(DocumentHead, [row.document_id for row in rows])
    known = [row for row in rows if row.document_id in heads]
    names = unique([document_file_name(cast(Document, heads[r.document_id]), pattern, copy=r.copy) for r in known])
    return {row.document_id: name for row, name in zip(known, names, strict=True)}


def archive_path(document: Document, run: InvoiceRun | None = None) -> str:
    """Where a document's PDF lies; the id keeps two numbers apart that clean to the same name (E5.2).

    With `run` the path of a copy that this run sends.
    """
    name = f"{safe(document.number) or 'ohne-Nummer'}.{document.id}"
    copy = f"Kopie_{run.number}_" if run is not None else ""
    return f"documents/{document.invoice_date.year}/{copy}{name}.pdf"


def make_files(
    desk: Desk,
    run: InvoiceRun,
    rows: Sequence[CheckedRow],
    *,
    overwrite: bool,
    stop: Callable[[], bool],
    count: Callable[[], None] = lambda: None,
) -> tuple[list[Made], list[RunRow]]:
    """Render what has no PDF yet (all where `overwrite`), publish, and commit rows and documents.

    Returns what is made and the rows that failed; rows after a stop are in neither. `count` is called for each row
    whose PDF is there or cannot be made.
    """
    made: list[Made] = []
    failed: list[RunRow] = []
    jobs: list[CheckedRow] = []
    for checked in rows:
        kept = None if overwrite else _existing(desk, checked)
        if kept is not None:
            made.append(kept)
            count()
        else:
            jobs.append(checked)
    for checked, result in _render(desk, run, jobs, stop, count):
        if isinstance(result, Made):
            made.append(result)
        else:
            failed.append(failed_row(checked.row, result))
    order = {checked.row.id: n for n, checked in enumerate(rows)}
    return _commit(desk, run, sorted(made, key=lambda m: order[m.row.id])), failed


def sweep_staging(desk: Desk) -> None:
    """Clear what a killed process has left in staging/ (folders end with the process's number)."""
    for folder in (desk.folder / "staging").glob("*-*"):
        owner = folder.name.rpartition("-")[2]
        if owner.isascii() and owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's process
    return True


def _existing(desk: Desk, checked: CheckedRow) -> Made | None:
    """The archived PDF of an unsent document, where it is what the record says."""
    document = checked.document
    if document is None or checked.row.copy or not document.file:
        return None
    try:
        data = desk.files.read(document.file)
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != document.file_hash:
        return None
    return Made(checked.row, document, checked.customer, document.file, document.file_hash, len(data))


def _render(
    desk: Desk, run: InvoiceRun, rows: Sequence[CheckedRow], stop: Callable[[], bool], count: Callable[[], None]
) -> list[tuple[CheckedRow, Made | Problem]]:
    """Render and publish; a document that cannot be made is its problem, the others go on."""
    if not rows:
        return []
    staging = desk.files.staging(f"run-{run.number}")
    jobs = [Job(checked.document, copy=checked.row.copy) for checked in rows if checked.document]
    done: list[tuple[CheckedRow, Rendered]] = []
    try:
        for rendered in desk.renderer().render(jobs, staging):
            done.append((rows[rendered.index], rendered))
            count()
            if stop():
                break
        return _publish(desk, run, done)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _publish(
    desk: Desk, run: InvoiceRun, done: Sequence[tuple[CheckedRow, Rendered]]
) -> list[tuple[CheckedRow, Made | Problem]]:
    """Into the archive, all with one sync of its folder."""
    out: list[tuple[CheckedRow, Made | Problem]] = []
    files: list[tuple[str, bytes]] = []
    ready: list[CheckedRow] = []
    for checked, rendered in done:
        if rendered.path is None or checked.document is None:
            fallback = Problem(
                "PDF", N_("{number}: Das PDF konnte nicht erstellt werden."), {"number": checked.row.number}
            )
            out.append((checked, rendered.problem or fallback))
            continue
        copy_of = run if checked.row.copy else None
        files.append((archive_path(checked.document, copy_of), rendered.path.read_bytes()))
        ready.append(checked)
    for checked, stored, (_, data) in zip(ready, desk.files.write_many(files), files, strict=True):
        assert checked.document is not None
        made = Made(checked.row, checked.document, checked.customer, stored.relative, stored.sha256, len(data))
        out.append((checked, made))
    return out


def _commit(desk: Desk, run: InvoiceRun, made: Sequence[Made]) -> list[Made]:
    """Name the files in rows and documents. A row that somebody else has moved on meanwhile is dropped.

    An overwritten file's hash stays in the journal, as the old version of the record that named it.
    """
    if not made:
        return []
    done: list[Made] = []
    with desk.store.transaction(f"Rechnungslauf {run.number}: {len(made)} PDF erstellt") as tx:
        rows = tx.get_many(RunRow, [m.row.id for m in made])
        documents = tx.get_many(Document, [m.document.id for m in made])
        for one in made:
            row, document = rows.get(one.row.id), documents.get(one.document.id)
            if row is None or document is None or row.rev != one.row.rev or document.rev != one.document.rev:
                continue
            if not document.was_sent and (document.file, document.file_hash) != (one.file, one.sha256):
                document = tx.put(replace(document, file=one.file, file_hash=one.sha256))
            row = tx.put(
                replace(
                    one.row,
                    state=RowState.RENDERED,
                    file=one.file,
                    file_hash=one.sha256,
                    changed_at=desk.timestamp(),
                )
            )
            done.append(replace(one, row=row, document=document))
    return done
