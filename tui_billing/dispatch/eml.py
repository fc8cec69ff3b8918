"""A folder of .eml files: for the demo, for tests and for a mail program that picks them up."""

import os
from collections.abc import Callable
from pathlib import Path

from tui_billing.dispatch.folders import deliver, file_stem
from tui_billing.dispatch.port import Envelope, Outcome


class EmlTransport:
    """One mail, one file `<Message-ID>.eml`; the same mail sent twice is still one file."""

    name = "eml"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: bytes, envelope: Envelope, message_id: str, before_dot: Callable[[], None]) -> Outcome:
        """See dispatch/port.py; the rename is the dot."""
        stem = file_stem(message_id)
        temporary = self.folder / f".{stem}.{os.getpid()}.tmp"
        return deliver(temporary, self.folder / f"{stem}.eml", mail, before_dot, str(self.folder))

    def close(self) -> None:
        """Nothing is open."""
