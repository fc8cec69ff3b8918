"""Every fault at every step of an SMTP session has one state (facts.md, Mail; rule E9). One table, complete."""

import itertools

import pytest
from certificates import server_context, trusting
from fault_server import FaultServer

from tui_billing.dispatch.port import Envelope, Outcome, Pace
from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.dispatch.smtp_session import SmtpProfile
from tui_billing.domain.runs import RowState

MAIL = b"From: a@b.example\r\nSubject: x\r\n\r\n.Text\r\n..\r\nEnde\r\n"
ENVELOPE = Envelope("rechnung@muster.example", ("kunde@kunde.example",))
SECRET = "geheim-ä"

D, R, U, S = RowState.DEFERRED, RowState.REFUSED, RowState.UNKNOWN, RowState.SENT
GO, REST, STOP = Pace.GO_ON, Pace.REST, Pace.STOP

#             drop       silence    garble     dribble    421 …      451 …      450 limit  554 …
TABLE = {
    "greeting": ((D, STOP), (D, STOP), (D, STOP), (D, STOP), (D, REST), (D, REST), (D, REST), (D, STOP)),
    "ehlo": ((D, STOP), (D, STOP), (D, STOP), (D, STOP), (D, REST), (D, REST), (D, REST), (D, STOP)),
    "starttls": ((D, STOP), (D, STOP), (D, STOP), (D, STOP), (D, REST), (D, REST), (D, REST), (D, STOP)),
    "auth": ((D, STOP), (D, STOP), (D, STOP), (D, STOP), (D, REST), (D, REST), (D, REST), (D, STOP)),
    "mail": ((D, GO), (D, GO), (D, GO), (D, GO), (D, REST), (D, GO), (D, REST), (D, STOP)),
    "rcpt": ((D, GO), (D, GO), (D, GO), (D, GO), (D, REST), (D, GO), (D, REST), (R, GO)),
    "data": ((D, GO), (D, GO), (D, GO), (D, GO), (D, REST), (D, GO), (D, REST), (R, GO)),
    "content": ((D, GO), (D, GO), (D, GO), None, (D, REST), (D, GO), (D, REST), (R, GO)),
    "dot": ((U, GO), (U, GO), (U, GO), (U, GO), (D, REST), (D, GO), (D, REST), (R, GO)),
    "stored": ((U, GO), (U, GO), (U, GO), (U, GO), None, None, None, None),
}
FAULTS = ("drop", "silence", "garble", "dribble", "421 4.3.2 closing", "451 4.3.0 later", "450 limit", "554 5.7.1 no")
CASES = [
    pytest.param(step, fault, expected, id=f"{step}-{fault.split()[0]}")
    for step, row in TABLE.items()
    for fault, expected in zip(FAULTS, row, strict=True)
    if expected is not None
]


def transport(server: FaultServer, **changes: object) -> SmtpTransport:
    values: dict[str, object] = {
        "host": "localhost",
        "port": server.port,
        "security": "starttls",
        "user": "anna",
        "timeout": 0.15,
        "dot_timeout": 0.2,
        "context": trusting(),
        "slowest_line": 1e9,
        **changes,
    }
    return SmtpTransport(SmtpProfile(**values), lambda: SECRET)  # type: ignore[arg-type]


def secure(**faults: object) -> FaultServer:
    return FaultServer(faults, tls=server_context(), users={"anna": SECRET})  # type: ignore[arg-type]


def send(sender: SmtpTransport, mail: bytes = MAIL, envelope: Envelope = ENVELOPE) -> tuple[Outcome, int]:
    """The outcome, and how often before_dot was called."""
    calls: list[int] = []
    return sender.send(mail, envelope, "<1@x>", lambda: calls.append(1)), len(calls)


@pytest.mark.parametrize(("step", "fault", "expected"), CASES)
def test_each_fault_at_each_step_has_its_state(step: str, fault: str, expected: tuple[RowState, Pace]) -> None:
    with secure(**{step: fault}) as server:
        sender = transport(server)
        # what happens during the content is surely seen only when the buffers of both sides cannot hold the rest
        is_long = step == "content" and fault in ("silence", "drop", "garble")
        mail = MAIL + b"x" * 70 * 300_000 + b"\r\n" if is_long else MAIL
        outcome, calls = send(sender, mail)
        sender.close()
    assert (outcome.state, outcome.pace) == expected
    if step != "content" or not fault[0].isdigit():  # such a reply may come before or after the last byte
        assert calls == (1 if step in ("dot", "stored") else 0), "intent is written just before the dot, never earlier"
    assert len(server.stored) == (1 if step == "stored" else 0)
    assert SECRET not in outcome.reply
    if outcome.pace is Pace.REST:
        assert outcome.rest_seconds == 60


@pytest.mark.parametrize(("step", "fault", "expected"), [c for c in CASES if c.values[0] in ("mail", "rcpt")])
def test_without_pipelining_each_fault_has_the_same_state(
    step: str, fault: str, expected: tuple[RowState, Pace]
) -> None:
    with FaultServer({step: fault}, tls=server_context(), users={"anna": SECRET}, features=()) as server:
        outcome, calls = send(transport(server))
    assert (outcome.state, outcome.pace, calls, server.stored) == (*expected, 0, [])


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
def test_a_refusal_in_the_middle_leaves_the_session_in_step(features: tuple[str, ...]) -> None:
    three = Envelope("a@b.example", ("eins@x.example", "zwei@x.example", "drei@x.example"), "archiv@b.example")
    answers = {"zwei": "550 5.1.1 zwei unknown", "drei": "451 4.3.0 drei later"}

    def answer(line: bytes) -> str:
        return next((reply for name, reply in answers.items() if name in line.decode()), "ok")

    with FaultServer({"rcpt": answer}, tls=server_context(), users={"anna": SECRET}, features=features) as server:
        sender = transport(server)
        first, _ = send(sender, envelope=three)
        second, _ = send(sender)
        sender.close()
    assert (first.state, first.reply, second.state) == (R, "5.1.1 zwei unknown", S)
    assert (server.connections, [m.recipients for m in server.stored]) == (1, [["kunde@kunde.example"]])


def test_the_table_is_complete() -> None:
    assert len(CASES) == len(TABLE) * len(FAULTS) - 5


def test_a_good_mail_is_sent_with_the_servers_own_receipt_and_its_dots_doubled() -> None:
    with secure() as server:
        sender = transport(server)
        outcome, calls = send(sender)
        sender.close()
    assert outcome == Outcome(S, "2.0.0 Ok: queued as 4F1B2", 250, server=f"localhost:{server.port}")
    assert calls == 1
    assert [m.data for m in server.stored] == [MAIL]


@pytest.mark.parametrize("reply", ["250 ok", "251 forwarded", "252 perhaps", "200 fine"])
def test_any_2xx_after_the_dot_is_sent(reply: str) -> None:
    with secure(dot=reply) as server:
        assert send(transport(server))[0].state is S


@pytest.mark.parametrize("reply", ["354 more", "150 wait", "999 odd", "2500 ok", "abc"])
def test_any_other_reply_after_the_dot_is_unknown(reply: str) -> None:
    with secure(stored=reply) as server:
        outcome, _ = send(transport(server))
    assert outcome.state is U
    assert outcome.reply


def test_a_handshake_that_breaks_stops_the_run() -> None:
    for fault in ("drop", "silence", "garble"):
        with secure(handshake=fault) as server:
            outcome, _ = send(transport(server))
        assert (outcome.state, outcome.pace) == (D, STOP), fault


def test_a_certificate_for_another_name_stops_the_run() -> None:
    with FaultServer(tls=server_context("mail.example"), users={"anna": SECRET}) as server:
        outcome, _ = send(transport(server, context=trusting("mail.example"), host="127.0.0.1"))
        assert outcome.state is S, "the address stands in the certificate"
        outcome, _ = send(transport(server, context=trusting("mail.example")))
    assert (outcome.state, outcome.pace) == (D, STOP)
    assert "certificate" in outcome.reply


def test_an_untrusted_certificate_stops_the_run() -> None:
    with secure() as server:
        outcome, _ = send(transport(server, context=None))
    assert (outcome.state, outcome.pace) == (D, STOP)
    assert server.stored == []


def test_tls_from_the_start_works_and_a_plain_server_there_stops_the_run() -> None:
    with FaultServer(tls=server_context(), tls_from_start=True, users={"anna": SECRET}) as server:
        assert send(transport(server, security="tls"))[0].state is S
    with FaultServer() as plain:
        outcome, _ = send(transport(plain, security="tls"))
    assert (outcome.state, outcome.pace) == (D, STOP)


def test_a_server_without_starttls_gets_no_mail_and_no_password() -> None:
    with FaultServer(users={"anna": SECRET}) as server:
        outcome, _ = send(transport(server))
    assert (outcome.state, outcome.pace) == (D, STOP)
    assert not any("AUTH" in line or "MAIL" in line for _, line in server.log)


def test_what_stands_behind_the_starttls_reply_is_an_attack() -> None:
    with secure(starttls="220 go ahead\r\n250 injected") as server:
        outcome, _ = send(transport(server))
    assert (outcome.state, outcome.pace) == (D, STOP)


def test_plain_text_goes_to_localhost_only() -> None:
    sender = SmtpTransport(SmtpProfile(host="mail.example", security="none"))
    assert send(sender)[0].pace is STOP
    with FaultServer() as server:
        assert send(transport(server, security="none", user="", host="127.0.0.1"))[0].state is S


def test_a_wrong_password_is_tried_once() -> None:
    with FaultServer(tls=server_context(), users={"anna": "anders"}) as server:
        outcome, _ = send(transport(server))
    assert (outcome.state, outcome.pace, outcome.code) == (D, STOP, 535)
    assert sum("AUTH" in line for _, line in server.log) == 1


def test_no_server_at_all_stops_the_run() -> None:
    with FaultServer() as server:
        port = server.port
    outcome, calls = send(SmtpTransport(SmtpProfile(host="127.0.0.1", port=port, security="none", timeout=0.5)))
    assert (outcome.state, outcome.pace, calls) == (D, STOP, 0)


def test_one_refused_recipient_refuses_the_whole_mail_and_leaves_nothing_behind() -> None:
    bad = Envelope("a@b.example", ("gut@kunde.example", "schlecht@kunde.example"))
    with secure(rcpt=lambda line: "550 5.1.1 unknown" if b"schlecht" in line else "ok") as server:
        sender = transport(server)
        first, calls = send(sender, envelope=bad)
        second, _ = send(sender)
        sender.close()
    assert (first.state, first.reply, calls) == (R, "5.1.1 unknown", 0)
    assert second.state is S
    assert [m.recipients for m in server.stored] == [["kunde@kunde.example"]]
    assert "RSET" in [line for _, line in server.log]
    assert server.connections == 1


def test_the_archive_gets_the_same_mail_and_stands_in_no_header() -> None:
    with secure() as server:
        send(transport(server), envelope=Envelope("a@b.example", ("k@kunde.example",), "archiv@muster.example"))
    assert server.stored[0].recipients == ["k@kunde.example", "archiv@muster.example"]
    assert b"archiv" not in server.stored[0].data


@pytest.mark.parametrize(("reply", "expected"), [("550 5.1.1 no", (D, STOP)), ("451 4.3.0 later", (D, GO))])
def test_without_the_archive_copy_no_mail_goes_out(reply: str, expected: tuple[RowState, Pace]) -> None:
    envelope = Envelope("a@b.example", ("k@kunde.example",), "archiv@muster.example")
    with secure(rcpt=lambda line: reply if b"archiv" in line else "ok") as server:
        outcome, _ = send(transport(server), envelope=envelope)
    assert (outcome.state, outcome.pace) == expected
    assert server.stored == []


def test_the_same_4xx_three_times_asks_for_a_rest_and_rests_grow() -> None:
    with secure(mail="451 4.3.0 later") as server:
        sender = transport(server)
        outcomes = [send(sender)[0] for _ in range(5)]
    assert [o.pace for o in outcomes] == [GO, GO, REST, REST, REST]
    assert [o.rest_seconds for o in outcomes] == [0, 0, 60, 120, 240]


def test_three_dots_without_an_answer_stop_the_run() -> None:
    with secure(dot="drop") as server:
        sender = transport(server)
        assert [send(sender)[0].pace for _ in range(3)] == [GO, GO, STOP]


def test_a_new_connection_after_eight_refusals_and_after_so_many_mails() -> None:
    with secure(rcpt=["550 no"] * 8) as server:
        sender = transport(server)
        for _ in range(9):
            send(sender)
        assert server.connections == 2
    with secure() as server:
        sender = transport(server, per_connection=2)
        for _ in range(5):
            assert send(sender)[0].state is S
        assert server.connections == 3


def test_an_idle_connection_that_the_server_closed_costs_no_mail() -> None:
    with secure(mail=["ok", "drop", "ok"]) as server:
        sender = transport(server)
        assert [send(sender)[0].state for _ in range(2)] == [S, S]
        assert (server.connections, len(server.stored)) == (2, 2)


def test_a_421_between_two_mails_is_a_new_connection_and_no_rest() -> None:
    with secure(dot=["250 ok\r\n421 4.4.2 idle too long", "ok"]) as server:
        sender = transport(server)
        assert [send(sender)[0].state for _ in range(2)] == [S, S]
        assert (server.connections, len(server.stored)) == (2, 2)


@pytest.mark.parametrize(
    ("reply", "pace"),
    [
        ("450 4.7.1 Too many messages", REST),
        ("451 4.7.0 Rate limit exceeded", REST),
        ("452 4.5.3 Limits reached", REST),
        ("452 4.2.2 mailbox over its quota limit", GO),
        ("451 4.3.0 cannot operate separately", GO),
        ("450 4.7.1 greylisted", GO),
        ("432 4.7.0 concurrent connections", REST),
        ("454 4.7.0 later", REST),
    ],
)
def test_which_4xx_asks_for_a_rest(reply: str, pace: Pace) -> None:
    with secure(rcpt=reply) as server:
        assert send(transport(server))[0].pace is pace


class Refusal(Exception):
    pass


@pytest.mark.parametrize("error", [Refusal, OSError, TimeoutError])
def test_where_before_dot_says_no_nothing_is_delivered_and_its_error_comes_back(error: type[Exception]) -> None:
    def no() -> None:
        raise error("nein")

    with secure() as server:
        sender = transport(server)
        with pytest.raises(error, match="nein"):
            sender.send(MAIL, ENVELOPE, "<1@x>", no)
        assert send(sender)[0].state is S
        assert [m.data for m in server.stored] == [MAIL]
        assert server.connections == 2


def test_552_at_mail_is_about_this_mail_only() -> None:
    with secure(mail="552 5.3.4 too big") as server:
        assert send(transport(server))[0].state is R


def test_a_mail_larger_than_the_server_takes_is_not_offered() -> None:
    with FaultServer(tls=server_context(), users={"anna": SECRET}, features=("SIZE 20",)) as server:
        outcome, calls = send(transport(server))
    assert (outcome.state, calls) == (RowState.FAILED, 0)
    assert not any(line.startswith("MAIL") for _, line in server.log)


def test_umlauts_in_addresses() -> None:
    jörg = Envelope("rechnung@straße.example", ("jörg@müller.example",))
    with FaultServer(tls=server_context(), users={"anna": SECRET}, features=()) as server:
        outcome, _ = send(transport(server), envelope=jörg)
        assert outcome.state is RowState.FAILED
        outcome, _ = send(transport(server), envelope=Envelope("rechnung@straße.example", ("joerg@müller.example",)))
        assert outcome.state is S
    assert server.stored[0].sender == "rechnung@xn--strae-oqa.example"
    assert server.stored[0].recipients == ["joerg@xn--mller-kva.example"]
    with secure() as server:
        assert send(transport(server), envelope=jörg)[0].state is S
    assert any(line.startswith("MAIL") and "SMTPUTF8" in line for _, line in server.log)
    assert server.stored[0].recipients == ["jörg@xn--mller-kva.example"]


@pytest.mark.parametrize("address", ["a@b\r\nRCPT TO:<c@d>", "a b@c.example", "a@", "@b.example", "<a>@b.example", ""])
def test_an_address_can_carry_no_command(address: str) -> None:
    with secure() as server:
        outcome, calls = send(transport(server), envelope=Envelope("a@b.example", (address,)))
    assert (outcome.state, calls, server.stored) == (RowState.FAILED, 0, [])
    assert not any(line.startswith("RCPT") for _, line in server.log)


def test_the_servers_words_come_out_as_one_harmless_line() -> None:
    with secure(rcpt="550-\x1b[31mno\r\n550 way" + "x" * 999) as server:
        outcome, _ = send(transport(server))
    assert outcome.reply.startswith("[31mno way")
    assert "\x1b" not in outcome.reply and "\n" not in outcome.reply and len(outcome.reply) <= 400


def test_every_step_is_in_the_table() -> None:
    steps = {"greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "content", "dot", "stored"}
    assert set(TABLE) == steps
    assert len(list(itertools.chain(*TABLE.values()))) == len(steps) * len(FAULTS)
