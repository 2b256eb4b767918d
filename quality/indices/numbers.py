"""Numbers in the words of explanations: as many digits as a person reads, and Vietnam's decimal comma."""


def english(value: float, digits: int = 4) -> str:
    """59.35, 0.0105, 12300: `digits` significant ones, no exponent for what an index is made of."""
    return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:.0f}"


def vietnamese(value: float, digits: int = 4) -> str:
    """The same with a decimal comma."""
    return english(value, digits).replace(".", ",")
