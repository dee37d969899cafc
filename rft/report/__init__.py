"""The HTML report: charts, page and style. Pure functions from measured values to text."""

from estimators.results.graded import TOTAL
from rft.report.charts import Interval
from rft.report.drawing import Point
from rft.report.figure import Figure
from rft.report.page import Curve, Departure, RecipeSheet, Report, ScoredCompletion, render
from rft.report.verdict import Gain, Signs, Verdict, verdict_of

__all__ = [
    "TOTAL",
    "Curve",
    "Departure",
    "Figure",
    "Gain",
    "Interval",
    "Point",
    "RecipeSheet",
    "Report",
    "ScoredCompletion",
    "Signs",
    "Verdict",
    "render",
    "verdict_of",
]
