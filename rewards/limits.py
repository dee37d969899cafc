"""How much of a completion is read at most, so that no completion can make a grader slow.

A policy under training writes every degenerate text sooner or later. Beyond these limits a completion is not read at
all, which scores like an unreadable one. 8,192 generated tokens come to about 60 KB, so an honest completion stays far
below.
"""

MAX_TEXT_CHARS = 262_144
MAX_DEPTH = 64
MAX_NODES = 10_000
MAX_CANDIDATES = 64
MAX_CALLS = 256
MAX_PAIRS = 65_536
