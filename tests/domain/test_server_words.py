"""The last reply of a mail server as the clerk reads it: with its code, once."""

import pytest

from tui_billing.domain.send_reasons import server_words


@pytest.mark.parametrize(
    ("code", "reply", "text"),
    [
        (550, "5.1.1 unknown user", "550 5.1.1 unknown user"),
        (550, "550 unknown user", "550 unknown user"),
        (0, "Verbindung abgelehnt (Verbindung)", "Verbindung abgelehnt (Verbindung)"),
        (0, "abgelegt als 1.eml", "abgelegt als 1.eml"),
        (451, "", "451"),
        (0, "", ""),
    ],
)
def test_the_code_stands_before_the_words_once(code: int, reply: str, text: str) -> None:
    assert server_words(code, reply) == text
