"""Text into HTML that the engine may read: values are escaped, only the clerk's own texts are Markdown."""

import html
import re
import unicodedata
from functools import cache, lru_cache

from markdown_it import MarkdownIt

from tui_billing.domain.texts import clean, clean_block

# Marks stacked on one letter climb over the lines above; three are more than any language needs.
_STACK = 3
_SPECIAL = re.compile("[&<>\"']")
_GAPS = re.compile(r"\n{3,}")
_ENTITY = re.compile(r"&amp;(?=#?\w+;)")


@lru_cache(4096)
def plain(text: str) -> str:
    """One line of printable text: control characters gone, line breaks as spaces, composed (NFC)."""
    return _calm(clean(text)).strip()


def plain_block(text: str) -> str:
    """As `plain`, with line breaks kept as a bare newline."""
    return _calm(clean_block(text)).strip("\n")


def as_html(text: str) -> str:
    """Printable text as HTML. The engine decodes entities twice: an empty element parts what would be one again."""
    if not _SPECIAL.search(text):
        return text
    return _ENTITY.sub("&amp;<b></b>", html.escape(text))


@lru_cache(4096)
def escape(text: str) -> str:
    """One line of plain text as HTML."""
    return as_html(plain(text))


def escape_block(text: str) -> str:
    """Plain text of several lines as HTML, line breaks as `<br/>`."""
    return as_html(plain_block(text)).replace("\n", "<br/>")


@cache
def markdown_reader() -> MarkdownIt:
    """Markdown as a clerk writes it: emphasis, lists, headings, rules; no HTML, pictures, links, code and tables."""
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return reader.disable(["html_block", "html_inline", "image", "link", "autolink", "reference"]).disable(
        ["code", "fence", "backticks"]
    )


@lru_cache(256)
def markdown_blocks(text: str) -> tuple[str, ...]:
    """The HTML of each top-level block of a Markdown text; a page may break between two of them."""
    reader = markdown_reader()
    tokens = reader.parse(plain_block(text))
    blocks, start, depth = [], 0, 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            blocks.append(reader.renderer.render(tokens[start : index + 1], reader.options, {}))
            start = index + 1
    return tuple(blocks)


@lru_cache(256)
def markdown_text(text: str) -> str:
    """A Markdown text without its signs: paragraphs parted by an empty line, list items with hyphen or number."""
    found, sign = "", ""
    for token in markdown_reader().parse(plain_block(text)):
        if token.type == "list_item_open":
            sign = f"{token.info}. " if token.info else "- "
        elif token.type == "inline":
            found += sign + "".join(
                child.content or "\n" * child.type.endswith("break") for child in token.children or ()
            )
            sign = ""
        elif token.type == "paragraph_close":
            found += "\n" if token.hidden else "\n\n"
        elif token.type in ("heading_close", "bullet_list_close", "ordered_list_close") and token.level == 0:
            found += "\n" if token.type != "heading_close" else "\n\n"
    return _GAPS.sub("\n\n", found).strip()


def _calm(text: str) -> str:
    if max(text, default="") < "\u0300":
        return text
    kept, run = [], 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _STACK:
            kept.append(char)
    return "".join(kept)
