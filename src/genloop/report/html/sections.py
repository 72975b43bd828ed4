"""What the page says of one run, in the order in which it says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genloop.analysis.arms import arms_of
from genloop.analysis.outcome import main_metric, outcomes
from genloop.errors import UserError
from genloop.left_out import data_notes
from genloop.policy_text import parse_policy
from genloop.report.answer import answer, final_answer, question
from genloop.report.citation import bibtex
from genloop.report.html.cost_table import cost_notes, cost_table
from genloop.report.html.costs import costs
from genloop.report.html.groups import Group, learning_group, metric_group, training_sets_group
from genloop.report.html.profile import ProfileTable, profile_table
from genloop.report.html.provenance import Provenance, provenance
from genloop.report.html.samples import Samples, samples_of
from genloop.report.html.text_table import TextTable
from genloop.report.palette import Style
from genloop.runs.record import Run

HEADINGS = {  # of the parts of a section
    "metrics": "Test loss and other metrics",
    "profile": "Collapse profile",
    "samples": "Samples",
    "learning": "Learning curves",
    "training-sets": "Training sets",
    "costs": "Costs",
    "provenance": "Provenance",
    "citation": "Citations",
}

MOST_PLACES = 8  # that a note names


@dataclass(frozen=True)
class Section:
    """One run on the page.

    Attributes:
        name: of the run.
        what: what was run, in one sentence.
        question: what the answer is about.
        answer: in one sentence.
        final: what is measured of a last model that another estimator fitted; empty where none did.
        missing: what is not computed yet; empty for a finished run.
        data_notes: what preparation left out of the real data and noticed in them, a sentence each.
        diverged: rounds whose fit left the finite numbers; empty for none.
        policies: what each policy is, by name.
        others: the parts of the page, as they are called.
    """

    name: str
    what: str
    question: str
    answer: str
    final: str
    missing: str
    data_notes: Sequence[str]
    diverged: str
    policies: Mapping[str, str]
    metrics: Group | None
    profile: ProfileTable
    samples: Samples
    learning: Group | None
    training_sets: Group
    costs: TextTable
    cost_notes: Sequence[str]
    provenance: Provenance
    citation: str

    @property
    def parts(self) -> list[str]:
        """The parts that there are, as in `HEADINGS`."""
        absent = {name for name, part in (("learning", self.learning), ("citation", self.citation)) if not part}
        return [name for name in HEADINGS if name not in absent]


def section(run: Run, name: str, looks: Mapping[str, Style], *, most_sample_bytes: int) -> Section:
    """Return what the page says of a run, finished or not.

    Args:
        run: the run.
        name: what the page calls it.
        looks: of every policy on the page.
        most_sample_bytes: room for its samples.
    """
    arms, metric, taken = arms_of([run]), main_metric(run), costs(run)
    return Section(
        name=name,
        what=_what(run),
        question=question(metric),
        answer=answer(outcomes(run, metric)),
        final=final_answer(run, metric),
        missing=_missing(run),
        data_notes=data_notes(run.data_facts()),
        diverged=_diverged(run),
        policies={arm.policy: _meaning(arm.policy) for arm in arms},
        metrics=metric_group(arms, looks),
        profile=profile_table(run),
        samples=samples_of(run, arms, most_bytes=most_sample_bytes),
        learning=learning_group(arms),
        training_sets=training_sets_group(arms),
        costs=cost_table(taken, run.record.unit),
        cost_notes=cost_notes(taken),
        provenance=provenance(run),
        citation=bibtex(run),
    )


def _what(run: Run) -> str:
    record, experiment = run.record, run.record.experiment
    policies = list(dict.fromkeys(item.policy for item in record.iterations))
    return (
        f"{experiment['estimator']['type']} fitted on {experiment['source']['type']}: "
        f"T = {record.num_samples:,} {record.unit}s, {_count(experiment['num_iterations'], 'iteration')}, "
        f"{_listed(policies)}, {_count(len(experiment['seeds']), 'seed')}."
    )


def _missing(run: Run) -> str:
    models = {item.model: item for item in run.record.iterations}
    steps = {key for item in run.record.iterations for key in item.measurements}
    fitted = sum(run.store.peek(model) is not None for model in models)
    scored = sum(run.store.peek(step) is not None for step in steps)
    if fitted == len(models) and scored == len(steps):
        return ""
    return (
        f"This run is not finished: {fitted} of {len(models)} models are fitted and {scored} of {len(steps)} scores "
        f"are there. What is missing is left out below; build the page again with genloop report {run.directory}."
    )


def _diverged(run: Run) -> str:
    places = [f"{item.policy}, iteration {item.iteration}, seed {item.seed}" for item in run.diverged()]
    more = f"; and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
    return (
        f"The fit diverged, and its last finite model was kept: {'; '.join(places[:MOST_PLACES])}{more}."
        if places
        else ""
    )


def _meaning(policy: str) -> str:
    """Return what a policy is; nothing for one of the user's own, which cannot be read back."""
    try:
        return (type(parse_policy(policy)).__doc__ or "").split("\n")[0].replace("`", "")
    except UserError:
        return ""


def _count(num: int, noun: str) -> str:
    return f"{num} {noun}" + ("" if num == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
