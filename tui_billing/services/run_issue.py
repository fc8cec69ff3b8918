"""A PDF run hands its files out: into a folder or a ZIP under E5 names, and the letters as one print file.

The file lies outside before the row says `ausgegeben`; a crash between the two hands the same file out again.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tui_billing.domain.documents import Document
from tui_billing.domain.mail_jobs import is_outdated
from tui_billing.domain.messages import Refused
from tui_billing.domain.parties import Channel
from tui_billing.domain.runs import InvoiceRun, RowState, RunRow
from tui_billing.services.desk import Desk
from tui_billing.services.documents import mark_output
from tui_billing.services.output import (
    HandedOver,
    free_name,
    hand_over,
    is_zip,
    output_folder,
    own_versions,
    print_file,
    put_file,
    put_zip,
    zip_target,
)
from tui_billing.services.run_archive import Made, name_of, sweep_partial
from tui_billing.services.run_checks import failed_row, forbidden_now, has_open_dispatch
from tui_billing.store.repositories import Transaction


class Issue:
    """The output of one execution; `files` are the full paths of what was handed out, in order."""

    def __init__(self, desk: Desk, run: InvoiceRun, out: str, names: dict[int, str], *, overwrite: bool) -> None:
        self._desk, self._run, self._names, self._overwrite = desk, run, names, overwrite
        target = output_folder(desk, out)
        self._mark = f"Rechnungslauf {run.number} {run.created_at} {run.created_by}"
        self._zip = zip_target(target, self._mark) if is_zip(target) else None
        self._folder = target if out else target / f"Rechnungslauf-{run.number}"
        sweep_partial(self._zip.parent if self._zip else self._folder)
        self._waiting: list[Made] = []
        self._handed_out: list[Made] = []
        self.files: list[str] = []
        self.print_target = ""

    def deliver(self, made: Sequence[Made]) -> list[RunRow]:
        """Hand a group out and book it; with a ZIP the group waits until the ZIP is whole."""
        if self._zip is not None:
            self._waiting += made
            return []
        handed = [self._hand_over(one) for one in made]
        rows = self._book(made)
        booked = {row.id: row.state is RowState.ISSUED for row in rows}
        for one, (path, is_new) in zip(made, handed, strict=True):
            if booked.get(one.row.id):
                self.files.append(str(path))
            elif one.row.id in booked and is_new:
                path.unlink(missing_ok=True)
        return rows

    def _hand_over(self, one: Made) -> HandedOver:
        target = self._folder / name_of(self._names, one.row)
        source = self._desk.files.path(one.file)
        if not self._overwrite:
            return hand_over(source, target)
        return hand_over(source, target, own_versions(self._desk.store, one.document.id))

    def finish(self) -> list[RunRow]:
        """Write the ZIP with everything this run has handed out so far, then book what waited for it."""
        if self._zip is None or not self._waiting:
            return []
        put_zip(self._zip_entries(), self._zip, self._mark)
        self.files.append(str(self._zip))
        return self._book(self._waiting)

    def _zip_entries(self) -> Iterable[tuple[str, Path]]:
        """Earlier rows too: the ZIP of a resumed run holds the whole run."""
        files = self._desk.files
        waiting = {one.row.id: one.file for one in self._waiting}
        for row in self._desk.store.find(RunRow, "run_id", self._run.id):
            file = waiting.get(row.id) or (row.file if row.state is RowState.ISSUED else "")
            if file:
                yield name_of(self._names, row), files.path(file)

    def _book(self, made: Sequence[Made]) -> list[RunRow]:
        """Rows become ausgegeben and documents final in one commit; what has moved meanwhile does not."""
        if not made:
            return []
        with self._desk.store.transaction(f"Rechnungslauf {self._run.number}: {len(made)} ausgegeben") as tx:
            booked = [row for one in made if (row := self._book_one(tx, one)) is not None]
        issued = {row.id for row in booked if row.state is RowState.ISSUED}
        self._handed_out += [one for one in made if one.row.id in issued]
        return booked

    def _book_one(self, tx: Transaction, one: Made) -> RunRow | None:
        """The row as booked; None where a second process has booked it already."""
        at = self._desk.timestamp()
        row = tx.get(RunRow, one.row.id)
        if row is None or row.state is not RowState.RENDERED:
            return None
        document = tx.need(Document, one.document.id)
        if is_outdated(document, one.document.rev, one.sha256):
            return tx.put(replace(row, state=RowState.OPEN, reason="beleg_geaendert", changed_at=at))
        if has_open_dispatch(tx, document.id):
            return tx.put(replace(row, state=RowState.OPEN, reason="unknown", changed_at=at))
        if problem := forbidden_now(tx, self._run.id, [document.id], self._desk):
            return tx.put(replace(row, state=RowState.OPEN, reason=problem.code.lower(), changed_at=at))
        try:
            mark_output(tx, document, at=at, mailed=False, file=one.file, file_hash=one.sha256)
        except Refused as refused:
            return tx.put(replace(failed_row(row, refused), changed_at=at))
        to_print = _is_letter(one)
        return tx.put(replace(row, state=RowState.ISSUED, reason="", reply="", changed_at=at, to_print=to_print))

    def print_letters(self, print_now: bool, *, left_over: bool) -> None:
        """One print file of the letters, sorted for the printer: country, postcode, customer.

        With `left_over` also those that an execution handed out and did not live to print; not while another one is
        at work, because it prints its own.
        """
        letters = [one for one in self._handed_out if _is_letter(one)]
        if left_over:
            letters += self._unprinted({one.row.id for one in letters})
        if not letters:
            return
        # One file per execution: after a resume, or beside a second process, no letter is printed twice or lost.
        target = free_name(self._zip.parent if self._zip else self._folder, f"Druck_Rechnungslauf-{self._run.number}")
        paths = [self._desk.files.path(one.file) for one in sorted(letters, key=_printer_order)]
        staging = self._desk.files.staging(f"print-{self._run.number}")
        try:
            self._desk.renderer().combine(paths, staging / target.name)
            put_file(staging / target.name, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self.print_target = str(target)
        self._book_printed(letters)
        if print_now:
            print_file(self._desk, target)

    def _unprinted(self, known: set[int]) -> list[Made]:
        """Letters of this run that stand in no print file."""
        rows = [r for r in self._desk.store.find(RunRow, "run_id", self._run.id) if r.to_print and r.id not in known]
        documents = self._desk.store.get_many(Document, [row.document_id for row in rows])
        return [
            Made(row, documents[row.document_id], None, row.file, row.file_hash, 0)
            for row in rows
            if row.document_id in documents
        ]

    def _book_printed(self, letters: Sequence[Made]) -> None:
        with self._desk.store.transaction(f"Rechnungslauf {self._run.number}: Druckdatei erstellt") as tx:
            for row in tx.get_many(RunRow, [one.row.id for one in letters]).values():
                tx.put(replace(row, to_print=False))


def _is_letter(one: Made) -> bool:
    return one.customer is None or one.customer.channel != Channel.EMAIL


def _printer_order(one: Made) -> tuple[str, str, str, str, int]:
    address = one.document.buyer.address
    country = "" if address.country in ("", "DE") else address.country
    day = one.document.invoice_date.isoformat()
    return country, address.postcode, one.document.buyer.number, day, one.document.id
