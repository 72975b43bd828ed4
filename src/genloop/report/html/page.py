"""One HTML file about some runs: it needs no network, runs no script but its own, and holds nothing unescaped."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from genloop.analysis.arms import arms_of, run_names
from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError
from genloop.files import write_atomically
from genloop.report.html import theme
from genloop.report.html.groups import metric_group
from genloop.report.html.scripts import packed, plotly_script, security_policy
from genloop.report.html.sections import HEADINGS, section
from genloop.report.palette import styles
from genloop.runs.record import Run
from genloop.version import __version__

SAMPLE_BYTES = 2_500_000  # of all runs together; a page has less than 6 MB, 2 of which draw the charts


def write_page(runs: Sequence[Run], path: Path) -> None:
    """Write one page about some runs, finished or not; the file is whole or absent.

    Raises:
        UserError: if the file cannot be written, or a result has changed since it was computed.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder. Name a file in it, such as {path / 'report.html'}.")
    text = page(runs)
    with report_disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)


def page(runs: Sequence[Run]) -> str:
    """Return the text of the page."""
    names, arms = run_names(runs), arms_of(runs)
    looks = styles(arm.policy for arm in arms)
    room = SAMPLE_BYTES // len(runs)
    sections = [section(run, name, looks, most_sample_bytes=room) for run, name in zip(runs, names, strict=True)]
    library, script = plotly_script(), _asset("page.js")
    environment = Environment(
        loader=PackageLoader("genloop.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        title=", ".join(names),
        headings=HEADINGS,
        sections=sections,
        together=metric_group(arms, styles(arm.label for arm in arms)) if len(runs) > 1 else None,
        colours={policy: theme.line_colour(look) for policy, look in looks.items()},
        theme=theme,
        style=Markup(_asset("page.css")),
        script=Markup(script),
        library=packed(library),
        security_policy=security_policy(script, library),
        version=__version__,
    )


def _asset(name: str) -> str:
    return files("genloop.report.html").joinpath("templates", name).read_text("utf-8")
