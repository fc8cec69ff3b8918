"""Mails as files: a folder of .eml and a Maildir. Published by one rename; the same Message-ID is the same file."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from tui_billing.dispatch.port import Lookup, Outcome, Pace
from tui_billing.dispatch.shared import make_folder, share, sync_folder
from tui_billing.domain.os_words import os_words
from tui_billing.domain.runs import RowState


def file_stem(message_id: str) -> str:
    """The Message-ID as a file name."""
    return re.sub(r"[^A-Za-z0-9._@-]+", "_", message_id.strip("<>")).lstrip(".") or "mail"


def write_temporary(path: Path, mail: bytes) -> None:
    """The whole mail on disk, not yet visible; nothing is left where the disk is full."""
    try:
        with path.open("wb") as handle:
            share(path)
            handle.write(mail)
            handle.flush()
            os.fsync(handle.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def deliver(temporary: Path, target: Path, mail: bytes, before_dot: Callable[[], None], server: str) -> Outcome:
    """Write, ask before_dot, rename. Before the rename nothing is sent; where its sync fails, nobody knows."""
    try:
        make_folder(temporary.parent)
        make_folder(target.parent)
        write_temporary(temporary, mail)
    except OSError as error:
        return Outcome(RowState.DEFERRED, f"Nicht geschrieben: {os_words(error)}", pace=Pace.STOP, server=server)
    try:
        before_dot()
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    try:
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        return Outcome(RowState.DEFERRED, f"Nicht geschrieben: {os_words(error)}", pace=Pace.STOP, server=server)
    try:
        sync_folder(target.parent)
    except OSError as error:
        return Outcome(RowState.UNKNOWN, f"Ordner nicht gesichert: {os_words(error)}", pace=Pace.STOP, server=server)
    return Outcome(RowState.SENT, f"abgelegt als {target.name}", server=server)


class FolderArchive:
    """Looks a Message-ID up among the files that eml or maildir have written."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders

    def find(self, message_id: str) -> Lookup:
        """Whether such a file lies there."""
        stem = file_stem(message_id)
        try:
            for folder in self.folders:
                for path in folder.iterdir() if folder.is_dir() else ():
                    if path.name.startswith(stem) and path.name[len(stem) :][:1] in ("", ".", ":"):
                        return Lookup(True, path.name)
        except OSError as error:
            return Lookup(None, str(error.strerror))
        return Lookup(False)
