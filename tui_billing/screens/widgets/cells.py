"""Text as terminal cells: no control character gets through, wide letters count twice, nothing overflows."""

from rich.cells import cell_len, set_cell_size

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2007": " ", "\t": " ", "\n": " ", "\r": " "})


def terminal_text(text: str) -> str:
    """The text without anything that a terminal obeys: ESC, C0, C1, bidi overrides; odd spaces become spaces."""
    if text.isprintable():
        return text
    return "".join(c for c in text.translate(_SPACES) if c.isprintable())


def width_of(text: str) -> int:
    """Cells that the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, right: bool = False) -> str:
    """Exactly `width` cells: padded, or cut with an ellipsis (in front where the end matters)."""
    text = terminal_text(text)
    length = width_of(text)
    if length == width:
        return text
    if length < width:
        pad = " " * (width - length)
        return pad + text if right else text + pad
    if width <= 1:
        return "…"[:width]
    if not right:
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    while width_of(text) > width - 1:
        text = text[1:]
    return fit("…" + text, width, right=True)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at plain spaces; a longer word is cut where the line ends."""
    lines: list[str] = []
    line = ""
    for word in map(terminal_text, text.split(" ")):
        candidate = f"{line} {word}" if line else word
        if width_of(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        while width_of(word) > width:
            part = set_cell_size(word, width)
            lines.append(part)
            word = word[len(part.rstrip()) :]
        line = word
    return [*lines, line] if line or not lines else lines
