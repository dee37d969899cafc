"""The HTML report: charts, page and style. Pure functions from measured values to text."""

from rft.report.charts import Interval, Point
from rft.report.page import TOTAL, Answer, Curve, Departure, Gain, RecipeSheet, Report, render

__all__ = ["TOTAL", "Answer", "Curve", "Departure", "Gain", "Interval", "Point", "RecipeSheet", "Report", "render"]
