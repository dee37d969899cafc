"""How much of a W-2 form was read, in [0, 1]: values that are right over all values that either side has."""

from rewards import Comparison, field_f1, json_parse, weighted

# Reported apart, each with accuracy, precision, recall and F1: a mean hides that nobody reads the second state.
GROUPS = {
    "employee": ("employee",),
    "employer": ("employer",),
    "earnings": ("earnings",),
    "benefits": ("benefits",),
    "multi_state": ("states",),
}

# What counts as equal is declared, not guessed: names in any case and spacing, everything else as it stands.
VALUES = Comparison(text="nfc", fields={"name": Comparison(text="collapse")})

# No gate before it: where no JSON is, `field_f1` finds no field right and says so in every group's metrics. A closed
# gate would leave them unmeasured, and means of groups would go over the readable answers alone.
reward = weighted(
    {
        "json_parse": (json_parse("object"), 0.1),
        "fields": (field_f1(values=VALUES, groups=GROUPS), 0.9),
    }
)
