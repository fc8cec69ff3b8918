"""eml and Maildir: one rename publishes, before_dot stands before it, the same mail is the same file."""

import errno
import mailbox
import os
import stat
from pathlib import Path

import pytest

from tui_billing.dispatch.eml import EmlTransport
from tui_billing.dispatch.factory import make_archive, make_transport
from tui_billing.dispatch.maildir import MaildirTransport
from tui_billing.dispatch.port import Envelope, Lookup, Pace
from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.domain.runs import RowState

MAIL = b"Message-ID: <a1.7.1@muster.example>\r\nSubject: x\r\n\r\nText\r\n"
ENVELOPE = Envelope("a@b.example", ("c@d.example",))
ID = "<a1.7.1@muster.example>"


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_the_mail_appears_after_before_dot_and_not_before(tmp_path: Path, kind: str) -> None:
    transport = make_transport({"mail.transport": kind}, tmp_path)
    box = tmp_path / "outbox"
    visible = box / "new" if kind == "maildir" else box
    seen: list[list[str]] = []

    def look() -> None:
        seen.append([p.name for p in visible.iterdir() if not p.name.startswith(".")])

    outcome = transport.send(MAIL, ENVELOPE, ID, look)
    assert (outcome.state, outcome.code, seen) == (RowState.SENT, 0, [[]]), "no server spoke, so there is no SMTP code"
    (published,) = list(visible.iterdir())
    assert published.read_bytes() == MAIL
    transport.send(MAIL, ENVELOPE, ID, lambda: None)
    assert len(list(visible.iterdir())) == 1
    archive = make_archive({"mail.transport": kind}, tmp_path)
    assert archive is not None
    assert archive.find(ID) == Lookup(True, published.name)
    assert archive.find("<a1.7@muster.example>") == Lookup(False)


@pytest.mark.parametrize("make", [EmlTransport, MaildirTransport])
def test_where_before_dot_says_no_nothing_lies_there(tmp_path: Path, make: type) -> None:
    def no() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        make(tmp_path).send(MAIL, ENVELOPE, ID, no)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("make", [EmlTransport, MaildirTransport])
def test_a_folder_that_cannot_be_written_stops_the_run(tmp_path: Path, make: type) -> None:
    (tmp_path / "file").write_text("x")
    outcome = make(tmp_path / "file").send(MAIL, ENVELOPE, ID, lambda: pytest.fail("nothing is near being sent"))
    assert (outcome.state, outcome.pace) == (RowState.DEFERRED, Pace.STOP)


def test_a_maildir_is_one_that_others_read(tmp_path: Path) -> None:
    MaildirTransport(tmp_path / "box").send(MAIL, ENVELOPE, ID, lambda: None)
    box = mailbox.Maildir(tmp_path / "box", create=False)
    assert [message["Message-ID"] for message in box] == [ID]


def test_a_hostile_message_id_stays_in_the_folder(tmp_path: Path) -> None:
    EmlTransport(tmp_path / "box").send(MAIL, ENVELOPE, "<../../x@y>", lambda: None)
    assert [p.parent for p in tmp_path.rglob("*.eml")] == [tmp_path / "box"]


def test_only_the_transport_that_is_set_is_made(tmp_path: Path) -> None:
    settings = {"mail.transport": "smtp", "mail.host": "mail.example", "mail.timeout": "30", "mail.user": "anna"}
    transport = make_transport(settings, tmp_path)
    assert isinstance(transport, SmtpTransport)
    assert (transport.profile.port, transport.profile.security) == (587, "starttls")
    assert (transport.profile.timeout, transport.profile.dot_timeout) == (30, 300)
    assert transport.profile.per_connection == 90
    assert make_archive(settings, tmp_path) is None


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_a_colleague_of_the_group_can_put_mails_there_too(tmp_path: Path, kind: str, umask: int) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(0o2770)
    before = os.umask(umask)
    try:
        make_transport({"mail.transport": kind}, root).send(MAIL, ENVELOPE, ID, lambda: None)
    finally:
        os.umask(before)
    modes = {(p.is_dir(), oct(stat.S_IMODE(p.stat().st_mode))) for p in root.rglob("*")}
    assert modes == {(True, "0o2770"), (False, "0o660")}


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_a_full_disk_defers_the_mail_and_leaves_no_half_of_it(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = make_transport({"mail.transport": kind}, tmp_path)
    transport.send(MAIL, ENVELOPE, "<other@x.example>", lambda: None)
    known = sorted(p for p in tmp_path.rglob("*") if p.is_file())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, full if name == "fsync" else lambda *_: full(0))
            outcome = transport.send(MAIL, ENVELOPE, ID, lambda: None)
        assert (outcome.state, outcome.pace) == (RowState.DEFERRED, Pace.STOP)
        assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == known, name
