"""From a chunk to a draft: prompts, teacher requests with repair, parsing and judging."""
