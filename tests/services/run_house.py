"""A desk with its fakes and the steps of a run: what the tests of executing share."""

import email
from dataclasses import replace
from datetime import date

from fakes import TODAY, FakeRenderer, FakeTransport, add_company, add_customer, add_invoice, make_desk

from tui_billing.domain.runs import RunParameters, RunType
from tui_billing.services import runs
from tui_billing.services.run_execution import ExecuteOptions, execute

NOVEMBER = RunParameters(date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))


class House:
    """A desk with its fakes, and the steps of a run."""

    def __init__(self, folder):
        self.renderer, self.transport = FakeRenderer(), FakeTransport()
        self.desk = make_desk(folder, renderer=self.renderer, transport=self.transport)
        self.store = self.desk.store
        add_company(self.desk)

    def create(self, run_type=RunType.EMAIL, **parameters):
        wanted = replace(NOVEMBER, type=run_type, **parameters)
        return runs.apply_create_run(self.desk, runs.plan_create_run(self.store, wanted, TODAY))

    def options(self, **options):
        return ExecuteOptions(**options)

    def execute(self, run, stop=lambda: False, **options):
        steps = execute(self.desk, run.id, self.options(**options), stop)
        try:
            while True:
                next(steps)
        except StopIteration as end:
            return end.value

    def rows(self, run):
        return runs.open_run(self.store, run.id).rows

    def states(self, run):
        return [row.state.value for row in self.rows(run)]

    def put(self, record):
        with self.store.transaction("test") as tx:
            return tx.put(record)

    def mails(self):
        return [email.message_from_bytes(mail, policy=email.policy.default) for mail, _, _ in self.transport.sent]

    def recipients(self):
        return [envelope.recipients for _, envelope, _ in self.transport.sent]


def three(house):
    """Customers 1, 2, 3 with one invoice each."""
    customers = [add_customer(house.desk, str(n)) for n in (1, 2, 3)]
    return customers, [add_invoice(house.desk, customer) for customer in customers]
