"""The recipes there are: official ones, presets, their limits and how to find them."""
