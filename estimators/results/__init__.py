"""What a finished job left: outputs, downloads, comparisons."""
