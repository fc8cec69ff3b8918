"""A model of what a power loss may leave: system calls are recorded, then replayed in every legal loss.

Each write to a file that has not been synced since may be there, missing, cut at a sector or present as zeros only;
each name made, moved or taken away in a folder that has not been synced since may be there or not, in any combination.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tui_billing.store.fsops import FsOps

SECTOR = 512


class NoSync(FsOps):
    """For looking at a state: nothing needs to be durable."""

    def fdatasync(self, fd: int) -> None:
        pass

    def fsync(self, fd: int) -> None:
        pass

    def fsync_folder(self, path: Path) -> None:
        pass


class Recorder(NoSync):
    """Does what it is told and writes it down. A file is known by a number of its own, not by its name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[tuple] = []
        self._names: dict[str, int] = {}
        self._fds: dict[int, int] = {}
        self._count = 0

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.root)

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        fresh = not path.exists()
        fd = super().open(path, flags, mode)
        name = self._name(path)
        if fresh:
            self._count += 1
            self._names[name] = self._count
            self.events.append(("create", name, self._count))
        self._fds[fd] = self._names[name]
        if flags & os.O_TRUNC and not fresh:
            self.events.append(("cut", self._names[name], 0))
        return fd

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self.events.append(("write", self._fds[fd], offset, bytes(data)))
        return super().pwrite(fd, data, offset)

    def ftruncate(self, fd: int, size: int) -> None:
        self.events.append(("cut", self._fds[fd], size))
        super().ftruncate(fd, size)

    def fdatasync(self, fd: int) -> None:
        self.events.append(("sync", self._fds[fd]))

    def fsync(self, fd: int) -> None:
        self.events.append(("sync", self._fds[fd]))

    def fsync_folder(self, path: Path) -> None:
        self.events.append(("syncdir", self._name(path)))

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        number = self._names.pop(self._name(source))
        self._names[self._name(target)] = number
        self.events.append(("rename", self._name(source), self._name(target), number))

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._names.pop(self._name(path), None)
        self.events.append(("unlink", self._name(path)))

    def mkdir(self, path: Path, mode: int) -> None:
        if not path.is_dir():
            self.events.append(("mkdir", self._name(path)))
        super().mkdir(path, mode)


@dataclass
class Disk:
    """What is surely on disk, and what may be."""

    data: dict[int, bytes] = field(default_factory=dict)
    unsynced: dict[int, list[tuple]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    moves: dict[str, list[tuple]] = field(default_factory=dict)

    def apply(self, event: tuple) -> None:
        kind, *rest = event
        if kind in ("write", "cut"):
            self.unsynced.setdefault(rest[0], []).append(event)
        elif kind == "sync":
            for late in self.unsynced.pop(rest[0], []):
                self.data[rest[0]] = changed(self.data.get(rest[0], b""), late, "kept", None)
        elif kind == "syncdir":
            for late in self.moves.pop(rest[0], []):
                move(self.names, self.folders, late)
        elif kind in ("create", "rename", "unlink", "mkdir"):
            self.moves.setdefault(rest[0].rpartition("/")[0] or ".", []).append(event)


def changed(data: bytes, event: tuple, fate: str, pick: random.Random | None) -> bytes:
    """A file's bytes after a write that was kept, lost, torn at a sector or left as zeros."""
    if fate == "lost":
        return data
    if event[0] == "cut":
        return data[: event[2]].ljust(event[2], b"\0")
    _, _, offset, new = event
    if fate == "zeros":
        new = bytes(len(new))
    elif fate in ("torn", "hole") and pick is not None:
        edges = [e - offset for e in range(offset - offset % SECTOR + SECTOR, offset + len(new), SECTOR)]
        if not edges:
            return data if pick.random() < 0.5 else changed(data, event, "kept", None)
        edge = pick.choice(edges)
        new = new[:edge] if fate == "torn" else new[:edge] + bytes(min(SECTOR, len(new) - edge)) + new[edge + SECTOR :]
    data = data.ljust(offset, b"\0")
    return data[:offset] + new + data[offset + len(new) :]


def move(names: dict[str, int], folders: set[str], event: tuple) -> None:
    """Carry out one change of a folder."""
    kind, *rest = event
    if kind == "mkdir":
        folders.add(rest[0])
    elif kind == "create":
        names[rest[0]] = rest[1]
    elif kind == "rename":
        names.pop(rest[0], None)
        names[rest[1]] = rest[2]
    else:
        names.pop(rest[0], None)


FATES = ("kept", "lost", "torn", "hole", "zeros")


def losses(disk: Disk, pick: random.Random, most: int) -> Iterator[dict[str, bytes]]:
    """File contents by name after a power loss now: the extremes, every single loss, then random ones."""
    pending = [("data", number, i) for number, late in disk.unsynced.items() for i in range(len(late))]
    pending += [("name", folder, i) for folder, late in disk.moves.items() for i in range(len(late))]
    plans: list[dict] = [dict.fromkeys(pending, "kept"), dict.fromkeys(pending, "lost")]
    for one in pending:
        fates = FATES[1:] if one[0] == "data" else ("lost",)
        plans += [{**dict.fromkeys(pending, "kept"), one: fate} for fate in fates]
        plans.append({**dict.fromkeys(pending, "lost"), one: "kept"})
    while len(plans) < most and len(pending) > 1:
        plans.append({p: pick.choice(FATES if p[0] == "data" else ("kept", "lost")) for p in pending})
    if len(plans) > most:
        plans = plans[:2] + pick.sample(plans[2:], most - 2)
    seen = set()
    for plan in plans:
        state = _left(disk, plan, pick)
        print_of = hash(tuple(sorted(state.items())))
        if print_of not in seen:
            seen.add(print_of)
            yield state


def _left(disk: Disk, plan: dict, pick: random.Random) -> dict[str, bytes]:
    names, folders, data = dict(disk.names), {".", *disk.folders}, dict(disk.data)
    for folder, late in disk.moves.items():
        for i, event in enumerate(late):
            if plan["name", folder, i] == "kept":
                move(names, folders, event)
    for number, late in disk.unsynced.items():
        for i, event in enumerate(late):
            data[number] = changed(data.get(number, b""), event, plan["data", number, i], pick)
    out = {f"{folder}/": b"" for folder in folders if folder != "."}
    return out | {n: data.get(i, b"") for n, i in names.items() if (n.rpartition("/")[0] or ".") in folders}


def lay_out(state: dict[str, bytes], root: Path) -> None:
    """Make the files of a state."""
    for name, data in sorted(state.items()):
        if name.endswith("/"):
            (root / name).mkdir(parents=True, exist_ok=True)
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
