"""Estimators, one family per file or folder."""

import os

# Threads of a product wait for one another, by default spinning for long. Where another process wants the same core,
# that makes training twenty times slower; not spinning at all makes sampling, with its many short products, a third
# slower. A short spin costs neither (docs/LOG.md). OpenMP reads this when torch is first imported.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
