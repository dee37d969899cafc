"""What native tool calls are worth, in [0, 1]: the right tools, with the right parameters, in the right order.

The calls are those of the model's turn (`tool_calls` of a chat API, `toolUse` of Converse) or `<tool_call>` blocks in
its text, which the policy of a local run writes.
"""

from rewards import Comparison, parameters, product, sequence

# A day may be written in any unambiguous way; everything else must be copied as it stands.
VALUES = Comparison(fields={"event": Comparison(text="date")})

# A product, because each part is a precondition of the other.
reward = product({"parameters": parameters(values=VALUES), "sequence": sequence()})
