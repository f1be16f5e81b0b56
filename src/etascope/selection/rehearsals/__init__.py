"""The choice where trainings are dear: short trainings, and what they promise for the whole length."""
