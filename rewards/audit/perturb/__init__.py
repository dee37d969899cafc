"""Changes to an answer: damage in rising amounts, single mistakes, hostile text, generated examples."""
