"""Stand-alone programs that run inside the sandbox; each may import the standard library only."""
