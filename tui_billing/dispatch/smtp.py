"""SMTP that knows at each moment whether the mail can have been delivered: MAIL, RCPT, DATA, content and dot apart."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import replace

from tui_billing.dispatch.mail import BadAddress, envelope_address, needs_smtputf8
from tui_billing.dispatch.port import Envelope, Outcome, Pace
from tui_billing.dispatch.replies import LONGEST_REST, SAME_REPLY_LIMIT, Step, garbled, judge, lost
from tui_billing.dispatch.smtp_client import Client, Garbled, TooSlow
from tui_billing.dispatch.smtp_session import Ended, Opening, SmtpProfile
from tui_billing.domain.os_words import WORDS
from tui_billing.domain.runs import RowState

REFUSALS_PER_CONNECTION = 8
"""Postfix hangs up after 20 on one connection; 8 stays well below it."""
UNKNOWN_IN_A_ROW = 3
"""A server that takes dots and gives no answer must not turn a whole run ungeklärt."""

EXPECTED = {Step.MAIL: (250,), Step.RCPT: (250, 251, 252), Step.ARCHIVE: (250, 251, 252)}
TROUBLE = (smtplib.SMTPException, OSError, ValueError, Garbled, TooSlow)


class _Aborted(Exception):
    """Carries what before_dot raised past the handlers of network errors: it is not the server's."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class SmtpTransport:
    """One connection at a time, used again for the next mail. Not thread-safe."""

    name = "smtp"

    def __init__(self, profile: SmtpProfile, password: Callable[[], str] = lambda: "") -> None:
        self.profile = profile
        self.server = f"{profile.host}:{profile.port}"
        self._password = password
        self._client: Client | None = None
        self._step = Step.CONNECT
        self._mails = self._refusals = self._same = self._unknowns = self._rests = 0
        self._last_code = 0
        self._was_good = False

    # --- the port -------------------------------------------------------------------------------------------------

    def send(self, mail: bytes, envelope: Envelope, message_id: str, before_dot: Callable[[], None]) -> Outcome:
        """One mail, phase by phase; see dispatch/port.py."""
        outcome = self._try(mail, envelope, before_dot)
        if outcome is None:  # the server had closed an idle connection: nothing was sent, a new one is due
            outcome = self._try(mail, envelope, before_dot) or lost(Step.MAIL, "Verbindung abgebrochen")
        return replace(self._paced(outcome), server=self.server)

    def close(self) -> None:
        """QUIT where the server still listens."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.begin(min(5.0, self.profile.timeout))
            client.docmd("QUIT")
        except TROUBLE:
            pass
        client.abandon()

    # --- one mail -------------------------------------------------------------------------------------------------

    def _try(self, mail: bytes, envelope: Envelope, before_dot: Callable[[], None]) -> Outcome | None:
        """The outcome, or None where a reused connection turned out dead at its first command."""
        reused = self._client is not None
        try:
            client = self._connected()
            self._transact(client, mail, envelope, before_dot)
        except Ended as ended:
            return ended.outcome
        except BadAddress as error:
            return Outcome(RowState.FAILED, f"Adresse ungültig: {error}")
        except Garbled as error:
            self._drop()
            return garbled(self._step, error.line.decode("latin-1"))
        except TooSlow:
            self._drop()
            return lost(self._step, "Keine Antwort", was_good=self._was_good)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop()
            if reused and self._step is Step.MAIL and isinstance(error, (smtplib.SMTPServerDisconnected, OSError)):
                return None
            return lost(self._step, _words(error), was_good=self._was_good)
        except _Aborted as aborted:  # only hanging up keeps the server from delivering
            self._drop()
            raise aborted.error from None
        except BaseException:
            self._drop()
            raise
        raise AssertionError("a transaction ends with an outcome")

    def _transact(self, client: Client, mail: bytes, envelope: Envelope, before_dot: Callable[[], None]) -> None:
        self._envelope(client, mail, envelope)
        self._say(client, Step.DATA, "DATA", expect=(354,))
        self._step = Step.CONTENT
        client.begin(self.profile.timeout * 3 + len(mail) / self.profile.slowest_line)
        client.send(_stuffed(mail))
        if client.early_reply():
            code, words = client.getreply()
            self._drop()
            raise Ended(judge(Step.CONTENT, code, words) if code >= 400 else garbled(Step.CONTENT, "", code))
        try:
            before_dot()
        except BaseException as error:
            raise _Aborted(error) from error
        self._step = Step.DOT
        client.begin(self.profile.dot_timeout)
        client.send(b".\r\n")
        code, words = client.getreply()
        self._mails += 1
        outcome = judge(Step.DOT, code, words)
        self._refusals += outcome.state is not RowState.SENT
        if outcome.state is RowState.UNKNOWN or code == 421:
            self._drop()
        elif self._refusals >= REFUSALS_PER_CONNECTION or self._mails >= self.profile.per_connection:
            self.close()
        raise Ended(outcome)

    def _envelope(self, client: Client, mail: bytes, envelope: Envelope) -> None:
        sender = envelope_address(envelope.sender)
        recipients = list(dict.fromkeys(envelope_address(a) for a in envelope.recipients))
        archive = envelope_address(envelope.archive) if envelope.archive else ""
        options = self._options(client, mail, (sender, *recipients, archive))
        commands = [(Step.MAIL, f"MAIL FROM:<{sender}>{options}")]
        commands += [(Step.RCPT, f"RCPT TO:<{address}>") for address in recipients]
        if archive and archive not in recipients:
            commands.append((Step.ARCHIVE, f"RCPT TO:<{archive}>"))
        if client.has_extn("pipelining"):
            self._say_at_once(client, commands)
        else:
            for step, line in commands:
                self._say(client, step, line, EXPECTED[step])

    def _say_at_once(self, client: Client, commands: list[tuple[Step, str]]) -> None:
        """MAIL and all RCPT in one packet (RFC 2920), their replies one by one; the first bad one decides.

        DATA is never among them: a server that answers it with 354 could only be stopped by hanging up.
        """
        self._step = Step.MAIL
        client.begin(self.profile.timeout)
        client.send("".join(f"{line}\r\n" for _, line in commands))
        bad: tuple[Step, int, bytes] | None = None
        for step, _ in commands:
            self._step = step if bad is None else bad[0]
            try:
                code, words = client.getreply()
            except TROUBLE:
                if bad is None:
                    raise
                self._drop()
                break
            if code not in EXPECTED[step] and bad is None:
                bad = (step, code, words)
        if bad is not None:
            self._refused(client, *bad)

    def _options(self, client: Client, mail: bytes, addresses: tuple[str, ...]) -> str:
        """SIZE, SMTPUTF8 and 8BITMIME as this mail needs them and the server offers them."""
        options = ""
        if needs_smtputf8(*addresses):
            if not client.has_extn("smtputf8"):
                raise Ended(Outcome(RowState.FAILED, "Adresse mit Umlaut vor dem @: der Server bietet kein SMTPUTF8"))
            client.command_encoding = "utf-8"
            options = " SMTPUTF8"
        else:
            client.command_encoding = "ascii"
        if not mail.isascii() and client.has_extn("8bitmime"):
            options += " BODY=8BITMIME"
        if client.has_extn("size"):
            limit = client.esmtp_features["size"].strip()
            if limit.isascii() and limit.isdigit() and 0 < int(limit) < len(mail):
                raise Ended(Outcome(RowState.FAILED, f"Mail größer als der Server nimmt ({int(limit)} Bytes)"))
            options += f" SIZE={len(mail)}"
        return options

    def _say(self, client: Client, step: Step, line: str, expect: tuple[int, ...]) -> None:
        """One command; another reply than expected ends this mail, and the connection is made ready for the next."""
        self._step = step
        client.begin(self.profile.timeout)
        code, words = client.docmd(line)
        if code not in expect:
            self._refused(client, step, code, words)

    def _refused(self, client: Client, step: Step, code: int, words: bytes) -> None:
        outcome = judge(step, code, words)
        self._refusals += 1
        if self._client is None:  # dropped already
            pass
        elif code == 421 or outcome.pace is Pace.STOP or not 400 <= code < 600:
            self._drop()
        elif self._refusals >= REFUSALS_PER_CONNECTION:
            self.close()
        else:
            self._reset(client)
        raise Ended(outcome)

    def _reset(self, client: Client) -> None:
        """RSET, so that no recipient of this mail slips into the next."""
        try:
            client.begin(self.profile.timeout)
            if client.docmd("RSET")[0] != 250:
                self._drop()
        except TROUBLE:
            self._drop()

    def _paced(self, outcome: Outcome) -> Outcome:
        """Add what only the sequence shows: the same 4xx three times, dots without answers, longer rests."""
        self._unknowns = self._unknowns + 1 if outcome.state is RowState.UNKNOWN else 0
        temporary = outcome.state is RowState.DEFERRED and outcome.pace is not Pace.STOP
        self._same = (self._same + 1 if outcome.code == self._last_code else 1) if temporary else 0
        self._last_code = outcome.code
        if self._unknowns >= UNKNOWN_IN_A_ROW:
            self._unknowns = 0
            return replace(outcome, pace=Pace.STOP)
        if temporary and self._same >= SAME_REPLY_LIMIT:
            outcome = replace(outcome, pace=Pace.REST)
        if outcome.pace is Pace.REST:
            self._rests += 1
            return replace(outcome, rest_seconds=min(LONGEST_REST, 60 * 2 ** (self._rests - 1)))
        if outcome.state is RowState.SENT:
            self._rests, self._was_good = 0, True
        return outcome

    # --- the connection -------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.abandon()

    def _connected(self) -> Client:
        """The open connection, or a new one through greeting, EHLO, TLS and AUTH; each step on its own deadline."""
        if self._client is not None and not self._has_parted(self._client):
            return self._client
        self._mails = self._refusals = 0
        self._client = Opening(self.profile, self._password, self._enter).open()
        return self._client

    def _has_parted(self, client: Client) -> bool:
        """Whether the server has said something unasked between two mails (421 after a time) or hung up."""
        self._step = Step.MAIL
        try:
            parted = client.early_reply()
        except TROUBLE:
            parted = True
        if parted:
            self._drop()
        return parted

    def _enter(self, step: Step) -> None:
        self._step = step


def _stuffed(mail: bytes) -> bytes:
    """Dots at line starts doubled (RFC 5321 4.5.2), CRLF at the end; the mail already has CRLF everywhere."""
    data = mail.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPServerDisconnected) or not str(error):
        return "Verbindung abgebrochen"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):  # whose numbers mean something else
        return WORDS.get(error.errno or 0, str(error))
    return str(error)
