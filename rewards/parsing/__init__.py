"""What a text holds: JSON values, tool calls, answers, numbers."""
