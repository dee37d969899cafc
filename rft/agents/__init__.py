"""Agents of many turns on the command line: the audit of a world, the local Job Runtime, plans."""
