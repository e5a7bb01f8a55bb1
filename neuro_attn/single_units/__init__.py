"""Single units: their sensitivity to the label in each task, and its relation between tasks."""
