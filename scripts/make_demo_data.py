"""Make data/demo anew: the tables of the small demo company of 22.11.2026, as the store writes them.

Run by hand after a change of the demo or of the records; tests/test_demo.py makes it again and compares.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tui_billing.demo.company import build_demo
from tui_billing.services.desk import Desk
from tui_billing.store.compact import compact
from tui_billing.store.files import Files
from tui_billing.store.journal_engine import open_engine
from tui_billing.store.repositories import Store

TARGET = Path(__file__).parents[1] / "data" / "demo"
SIZE = 12
MOMENT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def make(folder: Path, size: int = SIZE) -> dict[str, bytes]:
    """The table files of a demo company made in `folder`, by name."""
    engine = open_engine(folder, now=lambda: "2026-11-22T08:00:00.000Z")
    desk = Desk(
        store=Store(engine, "demo"),
        files=Files(folder),
        folder=folder,
        user="demo",
        today=MOMENT.date,
        now=lambda: MOMENT,
        renderer=_nothing,
        transport=_nothing,
    )
    for _step in build_demo(desk, size):
        pass
    desk.store.close()
    compact(folder)
    return {p.name: p.read_bytes() for p in sorted((folder / "tables").glob("*.json"))}


def _nothing():  # type: ignore[no-untyped-def]
    raise AssertionError("the demo renders and sends nothing")


def main() -> int:
    """Write data/demo."""
    with tempfile.TemporaryDirectory() as folder:
        tables = make(Path(folder) / "data")
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name, content in tables.items():
        (TARGET / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
