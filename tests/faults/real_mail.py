"""A private Postfix and Dovecot in a temporary folder: own ports, own queue; nothing of the machine's is touched."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
mail_owner = postfix
maillog_file = {base}/log/mail.log
maillog_file_prefixes = {base}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.muster.example
mydestination =
local_recipient_maps =
virtual_mailbox_domains = kunde.example, muster.example
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = texthash:{base}/boxes
virtual_minimum_uid = 100
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtputf8_enable = yes
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT = """
base_dir = {base}/dovecot
log_path = {base}/log/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{base}/mail/archiv
first_valid_uid = 1
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=geheim
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={base}/mail
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class RealMail:
    """Both servers, running; `base` must be a folder that other users may enter."""

    base: Path
    cert: Path
    key: Path

    def __enter__(self) -> "RealMail":
        self.smtp_port, self.imap_port = free_port(), free_port()
        values = {"base": self.base, "nobody": NOBODY, "cert": self.base / "cert.pem", "key": self.base / "key.pem"}
        shutil.copy(self.cert, self.base / "cert.pem")
        shutil.copy(self.key, self.base / "key.pem")
        for name in ("queue", "data", "log", "mail", "dovecot"):
            (self.base / name).mkdir()
        shutil.chown(self.base / "data", "postfix")
        os.chown(self.base / "mail", NOBODY, NOBODY)
        (self.base / "boxes").write_text("@kunde.example kunden/\narchiv@muster.example archiv/\n")
        (self.base / "main.cf").write_text(MAIN_CF.format(**values))
        (self.base / "master.cf").write_text(MASTER_CF.format(port=self.smtp_port))
        (self.base / "dovecot.conf").write_text(DOVECOT.format(port=self.imap_port, **values))
        subprocess.run(
            ["postfix", "-c", str(self.base), "start"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        subprocess.run(
            ["dovecot", "-c", str(self.base / "dovecot.conf")],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        return self

    def _wait(self) -> None:
        for port in (self.smtp_port, self.imap_port):
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)

    def __exit__(self, *exc: object) -> None:
        subprocess.run(
            ["postfix", "-c", str(self.base), "stop"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        subprocess.run(
            ["doveadm", "-c", str(self.base / "dovecot.conf"), "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def delivered(self, box: str) -> list[str]:
        """Message-IDs in a Maildir, once the queue is empty."""
        for _ in range(300):
            if not any(
                p.is_file()
                for q in ("incoming", "active", "deferred", "maildrop")
                for p in (self.base / "queue" / q).rglob("*")
            ):
                break
            time.sleep(0.1)
        files = [p for folder in ("new", "cur") for p in (self.base / "mail" / box / folder).glob("*")]
        return sorted(
            p.read_bytes().split(b"Message-ID: ")[1].split(b"\r\n")[0].split(b"\n")[0].decode() for p in files
        )
