"""Bericht Rechnungsstapel: preview, and printing that is all or nothing (D4, D5, D8).

Every file is on disk before the one commit that names it, makes the documents final and locks the batch. A process
that ends in between leaves an open batch; printing again writes the same bytes to the same places.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.batches import BatchState, InvoiceBatch
from tui_billing.domain.documents import ZERO, Document, DocumentHead
from tui_billing.domain.file_names import safe
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Company, Customer
from tui_billing.domain.statement_rules import Figures
from tui_billing.render.port import Job, Rendered, StatementJob
from tui_billing.services import documents
from tui_billing.services.batch_bundles import GROUP, Bundle, Bundler
from tui_billing.services.batch_check import PrintPlan, bundle_problems, check_batches, empty_problem
from tui_billing.services.batch_figures import customers_of
from tui_billing.services.batch_report import cover_lines, file_name, statement_record
from tui_billing.services.batch_rows import allow
from tui_billing.services.batches import PRINT_RANGE
from tui_billing.services.company import company
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.store.files import StoredFile
from tui_billing.store.repositories import Transaction

ROUNDS = 20
"""How often data may move under the printing before it gives up."""

Skip = Callable[[Customer], bool]


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """`with_copies` puts documents that went out before behind the statement again, as copies (D8).

    `only_statement` names customers whose documents travel another way (by mail) and are not output here.
    """

    with_copies: bool = False
    only_statement: Skip = lambda _customer: False


@dataclass(frozen=True, slots=True)
class Printed:
    """One batch after printing."""

    batch: InvoiceBatch
    statements: int
    originals: int
    amount_due: Decimal


@dataclass(frozen=True, slots=True)
class _Made:
    """One customer's files on disk, and what they were made from."""

    fingerprint: str
    figures: Figures
    statement: StoredFile
    originals: tuple[tuple[int, StoredFile], ...]
    copies: tuple[Path, ...]
    on_paper: bool
    by_mail: tuple[int, ...] = ()
    """Documents that were never output and travel another way."""


class _Moved(Exception):
    """Somebody has changed what was rendered; it is rendered again."""


def print_batches(
    desk: Desk, plan: PrintPlan, options: PrintOptions | None = None, stop: Callable[[], bool] = never
) -> Generator[Progress, None, list[Printed]]:
    """Print the batches of a plan one after the other, each in one commit. Raises Refused with everything that
    cannot be printed before anything is marked. Stopping leaves the batch that is in work open."""
    if desk.store.refresh() != plan.seq:
        plan = check_batches(desk.store, company(desk.store), plan.batches)
    if plan.problems:
        raise Refused(*plan.problems)
    done: list[Printed] = []
    seller = company(desk.store)
    base = 0
    for batch in plan.batches:
        work = _Printing(desk, batch, seller, options or PrintOptions(), stop)
        for step in work.run():
            yield replace(step, done=base + step.done, total=max(plan.statements, base + step.total))
        base += len(work.made)
        if work.printed is None:
            break
        done.append(work.printed)
    return done


class _Printing:
    """The printing of one batch."""

    def __init__(
        self, desk: Desk, batch: InvoiceBatch, seller: Company, options: PrintOptions, stop: Callable[[], bool]
    ) -> None:
        self.desk, self.batch, self.seller, self.options, self.stop = desk, batch, seller, options, stop
        self.made: dict[int, _Made] = {}
        self.folder = f"documents/{batch.close_date.year}/batch-{batch.number:05d}"
        self.printed: Printed | None = None
        self.copies = 0

    def run(self) -> Generator[Progress, None, None]:
        """Render what is missing or has moved, then commit; repeated until nothing has moved in between."""
        try:
            for attempt in range(ROUNDS):
                seq = self.desk.store.refresh()
                yield from self._render_stale()
                if self.stop():
                    return
                combined = self._combine()
                try:
                    self.printed = self._commit(seq, combined, decide_inside=attempt > 1)
                    return
                except _Moved:
                    continue
            raise Refused(Problem("DATEN_UNRUHIG", N_("Die Daten ändern sich ständig; bitte später drucken.")))
        finally:
            for name in ("batch", "copies"):
                self._clear(name)

    def _clear(self, name: str) -> None:
        shutil.rmtree(self.desk.files.staging(f"{name}-{self.batch.number}"), ignore_errors=True)

    def _bundler(self) -> Bundler:
        return Bundler(self.desk.store, self.seller, [self.batch])

    def _render_stale(self) -> Generator[Progress, None, None]:
        customers = customers_of(self.desk.store, self.batch)
        bundler, group, seen = self._bundler(), [], set()
        for bundle in bundler.bundles(self.batch, customers):
            customer = bundle.part.customer
            seen.add(customer.id)
            known = self.made.get(customer.id)
            if known is None or known.fingerprint != bundle.fingerprint:
                group.append(bundle)
            if len(group) >= GROUP:
                self._render(group)
                group = []
                yield Progress(len(self.made), len(customers), note=customer.number)
                if self.stop():
                    return
        self._render(group)
        for gone in self.made.keys() - seen:
            del self.made[gone]
        if not self.made:
            raise Refused(empty_problem(self.batch))
        # The print file follows the customers' numbers, whatever was rendered again.
        self.made = {c.id: self.made[c.id] for c in customers if c.id in self.made}
        yield Progress(len(self.made), len(customers))

    def _render(self, group: Sequence[Bundle]) -> None:
        if not group:
            return
        if problems := [p for b in group for p in bundle_problems(b)]:
            raise Refused(*problems)
        jobs, places = self._jobs(group)
        staging = self.desk.files.staging(f"batch-{self.batch.number}")
        results = list(self.desk.renderer().render(jobs, staging))
        failed = [(r, place) for r, (_, place) in zip(results, places, strict=True) if r.path is None]
        if failed:
            raise Refused(*(r.problem or Problem("PDF", "{name}", {"name": place}) for r, place in failed))
        self._remember(group, [p for p, _ in places], self._keep(results, [place for _, place in places]))

    def _jobs(self, group: Sequence[Bundle]) -> tuple[list[Job | StatementJob], list[tuple[int, str]]]:
        """Jobs in the order of printing, each with its customer and the place of its file ("" for a copy)."""
        jobs: list[Job | StatementJob] = []
        places: list[tuple[int, str]] = []
        for bundle in group:
            customer = bundle.part.customer
            jobs.append(StatementJob(bundle.statement))
            places.append((customer.id, f"{self.folder}/{safe(customer.number) or 'Kunde'}.{customer.id}.pdf"))
            if self.options.only_statement(customer):
                continue
            for document in bundle.fresh:
                jobs.append(Job(document))
                places.append((customer.id, f"{self.folder}/{safe(document.number)}.d{document.id}.pdf"))
            if self.options.with_copies:
                for document in self._whole(bundle.sent):
                    jobs.append(Job(document, copy=True))
                    places.append((customer.id, ""))
        return jobs, places

    def _whole(self, heads: Iterable[DocumentHead]) -> list[Document]:
        return list(self.desk.store.get_many(Document, [h.id for h in heads]).values())

    def _keep(self, results: Sequence[Rendered], places: Sequence[str]) -> list[StoredFile | Path]:
        """Publish the originals of a group together; a copy only waits for the print file."""
        paths = [r.path for r in results if r.path is not None]
        originals = [
            (_hashed(place, r.sha256), path.read_bytes())
            for r, path, place in zip(results, paths, places, strict=True)
            if place
        ]
        stored = iter(self.desk.files.write_many(originals))
        return [next(stored) if place else self._wait(path) for path, place in zip(paths, places, strict=True)]

    def _wait(self, copy: Path) -> Path:
        folder = self.desk.files.path(f"staging/copies-{self.batch.number}-{os.getpid()}")
        folder.mkdir(parents=True, exist_ok=True)
        self.copies += 1
        return Path(shutil.move(copy, folder / f"{self.copies:06d}.pdf"))

    def _remember(self, group: Sequence[Bundle], owners: Sequence[int], files: Sequence[StoredFile | Path]) -> None:
        by_owner: dict[int, list[StoredFile | Path]] = {}
        for owner, file in zip(owners, files, strict=True):
            by_owner.setdefault(owner, []).append(file)
        for bundle in group:
            customer = bundle.part.customer
            statement, *behind = by_owner[customer.id]
            stored = [f for f in behind if isinstance(f, StoredFile)]
            assert isinstance(statement, StoredFile)
            on_paper = not self.options.only_statement(customer)
            self.made[customer.id] = _Made(
                bundle.fingerprint,
                bundle.part.figures,
                statement,
                tuple(zip((d.id for d in bundle.fresh), stored, strict=False)),
                tuple(f for f in behind if isinstance(f, Path)),
                on_paper,
                () if on_paper else tuple(d.id for d in bundle.fresh),
            )

    def _combine(self) -> StoredFile | None:
        """One print file of what goes on paper, with a cover that counts and sums up."""
        on_paper = [m for m in self.made.values() if m.on_paper]
        if not on_paper:
            return None
        path = self.desk.files.path
        files: list[Path] = []
        for made in on_paper:
            files += [path(made.statement.relative), *(path(f.relative) for _, f in made.originals), *made.copies]
        target = self.desk.files.staging(f"batch-{self.batch.number}") / file_name(self.batch)
        self.desk.renderer().combine(files, target, cover_lines(self.batch, _sums(on_paper)))
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        return self.desk.files.publish(target, _hashed(f"{self.folder}/{file_name(self.batch)}", digest))

    def _commit(self, seq: int, combined: StoredFile | None, *, decide_inside: bool) -> Printed:
        at = self.desk.timestamp()
        with self.desk.store.transaction(f"Rechnungsstapel {self.batch.number} gedruckt") as tx:
            if self.desk.store.seq != seq and not (decide_inside and self._is_current(tx)):
                raise _Moved
            current = tx.need(InvoiceBatch, self.batch.id)
            allow(current, BatchAction.PRINT)
            originals = self._mark(tx, at)
            batch = tx.put(
                replace(
                    current,
                    state=BatchState.PRINTED,
                    printed_at=at,
                    printed_order=tx.allocate_int(PRINT_RANGE),
                    customer_ids=tuple(self.made),
                    file=combined.relative if combined else "",
                    file_hash=combined.sha256 if combined else "",
                )
            )
        due = sum((m.figures.amount_due for m in self.made.values()), ZERO)
        return Printed(batch, len(self.made), originals, due)

    def _is_current(self, tx: Transaction) -> bool:
        """Whether every customer's paper would come out the same now."""
        bundler = Bundler(tx, self.seller, [self.batch])
        now = {b.part.customer.id: b.fingerprint for b in bundler.bundles(self.batch)}
        return now == {customer: made.fingerprint for customer, made in self.made.items()}

    def _mark(self, tx: Transaction, at: str) -> int:
        """Originals are output and thereby final; the figures as sent are kept with their file.

        What travels by mail becomes final too: the statement names it, and a printed batch is never changed (D4.2).
        """
        count = 0
        for customer_id, made in self.made.items():
            for document_id, file in made.originals:
                document = tx.need(Document, document_id)
                documents.mark_output(tx, document, at=at, mailed=False, file=file.relative, file_hash=file.sha256)
                count += 1
            for document_id in made.by_mail:
                documents.make_final(tx, tx.need(Document, document_id), at=at)
            tx.insert(statement_record(self.batch, customer_id, made.figures, at, made.statement))
        return count


def _hashed(relative: str, sha256: str) -> str:
    """The hash stands in the name: two clerks who print at once never write over each other's files."""
    return f"{relative.removesuffix('.pdf')}.{sha256[:12]}.pdf"


def _sums(made: Sequence[_Made]) -> tuple[int, int, Decimal]:
    """Statements, originals behind them, and the sum of the amounts due."""
    return len(made), sum(len(m.originals) for m in made), sum((m.figures.amount_due for m in made), ZERO)
