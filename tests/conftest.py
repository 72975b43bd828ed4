"""What all tests share: the toy family can be imported, and jaxtyping's shapes are enforced."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
