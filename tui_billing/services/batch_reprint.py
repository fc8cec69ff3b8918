"""Neudruck, twice: as sent (the archived bytes) and recomputed from today's data with the causes of each difference."""

import hashlib
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from tui_billing.domain.batch_states import BatchAction
from tui_billing.domain.batches import BatchState, BatchStatement, InvoiceBatch, Payment, ReceivableEntry
from tui_billing.domain.codec import decode
from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.file_names import document_file_name, unique
from tui_billing.domain.format import day, money
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.statement_rules import Difference, Effect, differences, entry_effect, payment_effect
from tui_billing.render.port import StatementJob
from tui_billing.services.batch_bundles import need_customers, statement_of
from tui_billing.services.batch_figures import Account, Accounts, CustomerPart
from tui_billing.services.batch_report import file_name, rendered
from tui_billing.services.batch_rows import allow
from tui_billing.services.company import company
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.output import put_file
from tui_billing.store.engine import Entry
from tui_billing.store.repositories import Store

ALL = 1_000_000
RECOMPUTED = {"de": "Neuberechnung vom {day}", "en": "Recomputed on {day}"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One change since the batch was printed: what, by whom, when, why, and what it does to the figures."""

    text: str
    params: dict[str, object]
    effect: Effect
    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class LaterBatch:
    """A later printed batch of the same customer, as sent and as it would be now."""

    number: int
    close_date: date
    as_sent: Decimal
    recomputed: Decimal


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One customer's statement from today's data beside what was sent."""

    part: CustomerPart
    sent: BatchStatement
    differences: tuple[Difference, ...]
    causes: tuple[Cause, ...]
    later: tuple[LaterBatch, ...]


def plan_recompute(
    store: Store, batch: InvoiceBatch, low: str = "", high: str = ""
) -> Generator[Progress, None, list[Recomputed]]:
    """Every customer of a printed batch in the range, with differences, causes and later batches. No effect."""
    allow(batch, BatchAction.REPRINT)
    accounts, audit = Accounts(store), _Audit(store, batch)
    found = []
    people = need_customers(store, batch, low, high)
    for done, customer in enumerate(people, 1):
        sent = store.find_one(BatchStatement, "batch_customer", f"{batch.id}|{customer.id}")
        account = accounts.of(customer.id)
        place = account.place(batch.id)
        if sent is not None and place >= 0:
            found.append(_recomputed(store, audit, account, place, customer, sent))
        yield Progress(done, len(people), note=customer.number)
    return found


def _recomputed(
    store: Store, audit: "_Audit", account: Account, place: int, customer: Customer, sent: BatchStatement
) -> Recomputed:
    now = account.figures[place]
    part = CustomerPart(customer, account.batches[place].rows, now, sent)
    moved = differences(sent, now)
    causes = tuple(audit.causes(account, place, customer.id)) if moved else ()
    later = []
    for other, figures in list(zip(account.batches, account.figures, strict=True))[place + 1 :]:
        was = store.find_one(BatchStatement, "batch_customer", f"{other.batch_id}|{customer.id}")
        if was is not None and differences(was, figures):
            later.append(LaterBatch(other.number, other.close_date, was.amount_due, figures.amount_due))
    return Recomputed(part, sent, moved, causes, tuple(later))


class _Audit:
    """The audit trail since a batch was printed, read once and only where a figure differs."""

    def __init__(self, store: Store, batch: InvoiceBatch) -> None:
        self.store, self.batch = store, batch
        self._since: int | None = None
        self._payments: list[Entry] | None = None

    def causes(self, account: Account, place: int, customer_id: int) -> Iterator[Cause]:
        """Changes of payments, then of receivables, oldest first, as far as they move these figures."""
        now = account.figures[place]
        for entry in self._payment_entries():
            for table, _, old, new in entry.changes:
                before = decode(Payment, old) if old and table == "payments" else None
                after = decode(Payment, new) if new and table == "payments" else None
                if customer_id not in {p.customer_id for p in (before, after) if p}:
                    continue
                if effect := payment_effect(before, after, now):
                    text, params = _payment_text(before, after)
                    yield Cause(text, params, effect, entry.by, entry.ts, entry.reason)
        earlier = frozenset(b.batch_id for b in account.batches[:place])
        for row in (r for b in account.batches[: place + 1] for r in b.rows):
            yield from self._receivable_causes(row, earlier)

    def _receivable_causes(self, row: ReceivableEntry, earlier: frozenset[int]) -> Iterator[Cause]:
        if row.rev < 3:  # stored, put into its batch: nothing has happened to it since
            return
        for entry in reversed(self.store.history(ReceivableEntry, row.id, ALL)):
            if entry.seq <= self.since:
                continue
            for table, record_id, old, new in entry.changes:
                if table != "receivables" or record_id != row.id:
                    continue
                before, after = (decode(ReceivableEntry, d) if d else None for d in (old, new))
                if effect := entry_effect(before, after, self.batch.id, earlier):
                    text = N_("Beleg {number}: Betrag geändert von {old} auf {new}")
                    params: dict[str, object] = {
                        "number": row.number,
                        "old": before and before.amount,
                        "new": after and after.amount,
                    }
                    yield Cause(text, params, effect, entry.by, entry.ts, entry.reason)

    @property
    def since(self) -> int:
        """The seq of the transaction that printed the batch."""
        if self._since is None:
            self._since = 0
            for entry in self.store.history(InvoiceBatch, self.batch.id, ALL):
                states = [
                    (o or {}).get("state") for t, i, o, n in entry.changes if t == "batches" and i == self.batch.id
                ]
                if any(s in (BatchState.OPEN.value, None) for s in states):
                    self._since = entry.seq
                    break
        return self._since

    def _payment_entries(self) -> list[Entry]:
        if self._payments is None:
            found = self.store.history(Payment, None, ALL)
            self._payments = [e for e in reversed(found) if e.seq > self.since]
        return self._payments


def _shown(entry: ReceivableEntry | None) -> str:
    return money(entry.amount) if entry else "–"


def _payment_text(before: Payment | None, after: Payment | None) -> tuple[str, dict[str, object]]:
    """What happened to a payment, as one sentence."""
    one = after or before
    assert one is not None
    params: dict[str, object] = {"number": one.number, "amount": money(one.amount), "day": one.paid_date}
    if before is None:
        if one.returns:
            return N_("Rücklastschrift {number} über {amount} vom {day} erfasst"), params
        return N_("Zahlung {number} über {amount} vom {day} erfasst"), params
    if after is None:
        return N_("Zahlung {number} über {amount} vom {day} zurückgenommen"), params
    if before.paid_date != after.paid_date:
        params |= {"old": before.paid_date, "new": after.paid_date}
        return N_("Zahlung {number} über {amount}: Bezahlt am verschoben von {old} auf {new}"), params
    return N_("Zahlung {number}: Betrag oder Skonto geändert"), params


def print_recomputed(
    desk: Desk, batch: InvoiceBatch, found: Sequence[Recomputed], folder: Path, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, list[Path]]:
    """The recomputed statements as PDFs marked "Neuberechnung vom …"; nothing is archived or marked.

    Stopped, it hands out none of them.
    """
    seller = company(desk.store)
    jobs, names = [], []
    for one in found:
        heads = desk.store.get_many(DocumentHead, [r.document_id for r in one.part.rows])
        statement = statement_of(seller, batch, one.part, heads)
        language = one.part.customer.language
        note = RECOMPUTED.get(language, RECOMPUTED["de"]).format(day=day(desk.today(), language))
        jobs.append(StatementJob(statement, note=note))
        names.append(file_name(batch, one.part.customer, "Neuberechnung"))
    staging = desk.files.staging(f"reprint-{batch.number}")
    try:
        results = yield from rendered(desk, jobs, staging, stop)
        if results is None:
            return []
        targets = [folder / name for name in unique(names)]
        for result, target in zip(results, targets, strict=True):
            assert result.path is not None
            put_file(result.path, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return targets


def reprint_as_sent(
    desk: Desk, batch: InvoiceBatch, folder: Path, low: str = "", high: str = "", *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, list[Path]]:
    """Kopien wie gesendet: the archived bytes, checked against their hash, with Kopie in the file name (D5.6, E8).

    Without a range the combined print file comes too. Raises Refused where an archived file is gone or changed.
    """
    allow(batch, BatchAction.REPRINT)
    files: list[tuple[str, str, str]] = []
    if batch.file and not low and not high:
        files.append((file_name(batch, mark="Kopie"), batch.file, batch.file_hash))
    for customer in need_customers(desk.store, batch, low, high):
        files += archived_files(desk, batch, customer)
    if problems := list(_damaged(desk, files)):
        raise Refused(*problems)
    targets = [folder / name for name in unique([name for name, _, _ in files])]
    for done, (target, (_, relative, _)) in enumerate(zip(targets, files, strict=True), 1):
        put_file(desk.files.path(relative), target)
        yield Progress(done, len(targets))
        if stop():
            return targets[:done]
    return targets


def archived_files(desk: Desk, batch: InvoiceBatch, customer: Customer) -> list[tuple[str, str, str]]:
    """(name of the copy, path, SHA-256) of a customer's statement and of the originals that were printed behind it."""
    sent = desk.store.find_one(BatchStatement, "batch_customer", f"{batch.id}|{customer.id}")
    if sent is None or not sent.file:
        return []
    found = [(file_name(batch, customer, "Kopie"), sent.file, sent.file_hash)]
    folder = sent.file.rpartition("/")[0] + "/"
    rows = (r for r in desk.store.find(ReceivableEntry, "customer_id", customer.id) if r.batch_id == batch.id)
    for document in desk.store.get_many(Document, [r.document_id for r in rows]).values():
        if document.file.startswith(folder):
            found.append((document_file_name(document, copy=True), document.file, document.file_hash))
    return found


def _damaged(desk: Desk, files: Iterable[tuple[str, str, str]]) -> Iterator[Problem]:
    for name, relative, sha256 in files:
        try:
            good = hashlib.sha256(desk.files.read(relative)).hexdigest() == sha256
        except OSError:
            good = False
        if not good:
            text = N_("Die archivierte Datei {file} fehlt oder ist verändert.")
            yield Problem("ARCHIV_BESCHAEDIGT", text, {"file": relative}, where=name)


def balance_of_causes(found: Recomputed) -> Decimal:
    """What the causes say the amount due has changed by; equal to the difference."""
    return sum((c.effect.amount_due for c in found.causes), Decimal(0))
