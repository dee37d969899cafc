"""Instructions that a rule can check: those of IFEval and IFBench, under their own names and with their own meaning.

Written anew for time that is linear in the text: searches that run over white space or brackets again from every
position are done line by line here.
"""
