"""What nobody expected: the clerk gets a sentence, the traceback goes into a file of the data folder."""

import os
import traceback

from tui_billing.domain.messages import N_, Problem
from tui_billing.services.desk import Desk

LOG = "error.log"


def note(desk: Desk, error: BaseException) -> Problem:
    """Append the traceback to error.log and return the sentence; a disk that takes nothing costs the file alone."""
    what = f"{type(error).__name__}: {error}"
    path = desk.folder / LOG
    try:
        mode = desk.folder.stat().st_mode & 0o666
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode), "a", encoding="utf-8") as file:
            lines = traceback.format_exception(error)
            file.write(f"{desk.timestamp()} {desk.user}\n{''.join(lines)}\n".encode(errors="replace").decode())
    except OSError:
        return Problem("UNERWARTET", N_("Unerwarteter Fehler: {message}"), {"message": what})
    text = N_("Unerwarteter Fehler: {message}. Für die Entwickler steht mehr in {file}.")
    return Problem("UNERWARTET", text, {"message": what, "file": str(path)})
