"""Jobs of a project on a platform: planned, launched, found again."""
