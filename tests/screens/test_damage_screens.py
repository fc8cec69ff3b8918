"""A damaged table file on the screens: a sentence with the place, no empty list that says that there is nothing."""

import shutil
from pathlib import Path

from screen_helpers import SIZE, press, rows, settle, status, table

from tui_billing.app import BillingApp
from tui_billing.demo.company import build_demo
from tui_billing.services.intervals import finish
from tui_billing.store.compact import compact
from tui_billing.wiring import open_desk


async def test_damage_is_said_and_prüfung_can_still_be_reached(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    desk = open_desk(folder, "anna", create=True)
    finish(build_demo(desk, 5))
    desk.store.close()
    compact(folder)
    path = folder / "tables" / "invoices.0001.json"
    lines = path.read_bytes().splitlines(keepends=True)
    at = sum(map(len, lines[:3])) + len(b'"3":')
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(b'"net":', b'"net";', 1), *lines[4:]]))
    shutil.rmtree(folder / "cache")
    app = BillingApp(open_desk(folder, "anna"))
    said = f"tables/invoices.0001.json, Zeile 4 (Byte {at}): "
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert status(app).startswith(said)
        assert [row.split()[-1] for row in rows(app)[:7]] == ["–"] * 7
        await press(pilot, "b")
        assert (rows(app), status(app)[: len(said)]) == ([], said)
        assert table(app).render_line(2).text.strip() == "Nicht zu lesen."
        await press(pilot, "escape", "p")
        assert any(row.startswith("> ✗ …oices.0001.json:4") for row in rows(app))
        await press(pilot, "escape", "k")
        assert len(rows(app)) == 5
