"""Mails as files: a folder of .eml and a Maildir. Published by one rename; the same Message-ID is the same file."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from tui_billing.dispatch.port import Lookup, Outcome, Pace
from tui_billing.domain.os_words import os_words
from tui_billing.domain.runs import RowState


def file_stem(message_id: str) -> str:
    """The Message-ID as a file name."""
    return re.sub(r"[^A-Za-z0-9._@-]+", "_", message_id.strip("<>")).lstrip(".") or "mail"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_temporary(path: Path, mail: bytes) -> None:
    """The whole mail on disk, not yet visible."""
    with path.open("wb") as handle:
        handle.write(mail)
        handle.flush()
        os.fsync(handle.fileno())


def deliver(temporary: Path, target: Path, mail: bytes, before_dot: Callable[[], None], server: str) -> Outcome:
    """Write, ask before_dot, rename. Before the rename nothing is sent; where its sync fails, nobody knows."""
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
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
        return Outcome(RowState.DEFERRED, f"Nicht geschrieben: {os_words(error)}", pace=Pace.STOP, server=server)
    try:
        _sync_folder(target.parent)
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
