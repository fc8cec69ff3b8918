"""The pool starts where stderr is no file, as inside the screens."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path


def test_the_pool_starts_while_stderr_is_no_file(tmp_path):
    script = textwrap.dedent("""
        import io, sys
        from pathlib import Path
        from tui_billing.render.pool import PoolRenderer
        from tui_billing.render.port import Letterhead

        class NoFile(io.StringIO):
            def fileno(self):
                return -1

        if __name__ == "__main__":
            sys.stderr = NoFile()
            pool = PoolRenderer(Letterhead(), 1)
            print(pool._executor().submit(abs, -7).result())
            pool.close()
    """)
    file = tmp_path / "screen.py"
    file.write_text(script, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60, env=env)
    assert (done.returncode, done.stdout.strip()) == (0, "7"), done.stderr
