"""kill -9 against Debian's own Postfix, and the ungeklärte mails settled by the look-up in a Dovecot mailbox.

As root:  apt-get install --no-install-recommends postfix dovecot-imapd
          pytest -m real_mail tests/faults/test_real_mail.py
"""

import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "dispatch"))

from certificates import certificate, trusting
from dispatch_torture import items_to_do, torture_desk
from real_mail import RealMail
from test_dispatch_torture import CONNECTIONS, execute_until_killed, prepare

from tui_billing.dispatch.imap_lookup import ImapArchive, ImapProfile
from tui_billing.dispatch.port import Envelope
from tui_billing.dispatch.smtp import SmtpTransport
from tui_billing.dispatch.smtp_session import SmtpProfile
from tui_billing.domain.runs import Dispatch, RowState, RunRow
from tui_billing.domain.settings import Setting
from tui_billing.services import unknowns
from tui_billing.services.sending import settle_orphans

pytestmark = [
    pytest.mark.real_mail,
    pytest.mark.skipif(not shutil.which("postfix") or not shutil.which("dovecot"), reason="postfix and dovecot"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="Postfix is started by root"),
]


@pytest.fixture
def servers() -> Iterator[RealMail]:
    base = Path(tempfile.mkdtemp(prefix="real-mail-"))
    base.chmod(0o755)
    with RealMail(base, *certificate("localhost")) as running:
        yield running
    shutil.rmtree(base, ignore_errors=True)


def test_a_mail_over_starttls_gets_postfixs_own_receipt(servers: RealMail) -> None:
    profile = SmtpProfile(host="localhost", port=servers.smtp_port, context=trusting(), timeout=10, dot_timeout=20)
    transport = SmtpTransport(profile)
    mail = b"Message-ID: <r1@muster.example>\r\nSubject: x\r\n\r\n.Text\r\n"
    outcome = transport.send(mail, Envelope("a@muster.example", ("k1@kunde.example",)), "<r1@x>", lambda: None)
    assert outcome.state is RowState.SENT and "queued as" in outcome.reply
    refused = transport.send(mail, Envelope("a@muster.example", ("x@fremd.example",)), "<r2@x>", lambda: None)
    assert refused.state in (RowState.REFUSED, RowState.SENT)
    transport.close()
    assert "<r1@muster.example>" in servers.delivered("kunden")


def test_hanging_up_before_the_dot_delivers_nothing(servers: RealMail) -> None:
    profile = SmtpProfile(host="127.0.0.1", port=servers.smtp_port, security="none", timeout=10, dot_timeout=20)

    def no() -> None:
        raise LookupError

    for n in range(10):
        mail = f"Message-ID: <no{n}@muster.example>\r\nSubject: x\r\n\r\nText\r\n".encode()
        with pytest.raises(LookupError):
            SmtpTransport(profile).send(mail, Envelope("a@muster.example", ("k@kunde.example",)), "<x@x>", no)
    assert servers.delivered("kunden") == []


def test_kills_against_postfix_are_settled_by_the_look_up(servers: RealMail, tmp_path: Path) -> None:
    count, kills, chance = 300, 0, random.Random(5)
    prepare(tmp_path, count)
    desk = torture_desk(tmp_path, servers.smtp_port)
    with desk.store.transaction("Archiv") as tx:
        tx.insert(Setting(key="mail.archive", value="archiv@muster.example"))
    while items_to_do(desk):
        kills += execute_until_killed(tmp_path, servers.smtp_port, chance.uniform(0.1, 1.0 + kills / 8))
        settle_orphans(desk)
    servers.delivered("archiv")
    imap = ImapProfile(host="127.0.0.1", port=servers.imap_port, user="archiv", tls=False)
    object.__setattr__(desk, "archive", lambda: ImapArchive(imap, lambda: "geheim", timeout=10))
    open_ones = unknowns.list_unknown(desk)
    assert kills > 0 and len(open_ones) <= kills * CONNECTIONS
    found = Counter(_settle(desk, one.dispatch) for one in open_ones)
    print({"mails": count, "kills": kills, "unknown": len(open_ones), **{str(k): n for k, n in found.items()}})
    assert {r.state for r in desk.store.all(RunRow)} == {RowState.SENT}
    sent = sorted(d.message_id for d in desk.store.all(Dispatch) if d.state is RowState.SENT)
    assert servers.delivered("kunden") == sent and len(sent) == count
    assert servers.delivered("archiv") == sent
    desk.store.close()


def _settle(desk, dispatch: Dispatch) -> bool:  # type: ignore[no-untyped-def]
    """What a clerk does: in the archive means sent, else send it again."""
    lookup = unknowns.look_up(desk, dispatch.id)
    assert lookup.found is not None, lookup.detail
    if lookup.found:
        unknowns.book_as_sent(desk, dispatch.id, "liegt im Archiv")
    else:
        for _ in unknowns.send_again(desk, dispatch.id, "liegt nicht im Archiv"):
            pass
    return lookup.found
