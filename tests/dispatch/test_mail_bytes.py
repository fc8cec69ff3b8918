"""Mails as bytes: the same each time, no header from foreign text, plain text that survives the way (rules E5, E6)."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_billing.dispatch.mail import (
    BadAddress,
    MailAttachment,
    MailContent,
    ascii_domain,
    attachment_name,
    build_mail,
    envelope_address,
    message_id,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def content(**changes: object) -> MailContent:
    values: dict[str, object] = {
        "message_id": "<a1.7.1@muster.example>",
        "date": NOON,
        "sender": "rechnung@muster.example",
        "sender_name": "Müller & Söhne GmbH",
        "recipients": ("kunde@kunde.example",),
        "subject": "Rechnung RE-2026-00413",
        "text": "Guten Tag,\n\nüber 119,00\u00a0€.\n.\nGruß\n",
        "attachments": (MailAttachment(name="Rechnung_RE-1.pdf", data=b"%PDF" + bytes(range(256)) * 50),),
        **changes,
    }
    return MailContent(**values)  # type: ignore[arg-type]


def parsed(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=policy.default)  # type: ignore[return-value]


def test_the_mail_reads_back_as_what_went_in() -> None:
    source = content()
    message = parsed(build_mail(source))
    assert list(message.keys()) == [
        "From", "To", "Subject", "Date", "Message-ID", "Content-Language", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert message["From"].addresses[0].display_name == "Müller & Söhne GmbH"
    assert message["To"] == "kunde@kunde.example"
    assert message["Date"].datetime == NOON
    assert message.get_content_type() == "multipart/mixed"
    body = message.get_body()
    assert body is not None and body.get_content_type() == "text/plain"
    assert body.get_content().replace("\r\n", "\n") == source.text
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "Rechnung_RE-1.pdf"
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content() == source.attachments[0].data


def test_the_bytes_are_seven_bit_crlf_lines_of_at_most_998_and_the_same_each_time() -> None:
    mail = build_mail(content(text="ä" * 3000 + "\r\nx\ry", subject="Ü" * 500))
    assert mail == build_mail(content(text="ä" * 3000 + "\r\nx\ry", subject="Ü" * 500))
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"") and b"\r" not in mail.replace(b"\r\n", b"")
    assert max(len(line) for line in mail.split(b"\r\n")) <= 998


def test_another_message_id_has_another_boundary() -> None:
    assert build_mail(content()) != build_mail(content(message_id="<a1.8.1@muster.example>"))


HOSTILE = "x\r\nBcc: opfer@x.example\r\n\r\nKörper\x1b[31m\x00 <b> {Firma}"


@pytest.mark.parametrize("field", ["subject", "sender_name", "text"])
def test_no_text_becomes_a_header(field: str) -> None:
    message = parsed(build_mail(content(**{field: HOSTILE})))
    assert message["Bcc"] is None
    assert len(list(message.keys())) == 8
    assert len(list(message.iter_attachments())) == 1
    assert "\x1b" not in str(message[{"subject": "Subject", "sender_name": "From"}.get(field, "To")])


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=80))
def test_any_text_stays_text(subject: str, text: str, name: str) -> None:
    mail = build_mail(content(subject=subject, text=text, sender_name=name, attachments=()))
    message = parsed(mail)
    assert len(list(message.keys())) == 8
    assert message["To"] == "kunde@kunde.example"
    assert message["From"].addresses[0].addr_spec == "rechnung@muster.example"
    assert len(message["From"].addresses) == 1
    assert len(list(message.walk())) == 2
    assert mail.isascii()


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.example", "a b@c.example", "a@b c", "a@b.example>", "a\n@b.example", "<a@b.example"]
)
def test_what_is_no_address_makes_no_mail(address: str) -> None:
    with pytest.raises(BadAddress):
        build_mail(content(recipients=(address,)))


@pytest.mark.parametrize("wrong", ["", "x", "<a b@c>", "<a@b>\r\nBcc: x", "<a@ä>"])
def test_a_message_id_is_checked(wrong: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        build_mail(content(message_id=wrong))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Rechnung_RE-1.pdf", "Rechnung_RE-1.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("Müller & Söhne.pdf", "Mueller_Soehne.pdf"),
        ("ä\r\nX: y.pdf", "ae_X_y.pdf"),
        ("....pdf", "Anhang.pdf"),
        ("", "Anhang"),
    ],
)
def test_attachment_names_are_clean(name: str, expected: str) -> None:
    assert attachment_name(name) == expected


def test_domains_by_the_idna_package() -> None:
    assert ascii_domain("straße.example") == "xn--strae-oqa.example"
    assert ascii_domain("MÜLLER.example.") == "xn--mller-kva.example"
    assert envelope_address(" joerg@müller.example ") == "joerg@xn--mller-kva.example"


def test_the_message_id_is_made_from_installation_dispatch_and_generation() -> None:
    assert message_id("a1b2", 17, 2, "müller.example") == "<a1b2.17.2@xn--mller-kva.example>"
    assert message_id("a1>\r\n", 17, 2, "b.example", "20261122") == "<a1.17.2.20261122@b.example>"


def test_a_name_that_looks_encoded_stays_text_and_an_address_stands_once() -> None:
    mail = build_mail(content(subject="=?utf-8?q?bezahlt?= RE-1", recipients=("a@B.de", "a@b.de", "c@b.de")))
    message = message_from_bytes(mail, policy=policy.default)
    assert message["Subject"] == "= ?utf-8?q?bezahlt?= RE-1"
    assert message["To"] == "a@b.de, c@b.de"
