"""A mail as text: who it comes from, who gets it, what stands in it, what keeps it from going out."""

from collections.abc import Sequence

from tui_billing.domain.documents import Document
from tui_billing.domain.messages import Problem
from tui_billing.domain.parties import Channel, Customer
from tui_billing.i18n import _
from tui_billing.i18n import say as sentence
from tui_billing.screens.document_text import document_lines
from tui_billing.screens.widgets.text_view import PLAIN, STRONG
from tui_billing.services.desk import Desk
from tui_billing.services.send_single import MailPreview, preview_mail


def document_and_mail(desk: Desk, document: Document) -> list[tuple[str, str]]:
    """F3 on a document: the mail that would go to the customer, where he gets one, and the document as text."""
    customer = desk.store.get(Customer, document.customer_id)
    by_mail = customer is not None and (bool(customer.emails) or customer.channel is Channel.EMAIL)
    mail = mail_lines(preview_mail(desk, document.id)) if by_mail else []
    return [*mail, *document_lines(document)]


def mail_lines(preview: MailPreview) -> list[tuple[str, str]]:
    """Von, An, Betreff, Anhang, text; problems stand first, because they decide whether it goes."""
    lines = [(_("E-Mail"), STRONG), *problem_lines(preview.problems), *address_lines(preview)]
    lines += [
        (_("  Betreff: {subject}").format(subject=preview.subject), PLAIN),
        (_("  Anhang:  {file}").format(file=", ".join(preview.attachments)), PLAIN),
        ("", PLAIN),
        *((f"  {line}", PLAIN) for line in preview.text.splitlines()),
        ("", PLAIN),
    ]
    return lines


def address_lines(preview: MailPreview) -> list[tuple[str, str]]:
    """Von and An."""
    return [
        (_("  Von:     {address}").format(address=preview.sender or "–"), PLAIN),
        (_("  An:      {address}").format(address=", ".join(preview.recipients) or "–"), PLAIN),
    ]


def problem_lines(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    """`✗` keeps the mail from going out, `!` is only to be known."""
    return [(f"  {'!' if p.warning else '✗'} {sentence(p)}", PLAIN if p.warning else STRONG) for p in problems]
