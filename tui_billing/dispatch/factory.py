"""From settings to a transport and an archive; only the one that is set is imported."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tui_billing.dispatch.port import Archive, Transport
from tui_billing.domain.settings import SETTINGS

IMAP_PASSWORD = "TUI_BILLING_IMAP_PASSWORD"
DOT_TIMEOUT_FACTOR = 10
"""RFC 5321 4.5.3.2.6 gives the final dot ten minutes: hanging up early would only make mails ungeklärt."""


def _get(settings: Mapping[str, str], key: str) -> str:
    return settings.get(key, SETTINGS[key].default)


def _folder(settings: Mapping[str, str], data_folder: Path) -> Path:
    set_to = _get(settings, "mail.folder")
    return data_folder / Path(set_to).expanduser() if set_to else data_folder / "outbox"


def make_transport(settings: Mapping[str, str], data_folder: Path) -> Transport:
    """A new transport at each call. `settings` maps dotted keys to values; a missing key has its default."""
    kind = _get(settings, "mail.transport")
    if kind == "smtp":
        return _smtp(settings)
    if kind == "maildir":
        from tui_billing.dispatch.maildir import MaildirTransport

        return MaildirTransport(_folder(settings, data_folder))
    from tui_billing.dispatch.eml import EmlTransport

    return EmlTransport(_folder(settings, data_folder))


def _smtp(settings: Mapping[str, str]) -> Transport:
    from tui_billing.dispatch.passwords import find_password
    from tui_billing.dispatch.smtp import SmtpTransport
    from tui_billing.dispatch.smtp_session import SmtpProfile

    timeout = max(1, int(_get(settings, "mail.timeout")))
    profile = SmtpProfile(
        host=_get(settings, "mail.host").strip(),
        port=int(_get(settings, "mail.port")),
        security=_get(settings, "mail.security"),
        user=_get(settings, "mail.user"),
        timeout=timeout,
        dot_timeout=timeout * DOT_TIMEOUT_FACTOR,
        per_connection=max(1, int(_get(settings, "mail.per_connection"))),
    )
    password = partial(find_password, _get(settings, "mail.password_command"), _get(settings, "mail.password_file"))
    return SmtpTransport(profile, password)


def make_archive(settings: Mapping[str, str], data_folder: Path) -> Archive | None:
    """Where a Message-ID can be looked up: the IMAP mailbox that is set, else the folder of eml or maildir."""
    url = _get(settings, "mail.archive_imap")
    if url:
        return _imap(settings, url)
    kind = _get(settings, "mail.transport")
    if kind == "smtp":
        return None
    from tui_billing.dispatch.folders import FolderArchive

    folder = _folder(settings, data_folder)
    return FolderArchive(folder / "new", folder / "cur") if kind == "maildir" else FolderArchive(folder)


def _imap(settings: Mapping[str, str], url: str) -> Archive | None:
    from tui_billing.dispatch.imap_lookup import ImapArchive, parse_url
    from tui_billing.dispatch.passwords import find_password

    profile = parse_url(url)
    if profile is None:
        return None

    def password() -> str:
        """The mailbox's own password where there is one, else that of the mail server."""
        own = os.environ.get(IMAP_PASSWORD, "")
        return own or find_password(_get(settings, "mail.password_command"), _get(settings, "mail.password_file"))

    return ImapArchive(profile, password, timeout=max(1, int(_get(settings, "mail.timeout"))))
