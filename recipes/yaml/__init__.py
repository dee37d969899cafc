"""Recipe YAML, read and written with its lines and comments."""
