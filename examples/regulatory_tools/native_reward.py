"""What native tool calls are worth: the right tools with the right parameters, in the right order.

The calls are those of the model's turn (`tool_calls` of a chat API, `toolUse` of Converse) or `<tool_call>` blocks in
its text, which the policy of a local run writes.
"""

from rewards import parameters, product, sequence

# A product, as in reward.py: each part is a precondition of the other.
reward = product({"parameters": parameters(), "sequence": sequence()})
