"""Look-up of a Message-ID in an archive mailbox by IMAP: read-only, one connection a question, never raises."""

import imaplib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tui_billing.dispatch.passwords import NoPassword
from tui_billing.dispatch.port import Lookup
from tui_billing.dispatch.replies import shown
from tui_billing.dispatch.smtp_session import tls_context
from tui_billing.domain.hosts import is_local


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapProfile:
    """From mail.archive_imap: imaps://user@host[:port]/folder; imap:// only to localhost."""

    host: str
    port: int
    user: str
    folder: str = "INBOX"
    tls: bool = True


def parse_url(url: str) -> ImapProfile | None:
    """The profile, or None where the address is not one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        return None
    tls = parts.scheme == "imaps"
    return ImapProfile(
        host=parts.hostname,
        port=port or (993 if tls else 143),
        user=unquote(parts.username),
        folder=unquote(parts.path.lstrip("/")) or "INBOX",
        tls=tls,
    )


class ImapArchive:
    """The archive mailbox. `context` replaces the system's trust (tests)."""

    def __init__(
        self,
        profile: ImapProfile,
        password: Callable[[], str],
        timeout: float = 30,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.profile, self.password, self.timeout, self.context = profile, password, timeout, context

    def find(self, message_id: str) -> Lookup:
        """Whether a mail with this Message-ID lies in the folder; None where that could not be asked."""
        if not re.fullmatch(r"<[A-Za-z0-9.@_+=-]+>", message_id):
            return Lookup(None, "Message-ID mit unerlaubten Zeichen")
        if not self.profile.tls and not is_local(self.profile.host):
            return Lookup(None, "Unverschlüsselt wird nur localhost gefragt")
        try:
            return self._ask(message_id)
        except NoPassword as error:
            return Lookup(None, str(error))
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            return Lookup(None, shown(str(error) or type(error).__name__))

    def _connect(self) -> imaplib.IMAP4:
        profile = self.profile
        if not profile.tls:
            return imaplib.IMAP4(profile.host, profile.port, timeout=self.timeout)
        context = self.context or tls_context()
        return imaplib.IMAP4_SSL(profile.host, profile.port, ssl_context=context, timeout=self.timeout)

    def _ask(self, message_id: str) -> Lookup:
        password = self.password()
        connection = self._connect()
        try:
            _log_in(connection, self.profile.user, password)
            folder = self.profile.folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, data = connection.select(f'"{folder}"', readonly=True)
            if answer != "OK":
                return Lookup(None, f"Ordner {self.profile.folder} nicht gefunden")
            answer, data = connection.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
            if answer != "OK":
                return Lookup(None, shown(str(data)))
            hits = (data[0] or b"").split() if data else []
            return Lookup(bool(hits), f"{self.profile.user}@{self.profile.host}/{self.profile.folder}")
        finally:
            _part(connection)


def _log_in(connection: imaplib.IMAP4, user: str, password: str) -> None:
    """LOGIN, or PLAIN where it is not ASCII, which imaplib's LOGIN cannot send and would quote in its error."""
    if (user + password).isascii():
        connection.login(user, password)
    else:
        connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def _part(connection: imaplib.IMAP4) -> None:
    try:
        connection.logout()
    except (imaplib.IMAP4.error, OSError):
        pass
