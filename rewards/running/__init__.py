"""Runs the code of an answer against the tests of a row, in processes of their own that can do nothing but compute."""
