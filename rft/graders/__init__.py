"""Graders as the commands open them: a handler, a zip, a deployed function, a reward with all it is made of."""
