"""What a plan of tool calls is worth: valid JSON, the right query type, and the right calls in the right order.

An answer looks like ``{"Query analysis": {"Type": ..., "Information needed": ..., "Tools": [{"Tool": ..., "Parameters":
{...}, "Reasoning": ...}]}}``. The free text ("Information needed", "Reasoning") is not graded.
"""

from rewards import (
    AnswerFormat,
    CallFormat,
    gated,
    json_parse,
    label_match,
    parameters,
    product,
    sequence,
    weighted,
)

PLAN = CallFormat(unwrap="Query analysis", calls="Tools", name="Tool", arguments="Parameters")
TYPE = AnswerFormat(key=("Query analysis", "Type"))
JSON = json_parse("object")

# A product, not a sum: a plan that never read the query names half of the tools right. Paid apart, tools and order gave
# the best constant answer 0.45; as preconditions of the parameters they give it 0.11. The type weighs nearly as much as
# the plan, because the plan follows from it: when it weighed 0.12, RFT hardly improved it.
plan = product({"parameters": parameters(PLAN), "sequence": sequence(PLAN)})
content = weighted({"query_type": (label_match(TYPE), 0.45), "plan": (plan, 0.55)})
reward = weighted({"json_parse": (JSON, 0.03), "content": (gated(content, by=JSON, threshold=0.75), 0.97)})
