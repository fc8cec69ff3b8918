"""What the operating system refuses, in the clerk's words: an error number as a German message id."""

import errno

from tui_billing.domain.messages import N_, Term

WORDS: dict[int, str] = {
    errno.EACCES: N_("keine Berechtigung"),
    errno.EPERM: N_("keine Berechtigung"),
    errno.ENOENT: N_("Datei oder Ordner gibt es nicht"),
    errno.ENOTDIR: N_("ein Teil des Pfades ist kein Ordner"),
    errno.EISDIR: N_("das ist ein Ordner, keine Datei"),
    errno.ENOSPC: N_("auf dem Datenträger ist kein Platz mehr"),
    errno.EDQUOT: N_("auf dem Datenträger ist kein Platz mehr"),
    errno.EROFS: N_("der Datenträger ist nur lesbar"),
    errno.EEXIST: N_("gibt es schon"),
    errno.ENAMETOOLONG: N_("der Name ist zu lang"),
    errno.ECONNREFUSED: N_("der Server nimmt keine Verbindung an"),
    errno.ECONNRESET: N_("der Server hat die Verbindung abgebrochen"),
    errno.ETIMEDOUT: N_("der Server antwortet nicht"),
    errno.EHOSTUNREACH: N_("der Server ist nicht erreichbar"),
    errno.ENETUNREACH: N_("der Server ist nicht erreichbar"),
}
"""Number -> sentence. What is not in here is shown in the system's own words."""


def os_words(error: OSError) -> Term:
    """Why it failed, without path or number; a term, so that it is translated where it is shown."""
    return Term(WORDS.get(error.errno or 0, error.strerror or str(error)))
