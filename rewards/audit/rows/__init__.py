"""The data that an audit works on: rows, their messages, and the data set as a whole."""
