"""Results of a finished job: outputs, downloads, comparisons."""
