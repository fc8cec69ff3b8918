"""Where the mail password comes from: a command, a systemd credential, the environment, a 0600 file, in this order.

A password never stands in the data files, in a log or in a message.
"""

import os
import shlex
import stat
import subprocess
from pathlib import Path

CREDENTIAL = "tui-billing-smtp"
ENVIRONMENT = "TUI_BILLING_SMTP_PASSWORD"
COMMAND_SECONDS = 30


class NoPassword(Exception):
    """No source gave a password; says why, without any secret."""


def _from_command(command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NoPassword(f"mail.password_command läuft nicht ({type(error).__name__})") from None
    if done.returncode != 0:
        raise NoPassword(f"mail.password_command endet mit Fehler {done.returncode}")
    return _one_line(done.stdout, "mail.password_command")


def _one_line(data: bytes, source: str) -> str:
    try:
        line = data.decode("utf-8").split("\n", 1)[0].rstrip("\r")
    except UnicodeDecodeError:
        raise NoPassword(f"{source}: das Passwort ist kein UTF-8") from None
    if not line:
        raise NoPassword(f"{source}: das Passwort ist leer")
    return line


def _from_file(path: Path, *, strict: bool) -> str:
    """First line of the file. `strict`: refused where group or others have any right to it."""
    try:
        with path.open("rb") as handle:
            mode = os.fstat(handle.fileno()).st_mode
            if strict and os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise NoPassword(f"Die Passwortdatei {path} dürfen andere lesen; chmod 600 hilft")
            return _one_line(handle.read(4096), str(path))
    except OSError as error:
        raise NoPassword(f"Die Passwortdatei {path} ist nicht lesbar ({error.strerror})") from None


def find_password(command: str = "", file: str = "", environment: dict[str, str] | None = None) -> str:
    """The password from the first source that is set. Raises NoPassword."""
    env = dict(os.environ) if environment is None else environment
    if command:
        return _from_command(command)
    credential = Path(env["CREDENTIALS_DIRECTORY"], CREDENTIAL) if env.get("CREDENTIALS_DIRECTORY") else None
    if credential is not None and credential.exists():
        return _from_file(credential, strict=False)
    if env.get(ENVIRONMENT):
        return env[ENVIRONMENT]
    if file:
        return _from_file(Path(file).expanduser(), strict=True)
    raise NoPassword(f"Kein Passwort: mail.password_command, {ENVIRONMENT} oder mail.password_file setzen")
