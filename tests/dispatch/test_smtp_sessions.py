"""What goes over the wire besides the one mail: each address once, and no secret in a reply."""

import base64

import pytest
from test_smtp_faults import SECRET, D, S, secure, send, transport

from tui_billing.dispatch.port import Envelope, Pace
from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.dispatch.smtp_session import SmtpProfile
from tui_billing.domain.hosts import is_local


def test_an_address_that_stands_twice_is_one_recipient() -> None:
    twice = Envelope("a@b.example", ("k@Kunde.example", "k@kunde.example", "b@kunde.example"), "b@kunde.example")
    with secure() as server:
        outcome, _ = send(transport(server), envelope=twice)
    assert outcome.state is S
    assert server.stored[0].recipients == ["k@kunde.example", "b@kunde.example"]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("127.0.0.1.mail.example", False),
        ("127.mail.example", False),
        ("mail.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_plain_text_stays_on_this_machine(host: str, local: bool) -> None:
    assert is_local(host) is local
    if not local and host:
        outcome, _ = send(SmtpTransport(SmtpProfile(host=host, security="none", timeout=0.5)))
        assert (outcome.state, outcome.pace) == (D, Pace.STOP)
        assert outcome.reply == "Unverschlüsselt wird nur zu localhost gesendet (mail.security)"


def test_a_refused_archive_address_is_named_in_the_reply() -> None:
    envelope = Envelope("a@b.example", ("k@kunde.example",), "archiv@muster.example")
    with secure(rcpt=lambda line: "550 5.1.1 unknown user" if b"archiv" in line else "ok") as server:
        outcome, _ = send(transport(server), envelope=envelope)
    assert (outcome.code, outcome.reply) == (550, "5.1.1 unknown user (RCPT Archiv)")


def test_a_server_that_repeats_the_password_finds_it_in_no_reply() -> None:
    plain = base64.b64encode(f"\0anna\0{SECRET}".encode()).decode()
    echoes = (
        f"501 5.5.2 cannot read {plain}",
        f"535 no {SECRET}",
        f"nonsense {plain}",
        f"454 {SECRET.upper()} {plain}",
    )
    for echo in echoes:
        with secure(auth=echo) as server:
            outcome, _ = send(transport(server))
        assert outcome.state is D
        assert plain not in outcome.reply and SECRET not in outcome.reply, echo
