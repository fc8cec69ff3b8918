"""Lists out: CSV with `;`, UTF-8 with byte order mark (what German spreadsheets open), formulas defused."""

import csv
import io
from collections.abc import Iterable, Sequence

from tui_billing.domain.texts import csv_cell


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A whole CSV file; text cells that a spreadsheet would run as a formula come out as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([csv_cell(v) if isinstance(v, str) else v for v in row])
    return out.getvalue().encode("utf-8-sig")
