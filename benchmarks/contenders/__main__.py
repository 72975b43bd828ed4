"""Runs one contender and prints its measurement as the last line."""

import json
import sys
from importlib import import_module

from contenders.task import Task

if __name__ == "__main__":
    module, function = sys.argv[1].split(".")
    measurement = getattr(import_module(f"contenders.{module}"), function)(Task.from_json(sys.argv[2]))
    print(json.dumps(measurement))
