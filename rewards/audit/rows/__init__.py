"""The data under audit: rows, their messages, and a profile of the data set."""
