"""Durations as text."""


def in_words(seconds: float) -> str:
    """Three significant digits with a unit: milliseconds below one second.

    >>> in_words(0.00228), in_words(0.9999), in_words(1.234), in_words(1234.5)
    ('2.28 ms', '1 s', '1.23 s', '1234 s')
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 999.5 else f"{seconds:.0f} s"
