"""The script that draws the charts, packed into the page, and the rule that no other script runs."""

import base64
import gzip
from hashlib import sha256

from plotly.offline import get_plotlyjs


def plotly_script() -> str:
    """Return the text of Plotly's script."""
    return get_plotlyjs()


def packed(script: str) -> str:
    """Return a script as base64 of gzip, which browsers unpack: less than half of its size."""
    return base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()


def security_policy(*scripts: str) -> str:
    """Return a policy by which a browser runs these scripts only, and loads nothing from anywhere."""
    digests = " ".join(f"'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {digests}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
