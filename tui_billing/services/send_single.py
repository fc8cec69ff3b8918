"""One document by mail: preview, test mail to oneself, and the single dispatch of a clerk (E6, E8, E11.2)."""

import shutil
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from tui_billing.dispatch.mail import MailAttachment, MailContent, ascii_domain, build_mail
from tui_billing.dispatch.port import Envelope, Outcome
from tui_billing.domain.documents import Document, DocumentState
from tui_billing.domain.file_names import document_file_name, safe
from tui_billing.domain.inputs import parse_email
from tui_billing.domain.mail_jobs import SendItem, plan_jobs
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.parties import Customer
from tui_billing.domain.runs import Dispatch
from tui_billing.domain.send_reasons import reason_problem
from tui_billing.render.port import Job
from tui_billing.services import settings
from tui_billing.services.desk import Desk, Progress, never
from tui_billing.services.documents import need_document
from tui_billing.services.errors import WrongUse
from tui_billing.services.mail_text import (
    address_problems,
    consumer_warning,
    profile_problems,
    read_profile,
    template_problems,
)
from tui_billing.services.run_archive import archive_path
from tui_billing.services.sending import SendResult, send_jobs
from tui_billing.store.files import StoredFile
from tui_billing.store.repositories import Repository


@dataclass(frozen=True, kw_only=True, slots=True)
class MailPreview:
    """A mail as it would go out now, with the real data; problems that are no warnings block it (E6.2)."""

    document: Document
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    attachments: tuple[str, ...]
    copy: bool
    problems: tuple[Problem, ...] = ()

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """What keeps it from going out."""
        return tuple(p for p in self.problems if not p.warning)


def preview_mail(
    desk: Desk, document_id: int, recipients: Sequence[str] | None = None, *, copy: bool | None = None
) -> MailPreview:
    """The mail of one document. What left already goes as Kopie (E8); `recipients` override the customer's."""
    store = desk.store
    document = need_document(store, document_id)
    customer = store.get(Customer, document.customer_id)
    to = _normal(tuple(recipients) if recipients is not None else (customer.emails if customer else ()))
    is_copy = document.was_sent if copy is None else copy
    profile = read_profile(store)
    text = profile.text_of([document], language=document.language, copy=is_copy)
    problems = [
        *profile_problems(profile),
        *address_problems(to, document.number),
        *template_problems(text, document.number),
        *_state_problems(store, document),
        *consumer_warning(profile, document),
    ]
    return MailPreview(
        document=document,
        sender=profile.sender,
        recipients=to,
        subject=text.subject,
        text=text.text,
        attachments=(_file_name(store, document, is_copy),),
        copy=is_copy,
        problems=tuple(problems),
    )


def plan_single(desk: Desk, document_id: int, recipients: Sequence[str] | None = None) -> MailPreview:
    """What a single dispatch would send; the ignore lists are for runs and not asked here (E11.2)."""
    return preview_mail(desk, document_id, recipients)


def apply_single(
    desk: Desk, plan: MailPreview, *, stop: Callable[[], bool] = never
) -> Generator[Progress, None, SendResult]:
    """Render and send what the plan showed. Raises Refused where the plan has problems or the document has moved."""
    if plan.blocking:
        raise Refused(*plan.blocking)
    document = need_document(desk.store, plan.document.id)
    if document.rev != plan.document.rev:
        raise Refused(reason_problem("beleg_geaendert", document.number))
    document, stored, size = _archived(desk, document, copy=plan.copy)
    item = SendItem(
        document_id=document.id,
        customer_id=document.customer_id,
        recipients=plan.recipients,
        files=((plan.attachments[0], stored.relative),),
        document_rev=document.rev,
        file_hash=stored.sha256,
        language=document.language,
        size=size,
        copy=plan.copy,
    )
    return (yield from send_jobs(desk, plan_jobs([item]), stop=stop))


def send_test(desk: Desk, document_id: int, to: str) -> Outcome:
    """Testmail to oneself: the real text with the PDF as ENTWURF; marks nothing and is no dispatch."""
    address, problems = parse_email(to)
    if address is None:
        raise WrongUse(*problems)
    preview = preview_mail(desk, document_id, (to,), copy=False)
    blocking = [p for p in (*problems, *preview.blocking) if not p.warning and p.code not in STATE_CODES]
    if blocking:
        raise Refused(*blocking)
    profile = read_profile(desk.store)
    document = preview.document
    data = _rendered(desk, Job(document, draft=True))
    domain = profile.sender.rpartition("@")[2]
    message_id = f"<test.{uuid.uuid4().hex}@{ascii_domain(domain)}>"
    mail = build_mail(
        MailContent(
            message_id=message_id,
            date=desk.now(),
            sender=profile.sender,
            sender_name=profile.sender_name,
            recipients=(address,),
            reply_to=profile.reply_to,
            subject=f"Test: {preview.subject}",
            text=preview.text,
            language=document.language,
            attachments=(MailAttachment(name=f"Entwurf_{preview.attachments[0]}", data=data),),
        )
    )
    transport = desk.transport()
    try:
        return transport.send(mail, Envelope(profile.sender, (address,)), message_id, lambda: None)
    finally:
        transport.close()


STATE_CODES = frozenset({"VERSAND_OFFEN", "BELEG_STORNIERT"})
"""Problems of the document's state: they keep it from the customer, not from a test mail to oneself."""


def _normal(addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parse_email(a)[0] or a for a in addresses))


def _state_problems(store: Repository, document: Document) -> list[Problem]:
    if store.find_ids(Dispatch, "open_document", document.id):
        return [reason_problem("versand_offen", document.number)]
    if document.state is DocumentState.CANCELLED and not document.final_at:
        return [reason_problem("beleg_storniert", document.number)]
    return []


def _file_name(store: Repository, document: Document, copy: bool) -> str:
    return document_file_name(document, settings.get(store, "pdf.file_name"), copy=copy)


def _rendered(desk: Desk, job: Job) -> bytes:
    """The PDF. Raises Refused with the renderer's problem."""
    staging = desk.files.staging(f"mail-{uuid.uuid4().hex[:8]}")
    try:
        for rendered in desk.renderer().render([job], staging):
            if rendered.path is not None:
                return rendered.path.read_bytes()
            if rendered.problem is not None:
                raise Refused(rendered.problem)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    text = N_("{number}: Das PDF konnte nicht erstellt werden.")
    raise Refused(Problem("PDF", text, {"number": job.document.number}, where=job.document.number))


def _archived(desk: Desk, document: Document, *, copy: bool) -> tuple[Document, StoredFile, int]:
    """The PDF in the archive, named by the document; a copy is a file of its own (E8.1).

    It is placed in the transaction that looks once more, so that it never covers the file of what was sent meanwhile.
    """
    data = _rendered(desk, Job(document, copy=copy))
    relative = archive_path(document)
    if copy:
        stamp = safe(desk.timestamp().replace(":", ""))
        relative = f"documents/{document.invoice_date.year}/Kopie_{stamp}_{relative.rpartition('/')[2]}"
    staged = desk.files.stage([(relative, data)])
    stored = staged[0].stored
    try:
        with desk.store.transaction(f"{document.number}: PDF erstellt") as tx:
            if tx.need(Document, document.id).rev != document.rev:
                raise Refused(reason_problem("beleg_geaendert", document.number))
            desk.files.place(staged)
            if not copy:
                document = tx.put(replace(document, file=stored.relative, file_hash=stored.sha256))
    finally:
        desk.files.drop(staged)
    return document, stored, len(data)
