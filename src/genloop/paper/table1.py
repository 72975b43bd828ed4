"""Table 1 of arXiv 2404.01413: what the models of late iterations write."""

from dataclasses import dataclass, replace

from genloop.paper.language_models import reproduce
from genloop.paper.table2 import GPT2_ROW, LLAMA_ROWS, Row
from genloop.policies import Accumulate, Policy, Replace
from genloop.policy_text import policy_name
from genloop.report.samples import sampled, shortened
from genloop.study.claims import Reproduction
from genloop.study.grid import Grid
from genloop.study.request import Request
from genloop.study.study import Study

NUM_TEXTS = 2
WIDTH = 400  # characters


@dataclass(frozen=True)
class Excerpt:
    """What the paper shows of one model: an iteration of a policy."""

    row: Row
    policy: Policy
    iteration: int


LARGEST = LLAMA_ROWS[-1]
EXCERPTS = (
    Excerpt(LARGEST, Accumulate(), 3),
    Excerpt(LARGEST, Replace(), 3),
    Excerpt(LARGEST, Replace(), 8),
    Excerpt(GPT2_ROW, Accumulate(), 5),
    Excerpt(GPT2_ROW, Replace(), 5),
    Excerpt(GPT2_ROW, Replace(), 10),
)


def reproduce_table1(request: Request) -> Reproduction:
    """Show the first documents that the models of the paper's iterations wrote, of one seed."""
    last = {(excerpt.row, excerpt.policy): excerpt.iteration for excerpt in EXCERPTS}
    loops = [row.loop(policy, num_iterations) for (row, policy), num_iterations in last.items()]
    one_seed = replace(request, seeds=(request.seeds or (0,))[:1])
    return reproduce("table1", "Table 1: what language models write in late iterations", loops, one_seed, _present)


def _present(study: Study) -> Reproduction:
    lines = [line for excerpt in EXCERPTS for line in _lines(study, excerpt)]
    header = ("model", "iteration", "policy", "the first documents it wrote")
    return study.found((), grids=[Grid("Documents", header, lines)])


def _lines(study: Study, excerpt: Excerpt) -> list[tuple[str, ...]]:
    name, policy = excerpt.row.name, excerpt.policy
    loop = next(loop for loop in study.loops if (loop.name, loop.policy) == (name, policy))
    run = study.run(loop)
    item = next(item for item in run.record.iterations if item.iteration == excerpt.iteration)
    texts = sampled(run, item, NUM_TEXTS).texts
    return [(name, str(excerpt.iteration), policy_name(policy), shortened(text, WIDTH)) for text in texts]
