"""Leak-free train, validation and test splits."""
