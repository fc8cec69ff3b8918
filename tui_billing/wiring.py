"""Builds store, renderer and transports and hands out the desk; the only place that knows all rooms.

Heavy rooms are imported on first use: a command that renders nothing starts no worker and loads no PDF engine.
"""

import getpass
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import platformdirs

from tui_billing.domain.messages import N_, Problem, Refused
from tui_billing.domain.os_words import os_words
from tui_billing.render.port import Letterhead, Renderer
from tui_billing.services import settings
from tui_billing.services.desk import Desk
from tui_billing.services.errors import StoreError
from tui_billing.store.files import Files
from tui_billing.store.repositories import Store


def data_folder(given: str = "", own: str = "") -> Path:
    """--data, else TUI_BILLING_DATA, else the platform's folder for user data; `own` is a name beside that one."""
    text = given or os.environ.get("TUI_BILLING_DATA", "")
    if text:
        return Path(text).expanduser().absolute()
    return Path(platformdirs.user_data_dir(f"tui-billing-{own}" if own else "tui-billing"))


def user_name() -> str:
    """The name in the audit trail: TUI_BILLING_USER, else the login."""
    name = os.environ.get("TUI_BILLING_USER", "")
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "?"


def holds_data(folder: Path) -> bool:
    """Whether a store lives here."""
    return (folder / "manifest.json").exists() or (folder / "journal").exists()


def open_desk(
    folder: Path,
    user: str,
    *,
    create: bool = False,
    today: date | None = None,
    on_wait: Callable[[str], None] | None = None,
    trial: bool = False,
) -> Desk:
    """Open the data folder. Raises Refused where it is empty (unless `create`), StoreError where it is unusable.

    `on_wait` is told after a second who holds the lock. With `trial` nothing is ever written, no new folder either.
    """
    _check_folder(folder)
    if not create and not holds_data(folder):
        text = N_(
            "In {folder} liegen noch keine Daten. „tui-billing demo“ legt eine Demofirma an, "
            "„company set“ die eigene Firma, „import“ liest vorhandene Daten ein."
        )
        raise Refused(Problem("KEINE_DATEN", text, {"folder": str(folder)}, where=str(folder)))
    if trial and not holds_data(folder):
        from tui_billing.store.memory import MemoryEngine

        return make_desk(Store(MemoryEngine(), user, trial=True), folder, user, today=today)
    from tui_billing.store.journal_engine import open_engine

    engine = open_engine(folder, create=create, on_wait=on_wait)
    return make_desk(Store(engine, user, trial=trial), folder, user, today=today)


def _check_folder(folder: Path) -> None:
    """Raises StoreError where something else stands in the place of the data folder, or where nobody may look in."""
    try:
        if folder.exists() and not folder.is_dir():
            text = N_("{folder} ist eine Datei und kein Datenordner; bitte mit --data einen Ordner angeben.")
            raise StoreError(text, folder=str(folder))
        if folder.is_dir():
            next(folder.iterdir(), None)
    except OSError as error:
        text = N_("Der Datenordner {folder} lässt sich nicht lesen ({error}); bitte Rechte oder --data prüfen.")
        raise StoreError(text, folder=str(folder), error=os_words(error)) from None


def make_desk(store: Store, folder: Path, user: str, *, today: date | None = None) -> Desk:
    """The desk over an open store; with `today` the clock stands on that day (TUI_BILLING_TODAY)."""
    files = Files(folder)
    rooms = _Rooms(store, folder)

    def now() -> datetime:
        moment = datetime.now(UTC)
        return moment if today is None else datetime.combine(today, moment.timetz())

    return Desk(
        store=store,
        files=files,
        folder=folder,
        user=user,
        today=lambda: today or date.today(),
        renderer=rooms.renderer,
        transport=rooms.transport,
        archive=rooms.archive,
        now=now,
    )


def close_desk(desk: Desk) -> None:
    """End worker processes and let go of the files."""
    rooms = getattr(desk.renderer, "__self__", None)
    if isinstance(rooms, _Rooms):
        rooms.close()
    desk.store.close()


def compact_folder(folder: Path) -> dict[str, int]:
    """Take the journal over into the table files; what was done, in numbers."""
    from tui_billing.store.compact import compact

    done = compact(folder)
    if done is None:  # pragma: no cover - only without waiting
        return {"seq": 0, "rewritten": 0, "carried": 0}
    return {"seq": done.seq, "rewritten": done.rewritten, "carried": done.carried}


class _Rooms:
    """Renderer and transports of one desk, made on first use."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store, self._folder = store, folder
        self._renderer: Renderer | None = None

    def renderer(self) -> Renderer:
        if self._renderer is None:
            from tui_billing.render.pool import PoolRenderer

            letterhead = Letterhead(settings.get(self._store, "letterhead.logo"), self._letterhead_pdf())
            workers = settings.get_int(self._store, "pdf.workers")
            self._renderer = PoolRenderer(letterhead, workers, finisher="tui_billing.render.einvoice:finish")
        return self._renderer

    def _letterhead_pdf(self) -> str:
        return settings.get(self._store, "letterhead.pdf")

    def transport(self):  # type: ignore[no-untyped-def]
        from tui_billing.dispatch.factory import make_transport

        return make_transport(settings.get_all(self._store), self._folder)

    def archive(self):  # type: ignore[no-untyped-def]
        from tui_billing.dispatch.factory import make_archive

        return make_archive(settings.get_all(self._store), self._folder)

    def close(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
