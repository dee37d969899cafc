"""What a plan of tool calls is worth, in [0, 1]: the right tools, with the right parameters, in the right order."""

from rewards import CallFormat, Comparison, gated, json_parse, parameters, product, sequence, weighted

# Where a plan keeps its calls. Tools that a model calls natively need no format: parameters() alone.
PLAN = CallFormat(calls="Tools", name="Tool", arguments="Parameters")

# A day may be written in any unambiguous way; everything else must be copied as it stands.
VALUES = Comparison(fields={"event": Comparison(text="date")})

# A product, because each part is a precondition of the other. As a sum of tool_choice, parameters and sequence with
# weights 0.4, 0.4 and 0.2 one plan earned 0.46 on average, whatever was asked.
content = product({"parameters": parameters(PLAN, values=VALUES), "sequence": sequence(PLAN)})
# The tenth for clean JSON comes first in training: until the form is right, there is nothing else to grade.
reward = weighted(
    {
        "json_parse": (json_parse("object"), 0.1),
        "content": (gated(content, by=json_parse("object"), threshold=0.75), 0.9),
    }
)
