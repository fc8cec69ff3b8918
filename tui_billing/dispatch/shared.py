"""Folders and files as open to the group as the folder that they lie in: umask must not lock a colleague out."""

import os
import stat
from pathlib import Path


def make_folder(path: Path) -> None:
    """The folder and what is missing above it, durable when this returns: open to owner and group as the one above,
    and closed to all others."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    for folder in reversed(missing):
        try:
            folder.mkdir()
        except FileExistsError:
            continue  # another process made it a moment ago
        folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode) & 0o2770)
        sync_folder(folder.parent)


def share(path: Path) -> None:
    """A file as its folder, and closed to all others: 2770 makes 0660, 755 makes 0640, 700 makes 0600."""
    path.chmod(stat.S_IMODE(path.parent.stat().st_mode) & 0o660)


def open_to_group(path: Path) -> None:
    """Where the folder above is shared by its group on purpose, the group may write here too; nothing is closed."""
    above = path.parent.stat().st_mode
    if above & stat.S_ISGID and above & stat.S_IWGRP:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | (0o2070 if path.is_dir() else 0o060))


def sync_folder(folder: Path) -> None:
    """The folder's names are on disk when this returns."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
