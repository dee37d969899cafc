"""Contents of a job plan, and the checks before a launch: data, cost, permissions, placeholders."""
