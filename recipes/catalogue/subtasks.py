"""The subtasks of AWS's public benchmarks, which `evaluation.subtask` of a recipe names.

Source: sagemaker-train 1.27.0 (SDK v3), sagemaker.train.evaluate.benchmark_evaluator. It lists none for strong_reject,
though that has some, and does not know the tasks that are missing here: any name passes for those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MMLU = """
    abstract_algebra anatomy astronomy business_ethics clinical_knowledge college_biology college_chemistry
    college_computer_science college_mathematics college_medicine college_physics computer_security
    conceptual_physics econometrics electrical_engineering elementary_mathematics formal_logic global_facts
    high_school_biology high_school_chemistry high_school_computer_science high_school_european_history
    high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_mathematics
    high_school_microeconomics high_school_physics high_school_psychology high_school_statistics
    high_school_us_history high_school_world_history human_aging human_sexuality international_law jurisprudence
    logical_fallacies machine_learning management marketing medical_genetics miscellaneous moral_disputes
    moral_scenarios nutrition philosophy prehistory professional_accounting professional_law
    professional_medicine professional_psychology public_relations security_studies sociology us_foreign_policy
    virology world_religions
"""
_BBH = """
    boolean_expressions causal_judgement date_understanding disambiguation_qa dyck_languages formal_fallacies
    geometric_shapes hyperbaton logical_deduction_five_objects logical_deduction_seven_objects
    logical_deduction_three_objects movie_recommendation multistep_arithmetic_two navigate object_counting
    penguins_in_a_table reasoning_about_colored_objects ruin_names salient_translation_error_detection snarks
    sports_understanding temporal_sequences tracking_shuffled_objects_five_objects
    tracking_shuffled_objects_seven_objects tracking_shuffled_objects_three_objects web_of_lies word_sorting
"""
_MATH = """
    algebra counting_and_probability geometry intermediate_algebra number_theory prealgebra precalculus
"""
_MMMU = """
    Accounting Agriculture Architecture_and_Engineering Art Art_Theory Basic_Medical_Science Biology Chemistry
    Clinical_Medicine Computer_Science Design Diagnostics_and_Laboratory_Medicine Economics Electronics
    Energy_and_Power Finance Geography History Literature Manage Marketing Materials Math Mechanical_Engineering
    Music Pharmacy Physics Psychology Public_Health Sociology
"""

# No subtask is allowed where the tuple is empty.
SUBTASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "mmlu": tuple(_MMLU.split()),
    "bbh": tuple(_BBH.split()),
    "math": tuple(_MATH.split()),
    "mmmu": tuple(_MMMU.split()),
    "mmlu_pro": (),
    "gpqa": (),
    "ifeval": (),
}
ALL: Final = "all"
# Names that a sample on a page of AWS's has and no list of subtasks, AWS's own on the same page included.
ONLY_IN_A_SAMPLE: Final[Mapping[tuple[str, str], str]] = {
    ("mmlu", "mathematics"): "Understanding the recipe parameters (AWS page on evaluation)",
}
SOURCE: Final = "sagemaker-train 1.27.0 (SDK v3), benchmark_evaluator"


def unknown_subtasks(task: str, said: str) -> tuple[str, ...]:
    """The names in `said`, several of them separated by commas, that are no subtask of the benchmark.

    >>> unknown_subtasks("math", "algebra, topology"), unknown_subtasks("gpqa", "physics")
    (('topology',), ('physics',))
    """
    known = SUBTASKS.get(task)
    if known is None:
        return ()
    names = tuple(filter(None, map(str.strip, said.split(","))))
    return tuple(name for name in names if name not in known and not (known and name.lower() == ALL))
