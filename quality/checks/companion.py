"""companion (EnviSoft: Loại bỏ thông số đi kèm): a value fails when the parameter it goes with fails.

`companion=O2` on SO2: where the oxygen of a flue fails, what is corrected by it says nothing. The named
parameter fails when its reading of the same time has a failing flag (code 4: also calibrating and device
error) or a person rejected it, and no person accepted or corrected it. A line without a number says
nothing of the named parameter, and no line at all neither: then the check is not evaluated. Companions of
companions fail along; parameters that name one another fail together.
"""

from collections.abc import Collection, Iterable, Mapping

from quality.checks.cell import Companion
from quality.verdict import Flag

RULE = "companion"

Reasons = tuple[str, ...]
"""Rules by which a reading fails; empty: it does not."""


def companions(
    checks: Mapping[str, Iterable[Companion]],
    failing: Mapping[str, Reasons],
    upheld: Collection[str] = (),
) -> dict[str, list[Flag]]:
    """The flags of one moment, by parameter.

    checks: of the parameters that have such a check and a reading that takes part. failing: why each
    parameter with a reading fails, its own companion flags left out. upheld: those whose reading a person
    accepted or corrected: they are flagged like others, and nobody fails along with them.
    """
    flags: dict[str, list[Flag]] = {}
    reasons = {name: rules for name, rules in failing.items() if rules}
    grows = bool(reasons)
    while grows:
        grows = False
        for name, wanted in checks.items():
            for check in wanted:
                why = reasons.get(check.parameter)
                if why is None or check.parameter == name or _has(flags.get(name, ()), check):
                    continue
                flag = Flag(
                    RULE, check.code, f"{check.parameter} passes", f"{check.parameter}: {', '.join(why)}"
                )
                flags.setdefault(name, []).append(flag)
                if check.code == 4 and name not in reasons and name not in upheld:
                    reasons[name] = (RULE,)
                grows = True
    # in the order of the settings, whichever was found first
    return {
        name: sorted(
            found, key=lambda flag: [f"{item.parameter} passes" for item in checks[name]].index(flag.limit)
        )
        for name, found in flags.items()
    }


def _has(flags: Iterable[Flag], check: Companion) -> bool:
    return any(flag.limit == f"{check.parameter} passes" for flag in flags)
