"""The PDFs of a run in the archive (documents/<year>/): rendered, published, then named by the commit.

A document that was sent keeps its archived file for ever; a copy is a file of its own (E8, E10.3).
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.file_names import copy_name, document_file_name, safe, unique
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.run_selection import AnyCustomer
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow
from tui_billing.render.port import Job, Rendered
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.run_checks import CheckedRow, failed_row
from tui_billing.store.files import StagedFile
from tui_billing.store.repositories import Transaction


@dataclass(frozen=True, slots=True)
class Made:
    """A row whose PDF lies in the archive: `file` relative to the data folder; `staged` while it is not there yet."""

    row: RunRow
    document: Document
    customer: AnyCustomer | None
    file: str
    sha256: str
    size: int
    staged: StagedFile | None = None


def names_of(desk: Desk, rows: Sequence[RunRow]) -> dict[int, str]:
    """Document id -> file name by the chosen pattern, unique in the run and the same at every execution (E5).

    They are those of originals: what is a copy shows only when it goes; see `name_of`.
    """
    pattern = settings.get(desk.store, "pdf.file_name")
    heads = desk.store.get_many(DocumentHead, [row.document_id for row in rows])
    known = [row for row in rows if row.document_id in heads]
    names = unique([document_file_name(cast(Document, heads[r.document_id]), pattern) for r in known])
    return {row.document_id: name for row, name in zip(known, names, strict=True)}


def name_of(names: dict[int, str], row: RunRow) -> str:
    """The name under which the file of this row leaves the house (E8)."""
    name = names[row.document_id]
    return copy_name(name) if row.copy else name


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

    Returns what is made, and the rows that failed or whose document was edited meanwhile; rows after a stop are in
    neither. `count` is called for each row whose PDF is there or cannot be made.
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
    done, edited = _commit(desk, run, sorted(made, key=lambda m: order[m.row.id]))
    return done, failed + edited


def sweep_staging(desk: Desk) -> None:
    """Clear what a killed process has left in staging/ (folders end with its number), and unplaced in documents/."""
    for folder in (desk.folder / "staging").glob("*-*"):
        if _is_dead(folder.name.rpartition("-")[2]):
            shutil.rmtree(folder, ignore_errors=True)
    desk.files.sweep(_is_dead)
    sweep_partial(desk.folder / Path(settings.get(desk.store, "mail.folder").strip() or "outbox").expanduser())


def sweep_partial(folder: Path) -> None:
    """Clear half files of killed processes: `.name.<process>.tmp`."""
    for path in folder.glob(".*.tmp"):
        if _is_dead(path.name.removesuffix(".tmp").rpartition(".")[2]):
            path.unlink(missing_ok=True)


def _is_dead(process: str) -> bool:
    return process.isascii() and process.isdigit() and not _is_running(int(process))


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
    """Render into the archive's folder; a document that cannot be made is its problem, the others go on."""
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
        return _stage(desk, run, done)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stage(
    desk: Desk, run: InvoiceRun, done: Sequence[tuple[CheckedRow, Rendered]]
) -> list[tuple[CheckedRow, Made | Problem]]:
    """Beside their places in the archive, durable; the commit puts them there."""
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
    for checked, staged, (_, data) in zip(ready, desk.files.stage(files), files, strict=True):
        assert checked.document is not None
        stored, row, document = staged.stored, checked.row, checked.document
        out.append((checked, Made(row, document, checked.customer, stored.relative, stored.sha256, len(data), staged)))
    return out


def _commit(desk: Desk, run: InvoiceRun, made: Sequence[Made]) -> tuple[list[Made], list[RunRow]]:
    """Put the files into the archive and name them in rows and documents; returns also the rows that were edited.

    A file is placed inside the transaction, so that one whose document was edited or sent a moment ago never covers
    what is archived. A row that somebody else has moved on is dropped.
    """
    if not made:
        return [], []
    staged = [m.staged for m in made if m.staged is not None]
    try:
        with desk.store.transaction(f"Rechnungslauf {run.number}: {len(made)} PDF erstellt") as tx:
            rows = tx.get_many(RunRow, [m.row.id for m in made])
            documents = tx.get_many(Document, [m.document.id for m in made])
            free = [m for m in made if m.row.id in rows and rows[m.row.id].rev == m.row.rev]
            same = [m for m in free if m.document.id in documents and documents[m.document.id].rev == m.document.rev]
            desk.files.place([m.staged for m in same if m.staged is not None])
            done = [_named(tx, m, desk.timestamp()) for m in same]
    finally:
        desk.files.drop(staged)
    kept = {m.row.id for m in same}
    return done, [replace(rows[m.row.id], reason="beleg_geaendert", reply="") for m in free if m.row.id not in kept]


def _named(tx: Transaction, one: Made, at: str) -> Made:
    """An overwritten file's hash stays in the journal, as the old version of the record that named it."""
    document = one.document
    if not document.was_sent and (document.file, document.file_hash) != (one.file, one.sha256):
        document = tx.put(replace(document, file=one.file, file_hash=one.sha256))
    row = replace(one.row, state=RowState.RENDERED, file=one.file, file_hash=one.sha256, changed_at=at)
    return replace(one, row=tx.put(row), document=document, staged=None)
