"""What each check of `rft package verify` asks; the code of a problem is the check's name with hyphens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "not-verified": "Nobody ran `rft package verify` on this very zip, so nothing is known about it.",
    "size": "The zip with its layers, or the image, must fit the quotas of Lambda.",
    "files": "The user that Lambda runs a function as must be able to read every file.",
    "platform": "Compiled files must be of the Python and the architecture that the function will have.",
    "layer": "A layer that the function will have was not given, so the zip ran without it.",
    "enclosed": "The grader runs without network and without files of yours, where the system can do that.",
    "cold-start": "The function must be imported within Lambda's ten seconds, and give its first answer soon after.",
    "warm": "A whole batch must be answered; the time of one sample is measured beside it.",
    "log": "What the grader printed while it was asked; a traceback there is a fault that a reply hid.",
    "log-volume": "CloudWatch Logs is paid by what is written, and training grades millions of samples.",
    "contract": "Ids, order, finite scores and every documented shape of a row; its rules begin with contract-.",
    "hostile-samples": "No completion may raise, hang or change a neighbour's score; its rules begin with total-.",
    "reference-in-metadata": "A row whose reference lies in its metadata must get the score of the plain row.",
    "solution-markers": "A right answer between the solution markers must get the score of the plain answer.",
    "6-mb-event": "The largest event that Lambda takes must be answered within the function's memory and time.",
    "same-as-the-source": "The zip must give the grades that the reward gives outside it.",
    "byo-metrics": "Events of an evaluation with metrics of your own (process_type) must be answered in their shape.",
}
