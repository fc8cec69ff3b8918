"""The first page of a combined print: what lies behind it, in count and sum."""

from datetime import date

from tui_billing.domain.parties import Party
from tui_billing.render.letter import Letter
from tui_billing.render.markup import as_html, plain


def cover_letter(lines: tuple[str, ...]) -> Letter:
    """A page without letterhead: the first line as its title, the others below."""
    texts = [plain(line) for line in lines]
    return Letter(
        title=texts[0],
        language="de",
        created=date(1970, 1, 1),
        seller=Party(),
        identity="\n".join(texts),
        heading=texts[0],
        intro_html=tuple(f"<p>{as_html(line)}</p>" for line in texts[1:]),
        has_sheet=False,
    )
