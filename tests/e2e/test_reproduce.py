"""`genloop reproduce`: figures and claims of the paper, and an exit code that a pipeline can read."""

from genloop import catalog
from genloop.reproduce.claims import Claim, Reproduction


def test_figure_2_holds(genloop, tmp_path):
    code, out, err = genloop("reproduce", "figure2", "--out", tmp_path / "figures")
    assert code == 0, err
    assert "claims hold" in out
    assert (tmp_path / "figures" / "figure2.png").stat().st_size > 10_000


def failing(directory):
    true = Claim.of("one is one", expected=1.0, measured=1.0, standard_error=0.1)
    false = Claim.of("one is two", expected=2.0, measured=1.0, standard_error=0.1)
    return Reproduction("a false claim", (true, false))


def test_failed_claim_is_exit_code_1(genloop, monkeypatch):
    monkeypatch.setattr(catalog, "REPRODUCTIONS", {"false": f"{__name__}:failing"})
    code, out, _ = genloop("reproduce", "false")
    assert code == 1
    assert "1 of 2 claims FAIL" in out


def test_unknown_target_is_one_sentence(genloop):
    code, _, err = genloop("reproduce", "figure22")
    assert code == 2
    assert "Did you mean 'figure2'" in " ".join(err.split())
