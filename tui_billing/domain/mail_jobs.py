"""Which documents travel in which mail (E4): one mail per document or per customer, never two customers in one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tui_billing.domain.documents import Document, DocumentHead, DocumentState
from tui_billing.domain.file_names import unique


class MailMode(StrEnum):
    """mail.mode: one mail per document, or one per customer."""

    PER_DOCUMENT = "per_document"
    PER_CUSTOMER = "per_customer"


@dataclass(frozen=True, kw_only=True, slots=True)
class SendItem:
    """One document that is ready to go: its files (name in the mail, path relative to the data folder) and their size.

    The first file is the one that is archived with the document, `file_hash` its SHA-256. `row_id` is the row of a
    run, None for a single mail; `document_rev` the rev that the files were rendered from (0: not asked).
    """

    document_id: int
    customer_id: int
    recipients: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    row_id: int | None = None
    document_rev: int = 0
    file_hash: str = ""
    language: str = "de"
    size: int = 0
    copy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MailJob:
    """One mail to be sent. `attachments` are (file name in the mail, path relative to the data folder).

    `document_revs` (parallel to `document_ids`, empty: not asked) are what the files were rendered from: a document
    that is still angelegt and has moved since is not sent. `files` (parallel too) are path and SHA-256 of the file that
    is archived with each document. `part` is (1, 1), or (2, 3) for the second of three mails.
    """

    document_ids: tuple[int, ...]
    customer_id: int
    recipients: tuple[str, ...]
    attachments: tuple[tuple[str, str], ...]
    row_ids: tuple[int, ...] = ()
    document_revs: tuple[int, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    language: str = "de"
    copy: bool = False
    run_id: int | None = None
    part: tuple[int, int] = (1, 1)

    @property
    def archived(self) -> tuple[tuple[str, str], ...]:
        """Path and SHA-256 of the archived file beside each document; empty texts where none was named."""
        return self.files or (("", ""),) * len(self.document_ids)


def is_outdated(document: Document | DocumentHead, rev: int, file_hash: str) -> bool:
    """Whether a file that was made of the document at this rev shows it no longer: edited since.

    Being made final moves it too, and is no edit; then the record still names the file. What was sent is final.
    """
    edited = document.state is DocumentState.OPEN or document.file_hash != file_hash
    return document.rev != rev and edited and not document.was_sent


def wire_size(size: int) -> int:
    """Bytes of an attachment of `size` bytes on the wire: base64 in lines of 76 (RFC 2045) with its headers."""
    groups = -(-size // 3) * 4
    return groups + -(-groups // 76) * 2 + 300


def _bundles(items: Sequence[SendItem], limit: int) -> list[list[SendItem]]:
    """The items of one customer in as few mails as go under the limit, in their order; each item exactly once."""
    bundles: list[list[SendItem]] = []
    free = 0
    for item in items:
        need = wire_size(item.size) + 300 * len(item.files)
        if not bundles or (limit and need > free):
            bundles.append([])
            free = limit
        bundles[-1].append(item)
        free -= need
    return bundles


def _job(items: Sequence[SendItem], run_id: int | None) -> MailJob:
    files = [file for item in items for file in item.files]
    names = unique([name for name, _ in files])
    revs = tuple(i.document_rev for i in items)
    return MailJob(
        document_ids=tuple(i.document_id for i in items),
        customer_id=items[0].customer_id,
        recipients=items[0].recipients,
        attachments=tuple((name, path) for name, (_, path) in zip(names, files, strict=True)),
        row_ids=tuple(i.row_id for i in items if i.row_id is not None),
        document_revs=revs if all(revs) else (),
        files=tuple((i.files[0][1], i.file_hash) if i.files else ("", "") for i in items),
        language=items[0].language,
        copy=items[0].copy,
        run_id=run_id,
    )


def plan_jobs(
    items: Iterable[SendItem],
    mode: MailMode | str = MailMode.PER_DOCUMENT,
    *,
    size_limit: int = 0,
    run_id: int | None = None,
) -> list[MailJob]:
    """The mails for these documents, in the order of the first document of each.

    Per customer one mail for documents with the same recipients, language and copy flag; a bundle over `size_limit`
    bytes (0: none) is split and its parts counted. Planning twice gives the same plan.
    """
    if MailMode(mode) is MailMode.PER_DOCUMENT:
        return [_job([item], run_id) for item in items]
    groups: dict[tuple[object, ...], list[SendItem]] = {}
    for item in items:
        groups.setdefault((item.customer_id, item.recipients, item.language, item.copy), []).append(item)
    jobs: list[MailJob] = []
    for group in groups.values():
        bundles = _bundles(group, max(0, size_limit - 4000) if size_limit else 0)
        jobs += [replace(_job(bundle, run_id), part=(n, len(bundles))) for n, bundle in enumerate(bundles, 1)]
    return jobs
