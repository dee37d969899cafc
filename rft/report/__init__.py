"""The HTML report: charts, page and style. Pure functions from measured values to text."""

from rft.report.charts import Interval, Point
from rft.report.page import TOTAL, Curve, Departure, Gain, RecipeSheet, Report, ScoredCompletion, render

__all__ = [
    "TOTAL",
    "Curve",
    "Departure",
    "Gain",
    "Interval",
    "Point",
    "RecipeSheet",
    "Report",
    "ScoredCompletion",
    "render",
]
