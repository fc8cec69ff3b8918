"""What libxml2 says about a file's structure, in German sentences with the names of the elements alone."""

import re

from tui_billing.domain.messages import N_, Problem

_ELEMENT = r"Element '(?P<element>[^']+)'"
_EXPECTED = r"Expected is (?:one of )?\( (?P<expected>[^)]+) \)\."
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (
            rf"{_ELEMENT}: This element is not expected\. {_EXPECTED}",
            N_("Das Element {element} steht an falscher Stelle; erwartet wird hier {expected}."),
        ),
        (rf"{_ELEMENT}: This element is not expected\.", N_("Das Element {element} darf hier nicht stehen.")),
        (rf"{_ELEMENT}: Missing child element\(s\)\. {_EXPECTED}", N_("In {element} fehlt {expected}.")),
        (
            rf"{_ELEMENT}(?:, attribute '[^']+')?: (?:\[facet '\w+'\] The value )?'(?P<value>.*)' is not "
            rf"(?:a valid value|an element|accepted)",
            N_("In {element} steht „{value}“, was dort kein gültiger Wert ist."),
        ),
        (
            rf"{_ELEMENT}(?:, attribute '[^']+')?: The attribute '(?P<attribute>[^']+)' is required but missing\.",
            N_("In {element} fehlt das Attribut {attribute}."),
        ),
        (
            rf"{_ELEMENT}(?:, attribute '[^']+')?: The attribute '(?P<attribute>[^']+)' is not allowed\.",
            N_("In {element} ist das Attribut {attribute} nicht erlaubt."),
        ),
        (
            rf"{_ELEMENT}: Character content (?:other than whitespace )?is not allowed",
            N_("In {element} steht Text, wo nur Elemente stehen dürfen."),
        ),
    )
)
_NAMESPACE = re.compile(r"\{[^}]*\}")
_LONGEST = 60


def xsd_problem(text: str, where: str) -> Problem:
    """The problem that a message of the XSD stands for; one without a sentence is quoted."""
    bare = _NAMESPACE.sub("", text)
    for pattern, sentence in _SENTENCES:
        if found := pattern.match(bare):
            return Problem("XSD", sentence, {k: _short(v) for k, v in found.groupdict().items()}, where)
    return Problem("XSD", N_("Der Aufbau der Datei ist falsch: {text}"), {"text": bare}, where)


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
