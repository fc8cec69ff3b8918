"""The child of the kill -9 torture of whole runs: executes these runs one after the other, until killed.

python run_torture.py DATA_FOLDER PORT RUN_ID…
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dispatch_torture import torture_desk
from fakes import FakeRenderer

from tui_billing.domain.messages import Refused
from tui_billing.services import sending
from tui_billing.services.run_execution import execute


def main() -> None:
    """Execute each once; a run that is done already is left alone. A server's rest takes no time here."""
    renderer = FakeRenderer()
    desk = replace(torture_desk(Path(sys.argv[1]), int(sys.argv[2])), renderer=lambda: renderer)
    with pytest.MonkeyPatch.context() as patch:
        no_rest: Callable[[float], None] = lambda _: None  # noqa: E731
        patch.setitem(sending.send_jobs.__kwdefaults__, "sleep", no_rest)
        print("begins", flush=True)
        for run_id in map(int, sys.argv[3:]):
            try:
                for _ in execute(desk, run_id):
                    pass
            except Refused as refused:
                assert refused.problems[0].code == "LAUF_STAND", refused.problems
    desk.store.close()


if __name__ == "__main__":
    main()
