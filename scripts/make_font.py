"""Cut Liberation Sans 2.1.5 (SIL OFL 1.1) down to the font that the documents embed, under a name of its own.

    python scripts/make_font.py [FOLDER WITH LiberationSans-Regular.ttf AND -Bold.ttf]

Needs fonttools (`pip install fonttools==4.68.0`) and Debian's fonts-liberation2 (Ubuntu: fonts-liberation), version 2;
version 1 is under another licence and refused. Run by hand when the set of characters changes; the result is committed
and the same input gives the same bytes.
"""

import copy
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCES = (Path("/usr/share/fonts/truetype/liberation2"), Path("/usr/share/fonts/truetype/liberation"))
TARGET = Path(__file__).parent.parent / "tui_billing" / "render" / "fonts"
FAMILY = "Kontor Sans"
STYLES = {"Regular": "KontorSans-Regular.ttf", "Bold": "KontorSans-Bold.ttf"}
COPYRIGHT = (
    "Digitized data copyright (c) 2010 Google Corporation with Reserved Font Arimo, Tinos and Cousine. "
    "Copyright (c) 2012 Red Hat, Inc. with Reserved Font Name Liberation."
)
LICENCE = "This Font Software is licensed under the SIL Open Font License, Version 1.1."

RANGES = (
    (0x20, 0x7E),
    (0xA0, 0xAC),  # U+00AD, the soft hyphen, shares the hyphen's glyph and would hide it from a search
    (0xAE, 0x17F),
    (0x192, 0x192),
    (0x218, 0x21B),
    (0x2C6, 0x2C7),
    (0x2D8, 0x2DD),
    (0x384, 0x3CE),
    (0x400, 0x45F),
    (0x490, 0x493),
    (0x4B0, 0x4B1),
    (0x1E9E, 0x1E9E),
    (0x2010, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x203A),
    (0x2044, 0x2044),
    (0x2070, 0x2089),
    (0x20AC, 0x20AC),
    (0x20B4, 0x20BF),
    (0x2116, 0x2122),
    (0x215B, 0x215E),
    (0x2212, 0x2212),
    (0x2248, 0x2265),
)


def source_folder() -> Path | None:
    """Where version 2 of Liberation Sans is installed, if it is."""
    for folder in SOURCES:
        path = folder / "LiberationSans-Regular.ttf"
        if path.is_file() and is_version_2(path):
            return folder
    return None


def is_version_2(path: Path) -> bool:
    """Whether the font is of the OFL line (2.x); 1.x is GPL with an exception."""
    return TTFont(path)["head"].fontRevision >= 2


def cut(source: Path, style: str) -> TTFont:
    """The font of one style with the wanted characters, one glyph for each, renamed, without hints and kerning."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, glyph_names=False, name_IDs=[1, 2])
    options.drop_tables += ["kern", "GPOS", "GSUB", "GDEF", "FFTM", "gasp", "DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cutter.subset(font)
    separate_shared_glyphs(font)
    rename(font, style)
    return font


def separate_shared_glyphs(font: TTFont) -> None:
    """Give every character a glyph of its own, else the PDF's text layer names the wrong one (U+00A0 for a space)."""
    cmap = font.getBestCmap()
    order, seen = font.getGlyphOrder(), set()
    for code in sorted(cmap):
        name = cmap[code]
        if name not in seen:
            seen.add(name)
            continue
        twin = f"uni{code:04X}.own"
        order = [*order, twin]
        font["glyf"].glyphs[twin] = copy.deepcopy(font["glyf"][name])
        font["hmtx"].metrics[twin] = font["hmtx"].metrics[name]
        for table in font["cmap"].tables:
            if table.isUnicode() and code in table.cmap:
                table.cmap[code] = twin
    font.setGlyphOrder(order)
    font["glyf"].glyphOrder = order
    font["maxp"].numGlyphs = len(order)


def rename(font: TTFont, style: str) -> None:
    """The reserved name must not be used by a modified version (OFL, condition 3)."""
    names = font["name"]
    names.names = []
    texts = {
        0: COPYRIGHT,
        1: FAMILY,
        2: style,
        3: f"{FAMILY} {style} 1.0",
        4: f"{FAMILY} {style}".replace(" Regular", ""),
        5: "Version 1.0; cut from version 2.1.5",
        6: f"{FAMILY.replace(' ', '')}-{style}",
        13: LICENCE,
        14: "https://openfontlicense.org",
    }
    for number, text in texts.items():
        names.setName(text, number, 3, 1, 0x409)


def main(arguments: list[str]) -> int:
    """Write both styles; exit code 2 where the source font is missing or too old."""
    folder = Path(arguments[0]) if arguments else source_folder()
    if folder is None or not is_version_2(folder / "LiberationSans-Regular.ttf"):
        print("Liberation Sans 2.x not found: apt-get install fonts-liberation2, or name its folder.", file=sys.stderr)
        return 2
    TARGET.mkdir(exist_ok=True)
    for style, name in STYLES.items():
        cut(folder / f"LiberationSans-{style}.ttf", style).save(TARGET / name)
        print(f"{name}: {(TARGET / name).stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
