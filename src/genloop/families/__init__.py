"""Estimators, one family per file or folder."""

import os

# Threads of a product wait for one another. By default they spin, and where another process wants the same core
# that makes training twenty times slower; sleeping instead costs a few percent on a quiet machine. OpenMP reads this
# when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
