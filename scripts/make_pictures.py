"""Make docs/pictures/run.png: the Rechnungslauf of the demo company at 80×24 (needs rsvg-convert of librsvg2-bin)."""

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from tui_billing import wiring
from tui_billing.demo.company import build_demo
from tui_billing.domain.runs import RunParameters
from tui_billing.services import runs

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "run.png"
TODAY = date(2026, 11, 22)


async def picture(folder: Path) -> str:
    """The screen of a run in which two rows are marked, as SVG."""
    from tui_billing.app import BillingApp

    desk = wiring.open_desk(folder, "anna", create=True, today=TODAY)
    list(build_demo(desk, 60))
    parameters = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
    runs.apply_create_run(desk, runs.plan_create_run(desk.store, parameters, TODAY))
    app = BillingApp(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.5)
        for key in ("r", "enter"):
            await pilot.press(key)
            await pilot.pause(0.8)
        await pilot.press("space", "space", "down")
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="tui-billing")
    wiring.close_desk(desk)
    return svg


def main() -> int:
    """Draw it."""
    os.environ["COLORTERM"] = "truecolor"
    with tempfile.TemporaryDirectory() as folder:
        svg = asyncio.run(picture(Path(folder) / "data"))
        source = Path(folder) / "run.svg"
        # rsvg-convert drops blanks at the start of a text unless it is told to keep them.
        kept = svg.replace("<text ", '<text xml:space="preserve" ').replace("&#160;", " ")
        source.write_text(kept.replace("Fira Code", "Liberation Mono"), encoding="utf-8")
        subprocess.run(["rsvg-convert", "-w", "1000", "-o", str(TARGET), str(source)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
