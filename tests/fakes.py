"""Fakes for tests of services: a renderer that draws nothing, a transport that keeps its mails, a desk over both."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from tui_billing.dispatch.port import Envelope, Outcome
from tui_billing.domain.documents import Document, DocumentKind, Line
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Address, Channel, Company, Customer
from tui_billing.domain.runs import RowState
from tui_billing.render.port import Job, Rendered, StatementJob
from tui_billing.services import documents
from tui_billing.services.desk import Desk
from tui_billing.store.engine import Engine
from tui_billing.store.files import Files
from tui_billing.store.memory import MemoryEngine
from tui_billing.store.repositories import Store, Transaction

TODAY = date(2026, 11, 22)


@dataclass
class FakeRenderer:
    """Writes a line of text instead of a PDF; numbers in `bad` come back as a problem."""

    bad: set[str] = field(default_factory=set)
    rendered: list[str] = field(default_factory=list)

    def render(self, jobs: Sequence[Job | StatementJob], staging: Path) -> Iterator[Rendered]:
        for index, job in enumerate(jobs):
            if isinstance(job, StatementJob):
                name = f"batch-{job.statement.batch_number}-{job.statement.buyer.number}"
                content = f"%PDF {job}".encode()
            else:
                name = job.document.number
                sums = (job.document.buyer.number, job.document.header_text, job.document.totals.gross)
                content = f"%PDF {name} {sums} {'Kopie' if job.copy else ''}{'ENTWURF' if job.draft else ''}".encode()
            if name in self.bad:
                yield Rendered(index, None, problem=Problem("RENDER", "kaputt", where=name))
                continue
            self.rendered.append(name)
            path = staging / f"{index:06d}.pdf"
            path.write_bytes(content)
            yield Rendered(index, path, hashlib.sha256(content).hexdigest(), 1)

    def render_combined(
        self, jobs: Sequence[Job | StatementJob], staging: Path, target: Path, cover: Sequence[str] = ()
    ) -> Generator[Rendered, None, int]:
        rendered = list(self.render(jobs, staging))
        yield from rendered
        return self.combine([r.path for r in rendered if r.path], target, cover)

    def combine(self, files: Sequence[Path], target: Path, cover: Sequence[str] = ()) -> int:
        target.write_bytes("\n".join(cover).encode() + b"\n" + b"\n".join(f.read_bytes() for f in files))
        return len(files) + bool(cover)

    def close(self) -> None:
        pass


@dataclass
class FakeTransport:
    """Keeps what it is handed; `outcomes` by recipient, else versendet; `on_dot` is called before each dot."""

    sent: list[tuple[bytes, Envelope, str]] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    on_dot: Callable[[Envelope], None] | None = None
    name: str = "fake"

    def send(self, mail: bytes, envelope: Envelope, message_id: str, before_dot: Callable[[], None]) -> Outcome:
        outcome = self.outcomes.get(envelope.recipients[0], Outcome(RowState.SENT, "250 ok", 250))
        if outcome.state in (RowState.SENT, RowState.UNKNOWN):
            before_dot()
            if self.on_dot is not None:
                self.on_dot(envelope)
            self.sent.append((mail, envelope, message_id))
        return outcome

    def close(self) -> None:
        pass


def make_desk(
    folder: Path,
    *,
    engine: Engine | None = None,
    renderer: FakeRenderer | None = None,
    transport: FakeTransport | None = None,
    user: str = "anna",
    today: date = TODAY,
) -> Desk:
    """A desk on the memory engine and the frozen day 22.11.2026; time stands still at noon."""
    renderer, transport = renderer or FakeRenderer(), transport or FakeTransport()
    return Desk(
        store=Store(engine or MemoryEngine(), user),
        files=Files(folder),
        folder=folder,
        user=user,
        today=lambda: today,
        renderer=lambda: renderer,
        transport=lambda: transport,
        now=lambda: datetime(today.year, today.month, today.day, 12, tzinfo=UTC),
    )


SELLER = Company(
    name="Muster GmbH",
    address=Address(street="Musterweg 1", postcode="20099", city="Hamburg"),
    tax_number="22/815/08150",
    vat_id="DE136695976",
    iban="DE02120300000000202051",
    email="rechnung@muster.example",
)


def add_company(desk: Desk, company: Company = SELLER) -> Company:
    """The seller Muster GmbH."""
    with desk.store.transaction("Firma") as tx:
        return tx.insert(company)


def add_customer(desk: Desk, number: str, **fields: object) -> Customer:
    """A customer with a postal address, an e-mail address and Versandart E-Mail; `fields` override."""
    values: dict[str, object] = {
        "name": f"Kunde {number}",
        "address": Address(street="Weg 1", postcode="10115", city="Berlin"),
        "emails": (f"k{number}@kunde.example",),
        "channel": Channel.EMAIL,
        **fields,
    }
    with desk.store.transaction("Kunde") as tx:
        return tx.insert(Customer(number=number, **values))  # type: ignore[arg-type]


def add_invoice(
    desk: Desk | Transaction,
    customer: Customer,
    day: date = date(2026, 11, 10),
    *,
    net: str = "100",
    kind: DocumentKind = DocumentKind.INVOICE,
    company: Company = SELLER,
    **fields: object,
) -> Document:
    """An open document over one position at 19 %, supplied in the month of its date."""
    document = documents.build(
        company,
        customer,
        kind=kind,
        invoice_date=day,
        lines=(Line(name="Wartung", quantity=Decimal(1), unit_price=Decimal(net)),),
        **{"service_date": day, **fields},  # type: ignore[arg-type]
    )
    if isinstance(desk, Transaction):
        return documents.add(desk, document, at="2026-11-01T08:00:00+00:00")
    with desk.store.transaction("Beleg") as tx:
        return documents.add(tx, document, at="2026-11-01T08:00:00+00:00")
