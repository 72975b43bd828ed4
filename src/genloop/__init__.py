"""Model-data feedback loops: fit, evaluate, sample, update the data, repeat.

Importing this package loads neither torch nor ray.
"""

__version__ = "0.1.0"
