"""A small project, and `rft data` as a user calls it."""

from __future__ import annotations

from click.testing import CliRunner, Result

from rft.commands.data import command

TEMPLATES = r"""
slots:
  id: {in: document, pattern: '\A# ([A-Z]+-\d+)'}
  word: {in: passage, pattern: '\b(element\w+)\b'}
types:
  lookup:
    answer: {Type: lookup, rule: "{id}"}
    questions: ["What does {id} say about {word}?", "Where does {id} mention {word}?"]
"""
PROJECT = """
name: small
reward: reward.py:reward
data:
  documents: documents
  system: system.txt
  teacher: {kind: template, templates: templates.yaml}
  chunk: {size: 200, overlap: 20}
"""


def call(*args: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args], catch_exceptions=False)
