"""Exercises: how a drill is marked, from the message that begins it to the last text."""

from __future__ import annotations

SOURCE = "alertd/drill"
"""Sender of an exercise's message; only alertd itself can write one that is taken (`alertd.service.drill`)."""
COHORT = "exercise"
"""What stands in the place of the setting for a case that holds nothing but exercises."""
WORD = "EXERCISE"
"""What every text about such a case says where others name the cohort."""
