"""The words and signs of written mathematics, LaTeX's and plain ones, and what each of them means."""

from __future__ import annotations

FUNCTIONS = {
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log",
    "lg", "exp", "sqrt", "abs", "min", "max", "gcd", "lcm", "floor", "ceil",
}  # fmt: skip
SPELLINGS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log"}
NAMED_LETTERS = {
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta",
    "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "pi", "ell", "hbar", "angle", "triangle",
    "square",
}  # fmt: skip
INFINITIES = ("infty", "infinity", "oo", "inf", "Infinity")
SIGNS = {
    "=": "=", "==": "=", ":=": "=", "\\equiv": "=", "<": "<", "\\lt": "<", ">": ">", "\\gt": ">",
    "<=": "<=", "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", ">=": ">=", "\\ge": ">=", "\\geq": ">=",
    "\\geqslant": ">=", "!=": "!=", "\\ne": "!=", "\\neq": "!=", "\\approx": "~", "\\simeq": "~", "\\in": "in",
}  # fmt: skip
SET_SIGNS = {"\\cup": "union", "\\cap": "intersection", "\\setminus": "without", "\\backslash": "without"}
SEPARATORS = (",", ";")
JOINTS = {"and": "intersection", "und": "intersection", "or": "union", "oder": "union"}
OPAQUE = ("\\sum", "\\prod", "\\int", "\\lim", "\\bigcup", "\\bigcap", "\\iint", "\\oint")
SHORT_WORDS = ("yes", "no", "odd", "all", "dne")
"""Words of less than four letters, which are no product of them; the last is "does not exist"."""
UNITS = {
    "%": "%", "percent": "%", "pct": "%", "percentage": "%", "degrees": "\u00b0", "degree": "\u00b0", "deg": "\u00b0",
}  # fmt: skip
UNIT_WORDS = {
    "mm", "cm", "dm", "km", "m", "mi", "ft", "in", "yd", "kg", "mg", "g", "lb", "oz", "ml", "mL", "L", "l", "s",
    "ms", "h", "hr", "hrs", "min", "mins", "sec", "secs", "lbs",
    "kph", "mph", "N", "J", "W", "V", "A", "Hz", "USD", "EUR", "sq", "cu", "ha", "rad",
    "kW", "kJ", "Pa", "K", "C", "F",
}  # fmt: skip
CLOSED_BY = {"(": ")", "[": "]", "\\{": "\\}"}
CLOSING = tuple(CLOSED_BY.values())
STYLED = ("overline", "underline", "boxed", "mathbf", "mathrm", "vec", "hat", "bar", "boldsymbol", "widehat")
MATRICES = ("matrix", "pmatrix", "bmatrix", "vmatrix", "smallmatrix", "array")
MISPLACED = ("end", "over", "choose", "}", "%", "&", "#", "_", "|", "rangle", "rfloor", "rceil")
ENDING = (
    "\\}", "\\pm", "\\mp", "\\rfloor", "\\rceil", "\\rangle", "\\mid", "\\end", "\\rvert", "\\|", *SIGNS, *SET_SIGNS,
)  # fmt: skip
"""Commands with which no factor begins."""
