"""Whether the intent is the right one: 1 or 0, so that the mean score is the accuracy."""

from rewards import label_match

reward = label_match()
