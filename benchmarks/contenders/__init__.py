"""What is measured, each in a process of its own: `python -m contenders MODULE.FUNCTION TASK`, the task as JSON."""
