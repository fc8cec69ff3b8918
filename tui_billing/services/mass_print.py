"""Rechnungen Massendruck: documents by number from-to, printed into one file and / or single PDFs, or into a run.

Printing is an output: an open document becomes final before its PDF is made, and gets `printed_at` once the file lies
where the clerk asked for it. A crash between the two leaves it final and not printed: it is offered again.
"""

import re
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.plans import Balance, Reason, Verdict, balance
from tui_billing.domain.runs import Dispatch, InvoiceRun, RunParameters, RunType
from tui_billing.render.port import Job
from tui_billing.services import runs
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.documents import make_final, mark_output
from tui_billing.services.errors import WrongUse
from tui_billing.services.mass_print_output import OutputOptions, Printed, hand_out
from tui_billing.services.run_archive import archive_path
from tui_billing.store.repositories import Repository

GROUP = 50
NUMBER = re.compile(r"(?P<range>.*?)(?P<digits>[0-9]+)", re.ASCII | re.DOTALL)


class Which(StrEnum):
    """Which documents of the range: not printed, not mailed, neither of both, or all of them once more."""

    NOT_PRINTED = "not_printed"
    NOT_MAILED = "not_mailed"
    NOT_SENT = "not_sent"
    ALL = "all"


WHICH_NAMES: dict[Which, str] = {
    Which.NOT_PRINTED: N_("noch nicht gedruckt"),
    Which.NOT_MAILED: N_("noch nicht versendet"),
    Which.NOT_SENT: N_("weder gedruckt noch versendet"),
    Which.ALL: N_("alle, auch noch einmal"),
}


OUT_NAMES: dict[str, str] = {
    "cancelled": N_("storniert"),
    "unknown": N_("im Versand oder ungeklärt"),
    "printed": N_("schon gedruckt"),
    "mailed": N_("schon versendet"),
}


@dataclass(frozen=True, slots=True)
class MassPrintParameters:
    """Both numbers inclusive, of one Nummernkreis; an empty one is open. `document_ids`: only these, where given."""

    number_from: str = ""
    number_to: str = ""
    which: Which = Which.NOT_PRINTED
    document_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MassPrintPlan:
    """What would be printed: a verdict per document of the range."""

    parameters: MassPrintParameters
    heads: dict[int, DocumentHead]
    verdicts: tuple[Verdict, ...]
    balance: Balance

    @property
    def taken(self) -> list[DocumentHead]:
        """The documents to print, by number."""
        return [self.heads[v.key] for v in self.verdicts if v.is_in]


@dataclass(slots=True)
class MassPrintResult:
    """Numbers that were printed, those that failed with the reason, and the files that were handed out."""

    planned: int = 0
    printed: list[str] = field(default_factory=list)
    failed: dict[str, Problem] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def open(self) -> int:
        """Documents that a stop has left."""
        return self.planned - len(self.printed) - len(self.failed)


def plan_mass_print(store: Repository, parameters: MassPrintParameters) -> MassPrintPlan:
    """Every document of the range with its verdict. Raises WrongUse for numbers of two ranges."""
    return _plan(store, parameters, _in_range(store, parameters))


def plan_documents(store: Repository, ids: Sequence[int]) -> MassPrintPlan:
    """These documents whatever their numbers, also once more."""
    return plan_mass_print(store, MassPrintParameters(which=Which.ALL, document_ids=tuple(ids)))


def _plan(store: Repository, parameters: MassPrintParameters, heads: Sequence[DocumentHead]) -> MassPrintPlan:
    moving = {
        i for state in ("in_flight", "unknown") for d in store.find(Dispatch, "state", state) for i in d.document_ids
    }
    verdicts = tuple(_judge(head, parameters.which, head.id in moving) for head in heads)
    return MassPrintPlan(parameters, {h.id: h for h in heads}, verdicts, balance(verdicts))


def _in_range(store: Repository, parameters: MassPrintParameters) -> list[DocumentHead]:
    first, last = parameters.number_from.strip(), parameters.number_to.strip()
    low, high = _key(first), _key(last)
    if first and last and low[0] != high[0]:
        text = N_("{first} und {last} gehören nicht zu einem Nummernkreis.")
        raise WrongUse(Problem("NUMMERNKREISE_VERSCHIEDEN", text, {"first": first, "last": last}))
    if first and last and low > high:
        text = N_("Die Nummer von ({first}) liegt hinter der Nummer bis ({last}).")
        raise WrongUse(Problem("NUMMERN_VERTAUSCHT", text, {"first": first, "last": last}))
    prefix = low[0] if first else high[0] if last else ""
    if parameters.document_ids:
        found = list(store.get_many(DocumentHead, parameters.document_ids).values())
    else:
        found = store.between(DocumentHead, "number", prefix or None, f"{prefix}\U0010ffff" if prefix else None)
    keyed = [(_key(head.number), head) for head in found]
    inside = [
        (key, head)
        for key, head in keyed
        if (not prefix or key[0] == prefix) and (not first or key >= low) and (not last or key <= high)
    ]
    return [head for _, head in sorted(inside, key=lambda pair: (pair[0], pair[1].id))]


def _key(number: str) -> tuple[str, int]:
    """RE-2026-00413 -> ("RE-2026-", 413), so that 100000 comes behind 99999."""
    match = NUMBER.fullmatch(number)
    return (match["range"], int(match["digits"])) if match else (number, -1)


def _judge(head: DocumentHead, which: Which, moving: bool) -> Verdict:
    """The rules in their order; the first that fails names the reason."""
    cancelled = head.state is DocumentState.CANCELLED and not head.final_at
    rules = (
        (
            "cancelled",
            not cancelled,
            N_("nicht vor der ersten Ausgabe storniert"),
            N_("vor der ersten Ausgabe storniert"),
        ),
        ("unknown", not moving, N_("kein Versand unterwegs oder ungeklärt"), N_("Versand unterwegs oder ungeklärt")),
        (
            "printed",
            which not in (Which.NOT_PRINTED, Which.NOT_SENT) or not head.printed_at,
            N_("noch nicht gedruckt oder noch einmal verlangt"),
            N_("schon gedruckt"),
        ),
        (
            "mailed",
            which not in (Which.NOT_MAILED, Which.NOT_SENT) or not head.mailed_at,
            N_("noch nicht versendet oder noch einmal verlangt"),
            N_("schon versendet"),
        ),
    )
    reasons: list[Reason] = []
    failed = False
    for code, holds, passed, refused in rules:
        reasons.append(Reason(code, None if failed else holds, passed if holds else refused))
        failed = failed or not holds
    return Verdict(head.id, head.totals.gross, tuple(reasons), ("copy",) if head.was_sent else ())


def apply_mass_print(
    desk: Desk, plan: MassPrintPlan, options: OutputOptions, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, MassPrintResult]:
    """Make final, render, hand out, mark as printed; one bad document is one row, the rest goes on."""
    heads = plan.taken
    result = MassPrintResult(planned=len(heads))
    made: list[Printed] = []
    for begin in range(0, len(heads), GROUP):
        if stop():
            break
        documents = _make_final(desk, [h.id for h in heads[begin : begin + GROUP]], result)
        made += _render(desk, documents, result)
        yield Progress(len(made) + len(result.failed), len(heads), failed=len(result.failed))
    if made:
        result.files += hand_out(desk, options, made, plan.parameters.number_from, plan.parameters.number_to)
        _book(desk, made, result)
    yield Progress(len(made) + len(result.failed), len(heads), failed=len(result.failed))
    return result


def _make_final(desk: Desk, ids: Sequence[int], result: MassPrintResult) -> list[Document]:
    """Final in one commit; what the law forbids stays open and is a failed row."""
    ready: list[Document] = []
    with desk.store.transaction(f"Massendruck: {len(ids)} festgeschrieben") as tx:
        for document in tx.get_many(Document, ids).values():
            try:
                ready.append(make_final(tx, document, at=desk.timestamp()))
            except Refused as refused:
                result.failed[document.number] = refused.problems[0]
    return ready


def _render(desk: Desk, documents: Sequence[Document], result: MassPrintResult) -> list[Printed]:
    """PDFs in the archive; a document that was sent keeps its own file, the copy is another."""
    if not documents:
        return []
    made: list[Printed] = []
    staging = desk.files.staging("mass-print")
    try:
        for rendered in desk.renderer().render([Job(d, copy=d.was_sent) for d in documents], staging):
            document = documents[rendered.index]
            if rendered.path is None:
                text = N_("{number}: Das PDF konnte nicht erstellt werden.")
                fallback = Problem("PDF", text, {"number": document.number}, where=document.number)
                result.failed[document.number] = rendered.problem or fallback
                continue
            stored = desk.files.publish(rendered.path, _archive_name(document))
            made.append(Printed(document, stored, document.was_sent))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return made


def _archive_name(document: Document) -> str:
    path = archive_path(document)
    if not document.was_sent:
        return path
    folder, _, name = path.rpartition("/")
    return f"{folder}/Kopie_Massendruck_{name}"


def _book(desk: Desk, made: Sequence[Printed], result: MassPrintResult) -> None:
    """Printed, in groups; the file lies outside already."""
    for begin in range(0, len(made), GROUP):
        group = made[begin : begin + GROUP]
        with desk.store.transaction(f"Massendruck: {len(group)} gedruckt") as tx:
            for one in group:
                stored = one.stored
                mark_output(
                    tx, one.document, at=desk.timestamp(), mailed=False, file=stored.relative, file_hash=stored.sha256
                )
        result.printed += [one.document.number for one in group]


def into_run(
    desk: Desk, documents: Sequence[DocumentHead], run_type: RunType, *, include_sent: bool = False
) -> InvoiceRun:
    """The marked documents as a new Rechnungslauf. Raises Refused where none of them belongs into it."""
    if not documents:
        raise Refused(Problem("KEINE_RECHNUNGEN", N_("Keine Rechnungen markiert.")))
    days = [d.invoice_date for d in documents]
    parameters = RunParameters(
        date_from=min(days),
        date_to=max(days),
        type=run_type,
        include_sent=include_sent,
        document_ids=tuple(d.id for d in documents),
    )
    return runs.apply_create_run(desk, runs.plan_create_run(desk.store, parameters, desk.today()))
