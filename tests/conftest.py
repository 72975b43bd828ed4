"""What all tests share: the toy family can be imported, and networks, which are tiny here, use one thread."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported
sys.path.insert(0, str(Path(__file__).parent))
