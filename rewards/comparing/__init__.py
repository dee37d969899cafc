"""How a given value is compared with a wanted one: equality, normalising, matching, edit distance, JSON Schema."""
