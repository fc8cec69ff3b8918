"""The embedded fonts: what they hold, and that the script makes them again."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tui_billing.render.metrics import BOLD, FOLDER, REGULAR, covered, width

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_font.py"


def make_font() -> ModuleType:
    pytest.importorskip("fontTools")
    spec = importlib.util.spec_from_file_location("make_font", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text", ["äöüÄÖÜßẞ", "€£¥", "„deutsche“ ‚Zeichen‘ – — …", "Yılmaz Şahin Çelik Ğ", "Łódź Žižkov Ő ǅ"[:-1]]
)
def test_the_fonts_hold_what_letters_need(text: str) -> None:
    assert set(text) <= covered()


def test_greek_and_cyrillic_are_held_and_the_soft_hyphen_is_not() -> None:
    assert set("Αθήνα Ελλάς Київ Москва Ђорђе Ґ № ™ ½ × ² ³ µ") <= covered()
    assert "\u00ad" not in covered()


def test_the_no_break_space_is_as_wide_as_a_space() -> None:
    assert width("\u00a0", 10) == width(" ", 10) > 0


def test_the_licence_lies_beside_the_fonts_and_the_reserved_name_is_not_used() -> None:
    licence = (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Reserved Font Name Liberation" in licence
    fonts = pytest.importorskip("fontTools.ttLib")
    for name in (REGULAR, BOLD):
        names = fonts.TTFont(FOLDER / name)["name"]
        assert names.getDebugName(1) == "Kontor Sans"
        assert "Liberation" not in f"{names.getDebugName(1)} {names.getDebugName(4)} {names.getDebugName(6)}"
        assert "Reserved Font Name Liberation" in names.getDebugName(0)


def test_every_character_has_a_glyph_of_its_own() -> None:
    fonts = pytest.importorskip("fontTools.ttLib")
    for name in (REGULAR, BOLD):
        cmap = fonts.TTFont(FOLDER / name).getBestCmap()
        assert len(set(cmap.values())) == len(cmap)


def test_the_script_makes_the_same_fonts_again(tmp_path: Path) -> None:
    module = make_font()
    folder = module.source_folder()
    if folder is None:
        pytest.skip("Liberation Sans 2.1.5 is not installed (apt-get install fonts-liberation2)")
    version = module.TTFont(folder / "LiberationSans-Regular.ttf")["name"].getDebugName(5)
    if "2.1.5" not in version:
        pytest.skip(f"another version is installed: {version}")
    kept = tmp_path / "kept"
    shutil.copytree(FOLDER, kept)
    module.TARGET = tmp_path / "made"
    assert module.main([]) == 0
    for name in (REGULAR, BOLD):
        assert (module.TARGET / name).read_bytes() == (kept / name).read_bytes()
