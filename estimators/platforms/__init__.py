"""Where a job runs, one folder each."""
