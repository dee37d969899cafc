"""The end of every error message about an unknown name: the known one that was probably meant, or all there are."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 300  # characters of a name that are worth comparing; the time grows with the square


def did_you_mean(name: object, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name most like `name` as a question, else all known names.

    >>> did_you_mean("weigth", ["weight", "reward"]), did_you_mean("x", ["weight", "reward"])
    ("did you mean 'weight'?", 'known: weight, reward')
    """
    names = list(known)
    near = closest(name, names, cutoff=cutoff)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"


def closest(name: object, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most like `name`, None where none is at least `cutoff` (0 to 1) alike.

    >>> closest("run.nmae", ["run.name", "run.replicas"]), closest("x", ["run.name"])
    ('run.name', None)
    """
    import difflib  # only an error needs it

    if len(str(name)) > _LONGEST:
        return None
    return next(iter(difflib.get_close_matches(str(name), list(known), n=1, cutoff=cutoff)), None)
