"""Every system call of the store that changes something goes through FsOps: the seam for fault tests.

Modes: a folder that its owner made setgid and group-writable is shared by that Unix group (files 0660,
folders 2770, by fchmod, because a colleague's umask must not lock others out); any other is private (0600, 0700).
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

CHUNK = 1 << 20
NETWORK_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "fuse.glusterfs"})


class FsOps:
    """The real file system; tests replace single calls."""

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """A descriptor; a file that this call makes gets exactly `mode`, whatever the umask says."""
        fresh = bool(flags & os.O_CREAT) and not path.exists()
        fd = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), mode)
        if fresh:
            try:
                os.fchmod(fd, mode)
            except PermissionError:
                pass  # somebody else made it a moment ago, with the same mode
        return fd

    def close(self, fd: int) -> None:
        """Close a descriptor."""
        os.close(fd)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write at an offset; may write less than asked."""
        return os.pwrite(fd, data, offset)

    def fdatasync(self, fd: int) -> None:
        """The file's data and size are on disk when this returns. Never call it again after an error."""
        getattr(os, "fdatasync", os.fsync)(fd)

    def fsync(self, fd: int) -> None:
        """As fdatasync, with all metadata."""
        os.fsync(fd)

    def ftruncate(self, fd: int, size: int) -> None:
        """Cut the file."""
        os.ftruncate(fd, size)

    def rename(self, source: Path, target: Path) -> None:
        """Replace target atomically."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """Take a name away; a missing one is no error."""
        path.unlink(missing_ok=True)

    def mkdir(self, path: Path, mode: int) -> None:
        """Make a folder with exactly this mode; one that exists stays as it is."""
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)

    def fsync_folder(self, path: Path) -> None:
        """The folder's names are on disk when this returns."""
        sync_path(path)

    def filesystem(self, path: Path) -> str:
        """Type of the file system that holds `path` ("ext4", "nfs4"); empty where the system does not tell."""
        device = path.stat().st_dev
        wanted = f"{os.major(device)}:{os.minor(device)}"
        try:
            with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
                for line in lines:
                    fields = line.split()
                    if fields[2] == wanted:
                        return fields[fields.index("-") + 1]
        except OSError:
            pass
        return ""


def sync_path(path: Path) -> None:
    """A file's contents, or a folder's names, are on disk when this returns."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def folder_mode(folder: Path) -> int:
    """0o2770 where the folder is shared by its group on purpose, else 0o700."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return 0o700
    return 0o2770 if mode & stat.S_ISGID and mode & stat.S_IWGRP else 0o700


def file_mode(folder: Path) -> int:
    """0o660 in a shared data folder, else 0o600."""
    return 0o660 if folder_mode(folder) == 0o2770 else 0o600


def write_at(ops: FsOps, fd: int, data: Iterable[bytes], offset: int) -> int:
    """Write all pieces one after the other, in as few calls as memory allows; returns the end offset."""
    for block in _blocks(data):
        view = block
        while view:
            written = ops.pwrite(fd, view, offset)
            if written <= 0:
                raise OSError("nothing written")
            offset += written
            view = view[written:]
    return offset


def _blocks(data: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces joined to blocks of about 1 MB."""
    pending: list[bytes] = []
    size = 0
    for piece in data:
        pending.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)


def replace_file(ops: FsOps, target: Path, data: Iterable[bytes], mode: int, *, durable: bool = True) -> None:
    """Put a whole file in place: temporary name, fsync, rename, fsync of the folder."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    fd = ops.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            write_at(ops, fd, data, 0)
            if durable:
                ops.fsync(fd)
        finally:
            ops.close(fd)
        ops.rename(temporary, target)
    except BaseException:
        try:
            ops.unlink(temporary)
        except OSError:
            pass
        raise
    if durable:
        ops.fsync_folder(target.parent)
