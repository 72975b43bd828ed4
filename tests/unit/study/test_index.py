"""The page of all targets: every verdict is on it, what did not hold is listed once, and what people wrote stays."""

from pathlib import Path

from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import Computation
from genloop.study.grid import Grid
from genloop.study.index import MOST_CLAIMS, index_text

HOLDS = Claim("replace rises", 0.58, 0.5, 0.1, True, "nats")
FAILS = Claim("accumulate does not rise", "equal-or-lower", 0.06, 0.01, False, "nats")
UNDECIDED = Claim("it is higher later", None, 3.7, 4.6, None, "nats")
CONDITION = Claim("a condition")
SETTINGS = Grid("Settings", ("loop", "T", "steps", "seeds"), [("a", "160", "", "0, 1"), ("b", "32", "", "0, 1")])


def part(target: str, *claims: Claim, **more) -> Reproduction:
    computation = Computation(target, f"genloop reproduce {target}", "Small.", {target: 60.0}, SETTINGS)
    return Reproduction(f"Title of {target}", claims, computation=computation, **more)


def together(*parts: Reproduction) -> Reproduction:
    claims = tuple(claim for each in parts for claim in each.claims)
    about = Computation("all", "genloop reproduce all", "2 cores", {"a": 120.0})
    return Reproduction("Results", claims, computation=about, parts=parts)


def not_held(page: str) -> str:
    """Return what the page says of what did not hold."""
    return page.split("## What did not hold\n")[1].split("\n## ")[0]


def test_what_did_not_hold_is_listed_once_with_what_people_wrote():
    found = together(part("table2", HOLDS, FAILS, CONDITION), part("figure3", FAILS), part("figure10", UNDECIDED))
    remarks = {"table2": "Small models learn little.", "figure3": "Drawn from the same.", "all": "In general."}
    page = index_text(found, remarks)
    assert page.count("Small models learn little.") == page.count("In general.") == 1
    assert not_held(page).count("| accumulate does not rise | “equal-or-lower” | 0.060 ± 0.010 nats | FAILS |") == 1
    assert "| it is higher later |  | 3.7 ± 4.6 nats | undecided |" in not_held(page)
    assert "Small models learn little." in not_held(page)
    assert "a condition" not in not_held(page)
    assert "Drawn from the same." in page.split("## Title of figure3")[1].split("\n## ")[0]
    assert "2 of 3 claims FAIL, 1 not judged, 1 undecided." in page


def test_where_all_holds_nothing_is_listed():
    assert not_held(index_text(together(part("figure2", HOLDS)), {})).strip().startswith("Nothing")


def test_a_target_has_its_command_settings_figure_and_page():
    found = together(part("figure3", HOLDS, figures=(Path("out/figure3.png"),)))
    page = index_text(found, {})
    assert "`genloop reproduce figure3`, computed in 60 s. Small. T 160 / 32; seeds 0, 1" in page
    assert "![Title of figure3](figure3.png)" in page
    assert "| [Title of figure3](figure3.md) | All 1 claims hold. | 60 s |" in page
    assert "out/" not in page


def test_a_table_stands_where_there_is_no_figure_and_long_lists_end():
    claims = [Claim(f"claim number {number}", None, 1.0, 0.1, True) for number in range(MOST_CLAIMS + 1)]
    page = index_text(together(part("table2", *claims, grids=(Grid("Losses", ("model",), [("GPT-2",)]),))), {})
    assert "### Losses" in page
    assert f"claim number {MOST_CLAIMS - 1}" in page
    assert f"claim number {MOST_CLAIMS} " not in page
    assert f"All {MOST_CLAIMS + 1} claims: [table2.md](table2.md)." in page


def test_what_could_not_be_computed_is_told():
    page = index_text(together(part("figure2", HOLDS), Reproduction("figure5", (), problem="rdkit is missing.")), {})
    assert "## What could not be computed\n\n- figure5: rdkit is missing.\n" in page
