"""How much of a W-2 form was read, in [0, 1]: fields that are right over all fields that either side has."""

from rewards import Comparison, field_f1, json_parse, weighted

# Reported apart, each with accuracy, precision, recall and F1: a mean hides that nobody reads the state's boxes.
GROUPS = {
    "employee": ("employee_name", "employee_ssn"),
    "employer": ("employer_name", "employer_ein"),
    "wages": ("wages", "federal_tax"),
    "state": ("state", "state_wages", "state_tax"),
}

# What counts as equal is declared, not guessed: names in any case and spacing, numbers to the cent (a tolerance of half
# a cent, since 0.1 + 0.2 is not 0.3), identifiers to the letter. Being near earns nothing: a wage is right or wrong.
NAME, EXACT = Comparison(text="collapse"), Comparison(text="nfc")
VALUES = Comparison(
    text="nfc",
    abs_tol=0.005,
    fields={"employee_name": NAME, "employer_name": NAME, "employee_ssn": EXACT, "employer_ein": EXACT},
)

# No gate before it: where no JSON is, `field_f1` finds no field right and says so in every group's metrics. A closed
# gate would leave them unmeasured, and means of groups would go over the readable answers alone.
reward = weighted(
    {
        "json_parse": (json_parse("object"), 0.1),
        "fields": (field_f1(values=VALUES, groups=GROUPS), 0.9),
    }
)
