"""One mail as bytes: headers by the EmailMessage API, text/plain only, attachments in base64, the same bytes each time.

The parts are put together here because flattening 60 kB of base64 through the library costs twenty times as much.
"""

import hashlib
import re
from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache

import idna

from tui_billing.domain.texts import clean, clean_block

POLICY = policy.SMTP.clone(cte_type="7bit")
UTF8_POLICY = POLICY.clone(utf8=True)
TYPES = {".pdf": "application/pdf", ".xml": "application/xml", ".zip": "application/zip"}
TEXT_HEAD = b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.-]{1,200}@[A-Za-z0-9.-]{1,255}>")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


class BadAddress(ValueError):
    """An address that cannot stand in a header or an envelope."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailAttachment:
    """A file in the mail; of its name only [A-Za-z0-9._-] stays (E5)."""

    name: str
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class MailContent:
    """Everything that a mail consists of. `date` is aware; addresses are bare ("a@b.de"), names stand beside."""

    message_id: str
    date: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    sender_name: str = ""
    reply_to: str = ""
    language: str = "de"
    attachments: tuple[MailAttachment, ...] = ()


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """The domain as the network knows it, by the `idna` package (UTS 46: straße.de stays itself). Raises BadAddress."""
    try:
        return idna.encode(domain.strip().rstrip("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadAddress(domain) from error


def envelope_address(address: str) -> str:
    """The address with its domain in ASCII; the local part stays as it is (RFC 6531). Raises BadAddress."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or re.search(r"[\x00-\x20\x7f<>]", local):
        raise BadAddress(address)
    return f"{local}@{ascii_domain(domain)}"


def needs_smtputf8(*addresses: str) -> bool:
    """Whether a local part is not ASCII, so that the server must offer SMTPUTF8."""
    return not all(a.isascii() for a in addresses)


def message_id(installation: str, dispatch_id: int, generation: int, domain: str, stamp: str = "") -> str:
    """`<installation.dispatch.generation@domain>`; `stamp` keeps ids apart after a restored backup."""
    parts = [re.sub(r"[^A-Za-z0-9-]", "", p) for p in (installation, str(dispatch_id), str(generation), stamp)]
    return f"<{'.'.join(p for p in parts if p)}@{ascii_domain(domain)}>"


def attachment_name(name: str) -> str:
    """The name without any path and with [A-Za-z0-9._-] only."""
    last = re.split(r"[/\\]", name)[-1].translate(UMLAUTS)
    stem, dot, ending = re.sub(r"[^A-Za-z0-9._-]+", "_", last)[-120:].rpartition(".")
    stem = stem.strip("._-")
    return f"{stem or 'Anhang'}{dot}{ending}" if dot else ending.strip("_-") or "Anhang"


def _address(address: str, name: str = "") -> Address:
    local, _, domain = envelope_address(address).rpartition("@")
    shown = re.sub(r'["<>@\\]+', " ", clean(name)).strip()
    try:
        return Address(display_name=shown, username=local, domain=domain)
    except Exception as error:  # the library raises its own parse errors for odd local parts
        raise BadAddress(address) from error


def _policy(content: MailContent) -> "EmailPolicy[EmailMessage]":
    utf8 = needs_smtputf8(*(envelope_address(a) for a in (content.sender, *content.recipients)))
    return UTF8_POLICY if utf8 else POLICY


@lru_cache(maxsize=64)
def _origin(sender: str, name: str, reply_to: str, headers: "EmailPolicy[EmailMessage]") -> bytes:
    """From and Reply-To, the same for every mail of a company."""
    message = EmailMessage(policy=headers)
    message["From"] = _address(sender, name)
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    return _folded(message, headers)


def _folded(message: EmailMessage, headers: "EmailPolicy[EmailMessage]") -> bytes:
    return b"".join(headers.fold_binary(name, value) for name, value in message.items())


def _head(content: MailContent, headers: "EmailPolicy[EmailMessage]") -> bytes:
    """The headers of the whole mail; a line break in any of them is an error of the library, never a header.

    Message-ID and Date hold no foreign text and are written as they are: the library would encode a long Message-ID.
    """
    if not MESSAGE_ID.fullmatch(content.message_id):
        raise ValueError(f"not a Message-ID: {content.message_id!r}")
    message = EmailMessage(policy=headers)
    message["To"] = [_address(a) for a in dict.fromkeys(envelope_address(a) for a in content.recipients)]
    message["Subject"] = clean(content.subject).strip().replace("=?", "= ?")  # else it could pass for RFC 2047
    language = "en" if content.language == "en" else "de"
    fixed = (
        f"Date: {format_datetime(content.date)}\r\nMessage-ID: {content.message_id}\r\nContent-Language: {language}\r\n"
    )
    origin = _origin(content.sender, content.sender_name, content.reply_to, headers)
    return origin + _folded(message, headers) + fixed.encode("ascii")


def _text(text: str) -> bytes:
    """text/plain in quoted-printable (RFC 2045 6.7), which keeps German text readable in the spool."""
    lines = clean_block(text).replace("\r\n", "\n").rstrip("\n") + "\n"
    return TEXT_HEAD + b2a_qp(lines.encode("utf-8")).replace(b"\n", b"\r\n")


def _attachment(attachment: MailAttachment) -> list[bytes]:
    """Its headers need no library: the name holds [A-Za-z0-9._-] only."""
    name = attachment_name(attachment.name)
    kind = TYPES.get(name[-4:].lower(), "application/octet-stream")
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'
    )
    code = b64encode(attachment.data)
    return [head.encode("ascii"), b"\r\n".join([code[i : i + 76] for i in range(0, len(code), 76)]), b"\r\n"]


def _boundary(content: MailContent, text: bytes) -> bytes:
    """Made from the Message-ID; `=_` cannot occur in base64 or quoted-printable (RFC 2045 6.7)."""
    for turn in range(1000):
        boundary = b"=_" + hashlib.sha256(f"{turn}{content.message_id}".encode()).hexdigest()[:40].encode()
        if boundary not in text:
            return boundary
    raise AssertionError("no boundary")


def build_mail(content: MailContent) -> bytes:
    """The complete mail with CRLF ends, ready for DATA but for dot stuffing. Raises BadAddress."""
    text = _text(content.text)
    boundary = _boundary(content, text)
    line = b"--" + boundary
    kind = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
    pieces = [_head(content, _policy(content)), kind, line, b"\r\n", text, b"\r\n"]
    for attachment in content.attachments:
        pieces += [line, b"\r\n", *_attachment(attachment)]
    return b"".join([*pieces, line, b"--\r\n"])
