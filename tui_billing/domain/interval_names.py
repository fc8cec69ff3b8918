"""German words for what stands in the container Intervallrechnungen, for pick lists and lists."""

from tui_billing.domain.messages import N_
from tui_billing.domain.orders import (
    CatchUp,
    IntervalTerms,
    IntervalUnit,
    PeriodState,
    PriceBasis,
    Proration,
    ScaleMode,
    Timing,
)

UNIT_NAMES: dict[IntervalUnit, str] = {
    IntervalUnit.DAY: N_("Tage"),
    IntervalUnit.WEEK: N_("Wochen"),
    IntervalUnit.MONTH: N_("Monate"),
    IntervalUnit.QUARTER: N_("Quartale"),
    IntervalUnit.HALF_YEAR: N_("Halbjahre"),
    IntervalUnit.YEAR: N_("Jahre"),
}
RHYTHM_NAMES: dict[IntervalUnit, str] = {
    IntervalUnit.DAY: N_("täglich"),
    IntervalUnit.WEEK: N_("wöchentlich"),
    IntervalUnit.MONTH: N_("monatlich"),
    IntervalUnit.QUARTER: N_("vierteljährlich"),
    IntervalUnit.HALF_YEAR: N_("halbjährlich"),
    IntervalUnit.YEAR: N_("jährlich"),
}
EVERY_NAMES: dict[IntervalUnit, str] = {
    IntervalUnit.DAY: N_("alle {n} Tage"),
    IntervalUnit.WEEK: N_("alle {n} Wochen"),
    IntervalUnit.MONTH: N_("alle {n} Monate"),
    IntervalUnit.QUARTER: N_("alle {n} Quartale"),
    IntervalUnit.HALF_YEAR: N_("alle {n} Halbjahre"),
    IntervalUnit.YEAR: N_("alle {n} Jahre"),
}
TIMING_NAMES: dict[Timing, str] = {Timing.IN_ADVANCE: N_("vorschüssig"), Timing.IN_ARREARS: N_("nachschüssig")}
CATCH_UP_NAMES: dict[CatchUp, str] = {
    CatchUp.EACH: N_("einzeln"),
    CatchUp.COMBINED: N_("zusammengefasst"),
    CatchUp.NEXT_ONLY: N_("nur nächste"),
}
PRORATION_NAMES: dict[Proration, str] = {
    Proration.DAILY: N_("taggenau"),
    Proration.THIRTY_360: N_("30/360"),
    Proration.FULL: N_("voll"),
}
BASIS_NAMES: dict[PriceBasis, str] = {
    PriceBasis.PERIOD: N_("je Periode"),
    PriceBasis.MONTH: N_("je Monat"),
    PriceBasis.YEAR: N_("je Jahr"),
}
SCALE_NAMES: dict[ScaleMode, str] = {ScaleMode.WHOLE: N_("Gesamtmenge"), ScaleMode.GRADUATED: N_("Stufen")}
PERIOD_STATE_NAMES: dict[PeriodState, str] = {
    PeriodState.BILLED: N_("berechnet"),
    PeriodState.WAIVED: N_("ausgelassen"),
}


def rhythm(terms: IntervalTerms | None) -> tuple[int, str]:
    """(1, "monatlich") or (2, "alle {n} Monate"); (0, "") without an interval."""
    if terms is None:
        return 0, ""
    return (1, RHYTHM_NAMES[terms.unit]) if terms.every == 1 else (terms.every, EVERY_NAMES[terms.unit])
