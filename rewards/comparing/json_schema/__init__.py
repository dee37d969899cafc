"""JSON Schemas of drafts 4 to 2020-12: checked, rewritten into one form, and graded."""
