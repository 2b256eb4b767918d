"""How likely something is, were it chance: what the rules about signs weigh their evidence by."""

from collections.abc import Sequence
from math import exp, fsum, lgamma, log

LEAST = 1e-300


def together(chances: Sequence[float]) -> float:
    """R. A. Fisher's combination of independent chances into one; of none it is 1."""
    half = -fsum(log(max(one, LEAST)) for one in chances)
    # The upper tail of chi squared with 2n degrees of freedom at 2 * half, in logarithms lest it be 0.
    if half <= 0:
        return 1.0
    return min(
        fsum(exp(number * log(half) - half - lgamma(number + 1)) for number in range(len(chances))), 1.0
    )


def rank(value: float, others: Sequence[float]) -> float:
    """How likely a value as large as this is, judged by what others there were."""
    return (sum(other >= value for other in others) + 1) / (len(others) + 1)


def at_least(hits: int, count: int, share: float) -> float:
    """So many hits or more of `count`, each as likely as `share`: H. Chernoff's bound, never below the
    truth."""
    found = hits / count if count else 0.0
    if found <= share:
        return 1.0
    apart = found * log(found / share) if share > 0 else 1000.0
    if found < 1:
        apart += (1 - found) * log((1 - found) / (1 - share))
    return exp(-min(count * apart, 690.0))
