"""Spool: the complete mail is on disk, with its Message-ID and Date, before anything of it is sent.

A mail that surely was not sent is sent again as the same bytes, as long as its content is the same (fingerprint);
else it gets the next generation and with it a new Message-ID.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tui_billing.dispatch.mail import MailAttachment, MailContent, build_mail, message_id
from tui_billing.dispatch.port import Envelope
from tui_billing.domain.documents import Document
from tui_billing.domain.mail_jobs import MailJob
from tui_billing.domain.mail_templates import MailText
from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.runs import Dispatch, RowState
from tui_billing.domain.send_reasons import reason_problem
from tui_billing.domain.settings import Setting
from tui_billing.services.desk import Desk
from tui_billing.services.einvoice_mail import as_mailed
from tui_billing.services.mail_text import MailProfile, address_problems, template_problems
from tui_billing.services.send_book import Book, check
from tui_billing.services.send_orphans import spool_path
from tui_billing.services.send_parcel import KeptBack, Parcel
from tui_billing.store.repositories import Transaction

SAME_BYTES = frozenset({RowState.DEFERRED, RowState.REFUSED, RowState.FAILED})
"""States in which a spooled mail surely was not delivered and may be sent again unchanged."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail before it is spooled; `hashes` of its attachments, in their order."""

    job: MailJob
    text: MailText
    hashes: tuple[str, ...]
    fingerprint: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A mail with its dispatch record, and so with its Message-ID."""

    draft: Draft
    dispatch: Dispatch


def installation(desk: Desk) -> str:
    """The id of this data folder in Message-IDs; drawn at the first sending."""
    with desk.store.transaction("Kennung für Message-IDs") as tx:
        found = tx.find_one(Setting, "key", "mail.installation")
        if found is not None and found.value:
            return found.value
        fresh = Setting(key="mail.installation", value=secrets.token_hex(5))
        return (tx.insert(fresh) if found is None else tx.put(replace(found, value=fresh.value))).value


def spooled(desk: Desk, dispatch: Dispatch) -> bytes | None:
    """The spooled bytes, where they are there as they were written."""
    try:
        data = desk.files.read(dispatch.spool) if dispatch.spool else b""
    except OSError:
        return None
    return data if data and hashlib.sha256(data).hexdigest() == dispatch.spool_hash else None


class Spool:
    """Prepares mails for one sending."""

    def __init__(self, desk: Desk, profile: MailProfile, book: Book) -> None:
        self.desk, self.profile, self.book = desk, profile, book
        self._installation = profile.installation or installation(desk)
        self._domain = profile.sender.rpartition("@")[2]

    def reserve(self, jobs: Sequence[MailJob]) -> list[Reserved | KeptBack]:
        """Each job with its dispatch record, or with the problem that keeps it back; one commit for all of them."""
        drafts = [self._draft(job) for job in jobs]
        with self.desk.store.transaction("Mails bereitlegen") as tx:
            return [self._reserve(tx, d) if isinstance(d, Draft) else d for d in drafts]

    def _draft(self, job: MailJob) -> Draft | KeptBack:
        found = self.desk.store.get_many(Document, job.document_ids)
        documents = [found[i] for i in job.document_ids if i in found]
        if len(documents) != len(job.document_ids):
            return KeptBack(job, reason_problem("beleg_fehlt"))
        if any(d.customer_id != job.customer_id for d in documents):
            raise AssertionError("two customers in one mail")  # E4, E7: a programming error, never a state of data
        text = self.profile.text_of(documents, language=job.language, copy=job.copy, part=job.part)
        problems = [*address_problems(job.recipients, ""), *template_problems(text)]
        if blocking := [p for p in problems if not p.warning]:
            return KeptBack(job, blocking[0], failed=True)
        try:
            hashes = self._hashes(job)
        except OSError:
            return KeptBack(job, reason_problem("datei_fehlt"), failed=True)
        return Draft(job, text, hashes, self._fingerprint(job, text, hashes), documents[-1].number)

    def _hashes(self, job: MailJob) -> tuple[str, ...]:
        """SHA-256 of each attachment: as the archive knows it, else read."""
        known = dict(job.files)
        return tuple(
            known.get(relative) or hashlib.sha256(self.desk.files.read(relative)).hexdigest()
            for _, relative in job.attachments
        )

    def _fingerprint(self, job: MailJob, text: MailText, hashes: tuple[str, ...]) -> str:
        """SHA-256 of everything that goes into the mail but its Message-ID and Date."""
        profile = self.profile
        parts = [profile.sender, profile.sender_name, profile.reply_to, *job.recipients, text.subject, text.text]
        names = [name for name, _ in job.attachments]
        return hashlib.sha256(repr((parts, job.document_ids, job.language, names, hashes)).encode()).hexdigest()

    def _reserve(self, tx: Transaction, draft: Draft) -> Reserved | KeptBack:
        """The dispatch record of this mail: the one whose spooled bytes are the same, else a new one."""
        job = draft.job
        if problem := check(tx, job, None, self.book.still_allowed):
            return KeptBack(job, problem)
        earlier = [
            d for d in tx.find(Dispatch, "document_ids", job.document_ids[0]) if d.document_ids == job.document_ids
        ]
        for dispatch in reversed(earlier):
            if (
                dispatch.state in SAME_BYTES
                and dispatch.run_id == job.run_id  # the row of a run is one dispatch
                and dispatch.fingerprint == draft.fingerprint
                and spooled(self.desk, dispatch)
            ):
                return Reserved(draft, dispatch)
        at = self.desk.timestamp()
        fresh = tx.insert(
            Dispatch(
                run_id=job.run_id,
                document_ids=job.document_ids,
                customer_id=job.customer_id,
                generation=1 + max((d.generation for d in earlier), default=0),
                recipients=job.recipients,
                sender=self.profile.sender,
                subject=draft.text.subject,
                copy=job.copy,
                transport=self.profile.transport,
                server=self.profile.server,
                created_at=at,
                fingerprint=draft.fingerprint,
                owner=self.book.lease.token,
            )
        )
        stamp = "".join(c for c in at[:19] if c.isdigit())
        name = message_id(self._installation, fresh.id, fresh.generation, self._domain, stamp)
        return Reserved(draft, tx.put(replace(fresh, message_id=name)))

    def again(self, dispatch: Dispatch, job: MailJob, number: str = "") -> Parcel:
        """The spooled bytes of an earlier dispatch once more. Raises Refused where they are not what was written.

        One that is ungeklärt goes because the clerk has decided so.
        """
        mail = spooled(self.desk, dispatch)
        if mail is None:
            text = N_("Die abgelegte Mail {file} fehlt oder wurde verändert; sie wird nicht noch einmal gesendet.")
            raise Refused(Problem("SPOOL_BESCHAEDIGT", text, {"file": dispatch.spool}))
        envelope = Envelope(dispatch.sender, dispatch.recipients, self.profile.archive)
        return Parcel(job, dispatch, mail, envelope, number, again=dispatch.state is RowState.UNKNOWN)

    def spool(self, group: Sequence[Reserved]) -> list[Parcel | KeptBack]:
        """These mails on disk, durable when this returns; nothing of them has been sent."""
        built = [self._mail_of(reserved) for reserved in group]
        fresh = [b for b in built if isinstance(b, Parcel) and not b.dispatch.spool]
        stored = self.desk.files.write_many([(spool_path(p.dispatch), p.mail) for p in fresh])
        for parcel, file in zip(fresh, stored, strict=True):
            parcel.dispatch = replace(parcel.dispatch, spool=file.relative, spool_hash=file.sha256)
        return built

    def _mail_of(self, reserved: Reserved) -> Parcel | KeptBack:
        draft, dispatch = reserved.draft, reserved.dispatch
        job = draft.job
        if dispatch.spool:
            return self.again(dispatch, job, draft.number)
        try:
            mail = self._build(draft, dispatch, tuple(self._attachments(draft)))
        except (OSError, ValueError):
            return KeptBack(job, reason_problem("datei_fehlt"), failed=True, dispatch=dispatch)
        if self.profile.size_limit and len(mail) > self.profile.size_limit:
            return KeptBack(job, reason_problem("mail_zu_gross"), failed=True, dispatch=dispatch)
        envelope = Envelope(dispatch.sender, dispatch.recipients, self.profile.archive)
        return Parcel(job, dispatch, mail, envelope, draft.number)

    def _attachments(self, draft: Draft) -> Iterator[MailAttachment]:
        """The files as the archive knows them. Raises ValueError where one is not what it was."""
        documents = self.desk.store.get_many(Document, draft.job.document_ids)
        for (name, relative), expected in zip(draft.job.attachments, draft.hashes, strict=True):
            data = self.desk.files.read(relative)
            if hashlib.sha256(data).hexdigest() != expected:
                raise ValueError(relative)
            name, data = as_mailed(list(documents.values()), name, data)
            yield MailAttachment(name=name, data=data)

    def _build(self, draft: Draft, dispatch: Dispatch, attachments: tuple[MailAttachment, ...]) -> bytes:
        job, profile = draft.job, self.profile
        return build_mail(
            MailContent(
                message_id=dispatch.message_id,
                date=self.desk.now(),
                sender=profile.sender,
                sender_name=profile.sender_name,
                recipients=dispatch.recipients,
                reply_to=profile.reply_to,
                subject=draft.text.subject,
                text=draft.text.text,
                language=job.language,
                attachments=attachments,
            )
        )
