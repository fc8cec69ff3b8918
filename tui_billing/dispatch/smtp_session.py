"""Opening a session: connection, greeting, EHLO, TLS and one attempt at the password, each step on its own deadline."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from tui_billing.dispatch.passwords import NoPassword
from tui_billing.dispatch.port import Outcome, Pace
from tui_billing.dispatch.replies import Step, judge
from tui_billing.dispatch.smtp_client import Client
from tui_billing.domain.hosts import is_local
from tui_billing.domain.runs import RowState


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpProfile:
    """The mail server. `timeout` is what one reply may take in seconds; the final dot may take `dot_timeout`.

    The content may take as long as a line of `slowest_line` bytes a second needs, and three replies' time.
    `security` is starttls, tls or none (to localhost only); `context` replaces the system's trust (tests).
    """

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    timeout: float = 60
    dot_timeout: float = 600
    per_connection: int = 90
    slowest_line: float = 2000
    context: ssl.SSLContext | None = None


class Ended(Exception):
    """Ends the steps of one mail with its outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reply)
        self.outcome = outcome


def tls_context() -> ssl.SSLContext:
    """Certificates verified against the system's trust, TLS 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _stop(words: str) -> Ended:
    return Ended(Outcome(RowState.DEFERRED, words, 0, Pace.STOP))


class Opening:
    """The steps to an open session; `enter` is told each step before it begins."""

    def __init__(self, profile: SmtpProfile, password: Callable[[], str], enter: Callable[[Step], None]) -> None:
        self.profile, self.password, self.enter = profile, password, enter

    def open(self) -> Client:
        """A client ready for MAIL. Raises Ended where a step is answered with no, else what the network raises."""
        profile = self.profile
        if profile.security == "none" and not is_local(profile.host):
            raise _stop("Unverschlüsselt wird nur zu localhost gesendet (mail.security)")
        if not profile.host:
            raise _stop("Kein Mailserver eingestellt (mail.host)")
        context = (profile.context or tls_context()) if profile.security != "none" else None
        client = Client(profile.timeout, tls=context if profile.security == "tls" else None)
        try:
            self._greet(client)
            if profile.security == "starttls":
                assert context is not None
                self._start_tls(client, context)
            if profile.user:
                self._log_in(client)
        except BaseException:
            client.abandon()
            raise
        return client

    def _step(self, client: Client, step: Step) -> None:
        self.enter(step)
        client.begin(self.profile.timeout)

    def _greet(self, client: Client) -> None:
        self._step(client, Step.CONNECT)
        client.tls_handshake = lambda: self._step(client, Step.STARTTLS)
        client.connected = lambda: self._step(client, Step.GREETING)
        code, words = client.connect(self.profile.host, self.profile.port)
        if code != 220:
            raise Ended(judge(Step.GREETING, code, words))
        self._hello(client)

    def _hello(self, client: Client) -> None:
        self._step(client, Step.EHLO)
        code, words = client.ehlo()
        if code != 250:
            raise Ended(judge(Step.EHLO, code, words))

    def _start_tls(self, client: Client, context: ssl.SSLContext) -> None:
        self._step(client, Step.STARTTLS)
        if not client.has_extn("starttls"):
            raise _stop("Der Server bietet kein STARTTLS an")
        code, words = client.docmd("STARTTLS")
        if code != 220:
            raise Ended(judge(Step.STARTTLS, code, words))
        client.starttls_now(context, self.profile.host)
        self._hello(client)

    def _log_in(self, client: Client) -> None:
        self._step(client, Step.AUTH)
        try:
            password = self.password()
        except NoPassword as error:
            raise _stop(str(error)) from error
        client.begin(self.profile.timeout)
        code, words = client.authenticate(self.profile.user, password)
        if code != 235:
            raise Ended(judge(Step.AUTH, code, words))
