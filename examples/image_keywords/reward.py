"""How well a student's keywords agree with its teacher's, in [0, 1]: keywords in common over keywords in either."""

from rewards import AnswerFormat, gated, json_parse, keyword_jaccard, schema_valid, weighted

# Jaccard is what keyword extraction is usually reported in, so the number means something to others. Where a policy is
# unsure between two sets, naming both can pay a little; `label_match(KEYWORDS, multi=True)` divides by the longer list
# instead, under which it never does.
KEYWORDS = AnswerFormat(key="keywords")
keywords = keyword_jaccard(KEYWORDS, text="casefold")

# Nothing beside the keywords: what a grader does not look at, a policy may fill with anything.
SCHEMA = {
    "type": "object",
    "properties": {"keywords": {"type": "array", "items": {"type": "string"}}},
    "required": ["keywords"],
    "additionalProperties": False,
}
reward = weighted(
    {
        "json_parse": (json_parse("object"), 0.1),
        "keywords": (gated(keywords, by=schema_valid(SCHEMA), threshold=1.0), 0.9),
    }
)
