"""The English catalogue is whole: every German text has an English one with the same places to fill."""

import re

import catalogue

PLACE = re.compile(r"\{\w*[^}]*\}|%\(\w+\)[sr]|%[sr]")


def test_every_text_has_an_english_one():
    assert catalogue.untranslated(catalogue.extracted(), catalogue.catalogue()) == []


def test_a_text_inside_an_f_string_is_in_the_catalogue_too():
    source = """f"{n} · {_('überfällig')} {ngettext('{n} Zeile', '{n} Zeilen', n).format(n=n)} {other('x')}\""""
    assert catalogue.in_f_strings(source) == ["überfällig", ("{n} Zeile", "{n} Zeilen")]


def test_the_english_text_fills_the_same_places():
    def wrong(message):
        german = [message.id] if isinstance(message.id, str) else list(message.id)
        english = [message.string] if isinstance(message.string, str) else list(message.string)
        places = {p for text in german for p in PLACE.findall(text)}
        return any(set(PLACE.findall(text)) - places for text in english if text)

    assert [m.id for m in catalogue.catalogue() if m.id and wrong(m)] == []


def test_the_compiled_catalogue_is_that_of_the_text():
    english = catalogue.catalogue()
    assert catalogue.PO.with_suffix(".mo").read_bytes() == catalogue.compiled(english)
