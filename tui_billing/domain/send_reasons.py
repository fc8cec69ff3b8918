"""Why a mail was not sent, or what is not known of it: codes in rows and dispatches, and what the clerk reads."""

from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.runs import RowState

SEND_REASONS = {
    "verwaist": N_("Abbruch während des Versands; ob die Mail ankam, ist nicht bekannt"),
    "versand_angehalten": N_("Versand angehalten"),
    "versand_gebremst": N_("der Mailserver bremst"),
    "keine_antwort": N_("keine eindeutige Antwort des Servers nach dem Ende der Mail"),
    "erneut_vergeblich": N_("noch einmal gesendet, ohne Erfolg; ob die erste Mail ankam, ist nicht bekannt"),
    "mail_aufgehalten": N_("mit einem anderen Beleg in einer Mail, der nicht gehen kann"),
    "zeile_nicht_bereit": N_("die Zeile ist nicht mehr zu versenden"),
    "beleg_fehlt": N_("den Beleg gibt es nicht mehr"),
    "versand_offen": N_("der Beleg ist gerade in Versand oder ungeklärt"),
    "schon_versendet": N_("der Beleg wurde inzwischen versendet"),
    "beleg_storniert": N_("der Beleg wurde vor der ersten Ausgabe storniert"),
    "beleg_geaendert": N_("der Beleg wurde geändert, seit sein PDF erstellt ist"),
    "datei_fehlt": N_("die Datei des Belegs ist nicht lesbar"),
    "mail_zu_gross": N_("die Mail ist größer als die eingestellte Grenze (mail.size_limit_kb)"),
    "keine_adresse": N_("keine E-Mail-Adresse"),
    "platzhalter_unbekannt": N_("unbekannter Platzhalter im Text der Mail"),
    "als_versendet_gebucht": N_("vom Sachbearbeiter als versendet gebucht"),
    "zurueckgestellt": N_("vom Sachbearbeiter zurückgestellt"),
    "unzustellbar": N_("als unzustellbar zurückgekommen"),
}
"""Code as it stands in `RunRow.reason` -> what a list shows."""


ABOUT_ONE_DOCUMENT = frozenset(
    {"ZEILE_NICHT_BEREIT", "BELEG_FEHLT", "VERSAND_OFFEN", "SCHON_VERSENDET", "BELEG_STORNIERT", "BELEG_GEAENDERT"}
    | {"IGNORED_INVOICE"}
)
"""Problems that hold a whole mail back and are true of one of its documents only."""


def reason_problem(code: str, where: str = "") -> Problem:
    """The problem of a code of the table."""
    return Problem(code.upper(), SEND_REASONS[code], where=where)


OUTCOME_CODES = {
    RowState.UNKNOWN: "VERSAND_UNGEKLAERT",
    RowState.REFUSED: "VERSAND_ABGELEHNT",
    RowState.DEFERRED: "VERSAND_ZURUECKGESTELLT",
    RowState.FAILED: "VERSAND_FEHLER",
}

OUTCOME_TEXTS = {
    RowState.UNKNOWN: N_(
        "Ob die Mail ankam, ist nicht bekannt: {reply}. Bitte unter den ungeklärten Sendungen entscheiden."
    ),
    RowState.REFUSED: N_("Der Server lehnt die Mail ab: {reply}"),
    RowState.DEFERRED: N_("Der Server nimmt die Mail jetzt nicht an: {reply}"),
    RowState.FAILED: N_("Die Mail kann so nicht gesendet werden: {reply}"),
}
"""What a clerk is told of a mail that was not sent, or may not have been."""


def outcome_problem(state: RowState, reply: str, where: str = "") -> Problem:
    """What came of a mail; `reply` in the server's words. Its code is the state in German."""
    return Problem(OUTCOME_CODES[state], OUTCOME_TEXTS[state], {"reply": reply}, where=where)


def server_words(code: int, reply: str) -> str:
    """The last reply as the server gave it: `550 5.1.1 unknown user`; without a code only the words."""
    return reply if not code or reply.startswith(str(code)) else f"{code} {reply}".rstrip()
