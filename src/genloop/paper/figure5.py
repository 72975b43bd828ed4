"""Figure 5 of arXiv 2404.01413: GeoDiff on conformations of drugs, replacing data and accumulating them.

"We find a similar increase in test loss when replacing data [...], and similarly a relatively constant performance when
accumulating data. [...] While performance when replacing data worsens significantly in the first model-fitting
iteration trained on synthetic data, it does not degrade further substantially in subsequent iterations." There are no
numbers. "Relatively constant" is read as less than a tenth of what replace rises, and "not substantially" as less in
all later iterations together than in the first one on synthetic data.
"""

from genloop.paper.molecule_scales import find_molecule_scale
from genloop.policies import Accumulate, Replace
from genloop.report.figures.molecules import draw_molecules
from genloop.study.claims import Claim, Reproduction
from genloop.study.compute import compute
from genloop.study.curves import Curves
from genloop.study.differences import SIGN_RULE
from genloop.study.noise_floor import beside_real_data
from genloop.study.panels import draw_panels
from genloop.study.recipe_loops import RecipeLoop
from genloop.study.request import Request
from genloop.study.study import Study

NAME = "GeoDiff"
MATCHED = "GeoDiff at matched optimiser steps"  # the control
LOOPS = (RecipeLoop(NAME, Replace()), RecipeLoop(NAME, Accumulate()))
CONTROL = RecipeLoop(MATCHED, Accumulate(), matched_steps=True)
CONSTANT = 0.1  # or less of the rise of replace


def reproduce_figure5(request: Request) -> Reproduction:
    """Draw the test loss of GeoDiff, replacing data and accumulating them, the latter also at matched steps."""
    title = "Figure 5: replacing data raises the loss of GeoDiff, accumulating does not"
    return compute("figure5", title, (*LOOPS, CONTROL), find_molecule_scale(request), request, _present)


def _present(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    panels = {
        "replace": {"replace": losses.curve(NAME, Replace())},
        "accumulate": {
            "accumulate": losses.curve(NAME, Accumulate()),
            "accumulate, matched steps": losses.curve(MATCHED, Accumulate()),
        },
    }
    draw_panels(panels, study.figure(), what=f"test loss ({losses.unit})")
    replaced, accumulated = map(study.run, LOOPS)
    molecules = study.directory / "figure5-molecules.png"
    draw_molecules(replaced, molecules, beside=[accumulated])
    floor = beside_real_data(replaced, accumulated, losses.last)
    figures = [path for path in (study.figure(), molecules) if path.exists()]
    return study.found(claims(losses), figures=figures, grids=[floor], rule=SIGN_RULE)


def claims(losses: Curves) -> list[Claim]:
    """Return what the paper says of the test loss, of accumulating also where all fits take equally many steps."""
    last = losses.last
    rise = losses.change(NAME, Replace(), last)
    first_rise = losses.change(NAME, Replace(), 2)
    later_rise = losses.difference((NAME, Replace(), last), (NAME, Replace(), 2))
    return [
        rise.rises(
            f"Replace: the test loss rises from iteration 1 to {last}",
            "a similar increase in test loss when replacing data",
        ),
        first_rise.above(later_rise).rises(
            f"Replace: it rises more from iteration 1 to 2 than from 2 to {last} (margin)",
            "it does not degrade further substantially in subsequent iterations",
        ),
        rise.above(losses.change(NAME, Accumulate(), last), CONSTANT).rises(
            f"Accumulate: the test loss rises less than a tenth as much by iteration {last} (margin)",
            "relatively constant performance when accumulating data",
        ),
        rise.above(losses.change(MATCHED, Accumulate(), last), 0.5).rises(
            f"Accumulate at matched optimiser steps: it rises less than half as much by iteration {last} (margin)"
        ),
    ]
