"""What stands in a mail: templates from the settings, sender from settings or company, checks before the first mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tui_billing.domain.documents import Document, DocumentHead
from tui_billing.domain.hosts import is_local
from tui_billing.domain.inputs import parse_email
from tui_billing.domain.mail_templates import MailText, compose
from tui_billing.domain.messages import N_, Problem
from tui_billing.domain.parties import Channel, Company, CustomerHead
from tui_billing.domain.placeholders import contains
from tui_billing.services import settings
from tui_billing.store.repositories import Repository, Store


@dataclass(frozen=True, kw_only=True, slots=True)
class MailProfile:
    """Everything about a mail that does not depend on its documents; read once per sending."""

    sender: str
    sender_name: str
    reply_to: str
    archive: str
    installation: str
    templates: dict[str, str]
    size_limit: int
    transport: str = ""
    host: str = ""
    security: str = ""
    warn_above: Decimal | None = None
    server: str = ""
    """host:port where mails go by SMTP."""

    def text_of(
        self, documents: Sequence[Document], *, language: str, copy: bool = False, part: tuple[int, int] = (1, 1)
    ) -> MailText:
        """Subject and text for these documents of one customer."""
        key = "en" if language == "en" else "de"
        subject, text = self.templates[f"mail.subject.{key}"], self.templates[f"mail.text.{key}"]
        return compose(subject, text, documents, language=key, copy=copy, part=part)


TRIED = 200
"""Of so many documents one is sought to try the texts on."""
TEMPLATE_KEYS = ("mail.subject.de", "mail.subject.en", "mail.text.de", "mail.text.en")


def read_profile(store: Repository) -> MailProfile:
    """The mail profile of the company as it stands now."""
    company = store.get(Company, 1) or Company()
    transport, host = settings.get(store, "mail.transport"), settings.get(store, "mail.host").strip()
    return MailProfile(
        sender=settings.get(store, "mail.sender").strip() or company.email,
        sender_name=company.name,
        reply_to=settings.get(store, "mail.reply_to").strip(),
        archive=settings.get(store, "mail.archive").strip(),
        installation=settings.get(store, "mail.installation"),
        templates={key: settings.get(store, key) for key in TEMPLATE_KEYS},
        size_limit=settings.get_int(store, "mail.size_limit_kb") * 1024,
        transport=transport,
        host=host,
        server=f"{host}:{settings.get(store, 'mail.port')}" if transport == "smtp" else "",
        security=settings.get(store, "mail.security"),
        warn_above=company.consumer_mail_warn_above,
    )


def sample_document(store: Store) -> Document | None:
    """A document to try the texts on: of the last that were made the newest that goes by mail, else the newest."""
    last = store.last_id(Document)
    heads = store.get_many(DocumentHead, range(max(1, last - TRIED + 1), last + 1))
    customers = store.get_many(CustomerHead, {d.customer_id for d in heads.values()})
    by_mail = {c.id for c in customers.values() if c.emails and c.channel is Channel.EMAIL}
    newest = max(heads.values(), key=lambda d: (d.customer_id in by_mail, d.invoice_date, d.id), default=None)
    return store.get(Document, newest.id) if newest else None


def _server_problems(profile: MailProfile) -> list[Problem]:
    """A server that no mail can be handed to; asked before a run begins, so that it can still be rebuilt."""
    if profile.transport != "smtp":
        return []
    if not profile.host:
        text = N_("Es ist kein Mailserver eingestellt (mail.host).")
        return [Problem("MAILSERVER_FEHLT", text, where="mail.host")]
    if profile.security == "none" and not is_local(profile.host):
        text = N_("Unverschlüsselt wird nur zu localhost gesendet; bitte mail.security auf starttls oder tls stellen.")
        return [Problem("UNVERSCHLUESSELT", text, where="mail.security")]
    return []


def profile_problems(profile: MailProfile) -> list[Problem]:
    """What makes every mail of this profile impossible."""
    problems = _server_problems(profile)
    if not profile.sender:
        text = N_("Es ist keine Absenderadresse eingestellt (Firma oder mail.sender).")
        problems.append(Problem("ABSENDER_FEHLT", text))
    for key, address in (
        ("mail.sender", profile.sender),
        ("mail.reply_to", profile.reply_to),
        ("mail.archive", profile.archive),
    ):
        if address and any(not p.warning for p in parse_email(address)[1]):
            text = N_("{key}: {address} ist keine gültige E-Mail-Adresse.")
            problems.append(Problem("ADRESSE_UNGUELTIG", text, {"key": key, "address": address}, where=key))
    return problems


def template_problems(text: MailText, where: str = "", *, templates: Mapping[str, str] | None = None) -> list[Problem]:
    """One problem per unknown placeholder; each blocks the sending (E6.2). It stands in one of `templates` (by key)."""
    message = N_("Den Platzhalter {placeholder} gibt es nicht; bitte den Text der Mail ändern.")
    return [
        Problem(
            "PLATZHALTER_UNBEKANNT",
            message,
            {"placeholder": f"{{{name}}}"},
            where=where or ", ".join(key for key, template in (templates or {}).items() if contains(template, name)),
        )
        for name in text.unknown
    ]


def mail_problems(store: Repository, languages: Sequence[str], sample: Document) -> list[Problem]:
    """Everything that blocks a whole run before its first mail: sender, addresses of the profile, templates."""
    profile = read_profile(store)
    problems = profile_problems(profile)
    for language in dict.fromkeys("en" if x == "en" else "de" for x in languages):
        text = profile.text_of([sample], language=language)
        keys = (f"mail.subject.{language}", f"mail.text.{language}")
        problems += template_problems(text, templates={key: profile.templates[key] for key in keys})
    return problems


def address_problems(recipients: Sequence[str], where: str) -> list[Problem]:
    """No address, or one that is wrong (E3)."""
    if not recipients:
        return [Problem("KEINE_ADRESSE", N_("keine E-Mail-Adresse"), where=where)]
    return [replace(problem, where=where) for address in recipients for problem in parse_email(address)[1]]


def consumer_warning(profile: MailProfile, document: Document) -> list[Problem]:
    """E7, OLG Schleswig 12 U 9/24: a large invoice to a consumer travels badly by plain mail."""
    limit = profile.warn_above
    if limit is None or document.buyer.is_business or abs(document.totals.gross) <= limit:
        return []
    text = N_("{number}: Rechnung an Verbraucher über der eingestellten Grenze; ein Brief ist sicherer.")
    return [Problem("VERBRAUCHER_MAIL", text, {"number": document.number}, where=document.number, warning=True)]
