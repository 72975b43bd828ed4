"""Which publications stand behind what can be named: keys of `references.bib`.

Every policy and every name of the catalog is listed. An empty entry needs no reference, or is our own.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from re import MULTILINE, finditer

Keys = tuple[str, ...]

ALWAYS: Keys = ("genloop", "gerstgrasser2024inevitable")
POLICIES: Mapping[str, Keys] = {
    "replace": ("shumailov2023curse", "alemohammad2023mad", "dohmatob2024regression"),
    "accumulate": ("dey2024universality",),
    "replace-multiple": (),
    "accumulate-subsample": ("kazdan2024collapse", "dey2024universality"),
    "augment": ("alemohammad2023mad",),
    "fresh": ("alemohammad2023mad", "he2025golden"),
    "mix": ("bertrand2023stability",),
    "window": (),
    "schedule": ("xu2025probabilistic",),
}
SOURCES: Mapping[str, Keys] = {
    "bible": ("worldenglishbible",),
    "text": (),
    "hub": (),  # see HUB
    "story-grammar": (),
    "digits": ("lecun1998gradient", "raschka2018mlxtend"),
    "images": (),
    "hub-images": (),
    "celeba": ("liu2015deep",),
    "drug-like": ("saubern2011knime", "rdkit", "riniker2015better", "wang2020improving", "halgren1996merck"),
    "conformers": (),
    "geom-drugs": ("axelrod2022geom",),
    "normal": (),
    "clusters": (),
    "types": (),
    "zipf": (),
    "array-file": (),
    "regression": (),
}
HUB: Mapping[str, Keys] = {"roneneldan/TinyStories": ("eldan2023tinystories",)}  # data sets of the Hub
ESTIMATORS: Mapping[str, Keys] = {
    "gpt2": ("radford2019language",),
    "llama": ("touvron2023llama2",),
    "causal-lm": ("wolf2019transformers",),
    "vae": ("kingma2013auto", "rezende2014stochastic"),
    "geodiff": ("xu2022geodiff",),
    "gaussian": (),
    "gaussian-mixture": ("arthur2007kmeans",),
    "kde": ("silverman1986density",),
    "discrete": (),
    "ngram": ("mackay1995hierarchical",),
    "linear-regression": (),
    "ridge": (),
    "kernel-regression": (),
}
THEORY: Mapping[str, Keys] = {  # of loops of these estimators, or on these sources; docs/theory.md says what
    "gaussian": ("shumailov2023curse", "suresh2024rate"),
    "kde": ("kazdan2024collapse",),
    "discrete": ("seddik2024bad", "suresh2024rate"),
    "zipf": ("dohmatob2024tails", "hutter2021learning"),
    "linear-regression": ("dohmatob2024regression",),
    "ridge": ("dohmatob2024regression",),
    "kernel-regression": ("dohmatob2024regression",),
}
METRICS: Mapping[str, Keys] = {
    "test-loss": (),
    "learning-curve": (),
    "sample-loss": (),
    "diversity": ("li2016diversity",),
    "self-bleu": ("zhu2018texygen", "papineni2002bleu", "post2018call"),
    "copying": (),
    "tail-mass": (),
    "rare-types": (),
    "mauve": ("pillutla2021mauve",),
    "image-loss": ("kingma2013auto",),
    "denoising-loss": ("xu2022geodiff",),
    "coverage": ("xu2021learning", "ganea2021geomol"),
    "geometry": ("cordero2008covalent",),
    "pixel-fidelity": ("kynkaanniemi2019improved", "naeem2020reliable", "heusel2017gans", "friedman2023vendi"),
    "encoder-fidelity": ("kynkaanniemi2019improved", "naeem2020reliable", "heusel2017gans", "friedman2023vendi"),
    "modes": (),
    "attribute-shares": (),
    "inception-fid": ("heusel2017gans", "szegedy2016rethinking"),
    "negative-log-likelihood": (),
    "kl-divergence": (),
    "moments": (),
    "wasserstein": (),
    "tails": (),
    "table-error": (),
    "support": (),
    "test-error": (),
    "parameter-error": (),
}


@cache
def references() -> Mapping[str, str]:
    """Return all BibTeX entries by key."""
    text = files("genloop.report").joinpath("references.bib").read_text("utf-8")
    return {found["key"]: found[0] for found in finditer(r"^@\w+\{(?P<key>[^,]+),\n(?:  .*\n)+\}", text, MULTILINE)}
