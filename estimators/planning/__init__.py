"""What a plan holds and what is checked before a launch: data, cost, permissions, placeholders."""
