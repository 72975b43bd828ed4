"""The command that says what can be named."""

from collections.abc import Mapping

from rich.table import Table

from genloop import catalog
from genloop.cli.app import app, out


@app.command("list")
def list_names() -> None:
    """List recipes, policies, domains, sources, estimators and metrics."""
    from genloop.policy_text import POLICIES

    policies = {name: f"{kind.__module__}:{kind.__name__}" for name, kind in POLICIES.items()}
    groups: Mapping[str, Mapping[str, str]] = {
        "recipe": catalog.RECIPES,
        "policy": policies,
        "domain": catalog.DOMAINS,
        "source": catalog.SOURCES,
        "estimator": catalog.ESTIMATORS,
        "metric": catalog.METRICS,
    }
    table = Table("kind", "name", "what it is")
    for kind, names in groups.items():
        for name in names:
            about = (catalog.load(kind, name, names).__doc__ or "").strip().split("\n")[0]
            table.add_row(kind, name, about, end_section=name == list(names)[-1])
    out.print(table)
