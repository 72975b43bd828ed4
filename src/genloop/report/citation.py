"""What to cite for a run: genloop, the study, and exactly what stands behind what the run used."""

from genloop.report.references import ALWAYS, key_of, references
from genloop.runs.citing import recorded_citations
from genloop.runs.record import Run


def bibtex(*runs: Run) -> str:
    """Return BibTeX of what the runs used, each entry once, under a comment that says for what it stands there."""
    entries = dict(references())
    reasons: dict[str, list[str]] = {key: ["every run"] for key in ALWAYS}
    for run in runs:
        recorded = run.record.citations
        for reason, cited in (recorded_citations(run.record.experiment) if recorded is None else recorded).items():
            for citation in cited:
                key = key_of(citation)
                entries.setdefault(key, citation if key != citation else f"% {key} is no key of genloop's references.")
                reasons.setdefault(key, []).append(reason)
    return "\n\n".join(f"% for {', '.join(dict.fromkeys(why))}\n{entries[key]}" for key, why in reasons.items()) + "\n"
