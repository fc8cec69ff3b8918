"""A Maildir (tmp, new, cur): any mail program reads it, and a delivery is one rename from tmp to new."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from tui_billing.dispatch.folders import deliver, file_stem
from tui_billing.dispatch.port import Envelope, Outcome
from tui_billing.dispatch.shared import make_folder


class MaildirTransport:
    """Names are made from the Message-ID instead of the time, so that the same mail is the same file."""

    name = "maildir"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: bytes, envelope: Envelope, message_id: str, before_dot: Callable[[], None]) -> Outcome:
        """See dispatch/port.py; the rename from tmp to new is the dot."""
        stem = file_stem(message_id)
        with contextlib.suppress(OSError):  # deliver() tells what is wrong with the folder
            make_folder(self.folder / "cur")
        temporary = self.folder / "tmp" / f"{stem}.{os.getpid()}"
        return deliver(temporary, self.folder / "new" / stem, mail, before_dot, str(self.folder))

    def close(self) -> None:
        """Nothing is open."""
