"""What can be named on the command line and in experiment files, and where it lives.

Names map to classes of this package only; a file from outside cannot make genloop import anything else.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from genloop.errors import unknown_name

SOURCES: Mapping[str, str] = {
    "bible": "genloop.data.text.bible:Bible",
    "text": "genloop.data.text.files:Texts",
    "hub": "genloop.data.text.hub:HubTexts",
    "story-grammar": "genloop.data.text.grammar:StoryGrammar",
    "digits": "genloop.data.images.digits:Digits",
    "images": "genloop.data.images.files:Images",
    "hub-images": "genloop.data.images.hub:HubImages",
    "celeba": "genloop.data.images.celeba:CelebA",
    "drug-like": "genloop.data.molecules.drug_like:DrugLike",
    "conformers": "genloop.data.molecules.files:ConformerFiles",
    "geom-drugs": "genloop.data.molecules.geom_drugs:GeomDrugs",
    "normal": "genloop.data.known:Normal",
    "clusters": "genloop.data.known:Clusters",
    "types": "genloop.data.known:Types",
    "zipf": "genloop.data.known:Zipf",
    "array-file": "genloop.data.array_file:ArrayFile",
    "regression": "genloop.data.regression.source:Regression",
}
ESTIMATORS: Mapping[str, str] = {
    "gpt2": "genloop.families.lm.gpt2:GPT2",
    "llama": "genloop.families.lm.llama:Llama",
    "causal-lm": "genloop.families.lm.causal_lm:CausalLM",
    "vae": "genloop.families.vae.estimator:VAE",
    "geodiff": "genloop.families.geodiff.estimator:GeoDiff",
    "gaussian": "genloop.families.statistical.gaussian:Gaussian",
    "gaussian-mixture": "genloop.families.statistical.mixture:GaussianMixture",
    "kde": "genloop.families.statistical.kernel_density:KDE",
    "discrete": "genloop.families.statistical.discrete:Discrete",
    "ngram": "genloop.families.statistical.ngram:NGram",
    "linear-regression": "genloop.families.linear:LinearRegression",
    "ridge": "genloop.families.linear:Ridge",
    "kernel-regression": "genloop.families.kernel_regression:KernelRegression",
}
DOMAINS: Mapping[str, str] = {
    "text": "genloop.data.text.domain:TextDomain",
    "images": "genloop.data.images.domain:ImageDomain",
    "molecules": "genloop.data.molecules.domain:MoleculeDomain",
    "numbers": "genloop.data.numbers:NumberDomain",
    "regression": "genloop.data.regression.domain:RegressionDomain",
}
METRICS: Mapping[str, str] = {
    "test-loss": "genloop.metrics.text:TestLoss",
    "learning-curve": "genloop.metrics.learning_curve:LearningCurve",
    "sample-loss": "genloop.metrics.text:SampleLoss",
    "diversity": "genloop.metrics.diversity:Diversity",
    "self-bleu": "genloop.metrics.self_bleu:SelfBLEU",
    "copying": "genloop.metrics.copying:Copying",
    "tail-mass": "genloop.metrics.vocabulary:TailMass",
    "rare-types": "genloop.metrics.vocabulary:RareTypes",
    "mauve": "genloop.metrics.mauve:Mauve",
    "image-loss": "genloop.metrics.image_loss:ImageLoss",
    "denoising-loss": "genloop.metrics.denoising:DenoisingLoss",
    "coverage": "genloop.metrics.coverage:Coverage",
    "geometry": "genloop.metrics.geometry:Geometry",
    "pixel-fidelity": "genloop.metrics.fidelity:PixelFidelity",
    "encoder-fidelity": "genloop.metrics.fidelity:EncoderFidelity",
    "modes": "genloop.metrics.modes:Modes",
    "attribute-shares": "genloop.metrics.attributes:AttributeShares",
    "inception-fid": "genloop.metrics.inception:InceptionFID",
    "negative-log-likelihood": "genloop.metrics.statistical:NegativeLogLikelihood",
    "kl-divergence": "genloop.metrics.statistical:KLDivergence",
    "moments": "genloop.metrics.statistical:Moments",
    "wasserstein": "genloop.metrics.statistical:Wasserstein",
    "tails": "genloop.metrics.statistical:Tails",
    "table-error": "genloop.metrics.categorical:TableError",
    "support": "genloop.metrics.categorical:Support",
    "test-error": "genloop.metrics.regression:TestError",
    "parameter-error": "genloop.metrics.regression:ParameterError",
}
RECIPES: Mapping[str, str] = {
    "demo": "genloop.recipes.stories:demo",
    "demo-matched-steps": "genloop.recipes.stories:demo_matched_steps",
    "text": "genloop.recipes.stories:text",
    "tinystories": "genloop.recipes.stories:tinystories",
    "gpt2-9m": "genloop.recipes.language_models:gpt2_9m",
    "llama-12m": "genloop.recipes.language_models:llama_12m",
    "llama-42m": "genloop.recipes.language_models:llama_42m",
    "llama-126m": "genloop.recipes.language_models:llama_126m",
    "grammar": "genloop.recipes.stories:grammar",
    "digits": "genloop.recipes.images:digits",
    "faces": "genloop.recipes.images:faces",
    "conformers": "genloop.recipes.molecules:conformers",
    "geodiff-paper": "genloop.recipes.molecules:geodiff_paper",
    "gaussian": "genloop.recipes.statistical:gaussian",
    "zipf": "genloop.recipes.statistical:zipf",
    "numbers": "genloop.recipes.statistical:numbers",
    "ngram": "genloop.recipes.statistical:ngram",
    "linear": "genloop.recipes.linear:linear",
}
REPRODUCTIONS: Mapping[str, str] = {
    "figure2": "genloop.paper.linear:reproduce_figure2",
    "figure3": "genloop.paper.language_figures:reproduce_figure3",
    "figure4": "genloop.paper.figure4:reproduce_figure4",
    "figure5": "genloop.paper.figure5:reproduce_figure5",
    "figure6": "genloop.paper.image_figures:reproduce_figure6",
    "figure7": "genloop.paper.image_figures:reproduce_figure7",
    "figure9": "genloop.paper.linear:reproduce_figure9",
    "figure10": "genloop.paper.language_figures:reproduce_figure10",
    "figure11": "genloop.paper.language_figures:reproduce_figure11",
    "figure12": "genloop.paper.image_figures:reproduce_figure12",
    "table1": "genloop.paper.table1:reproduce_table1",
    "table2": "genloop.paper.table2:reproduce_table2",
    "controls": "genloop.paper.controls:reproduce_controls",
    "theory": "genloop.paper.theory_table:reproduce_theory",
    "forecast": "genloop.paper.hidden_iterations:reproduce_forecast",
    "all": "genloop.study.everything:reproduce_all",
}


def load(kind: str, name: str, catalog: Mapping[str, str]) -> Any:
    """Return what `name` stands for.

    Raises:
        UserError: if it is not in the catalog; the nearest name is suggested.
    """
    place = catalog.get(name.replace("_", "-"))
    if place is None:
        raise unknown_name(kind, name, catalog)
    module, attribute = place.split(":")
    return getattr(import_module(module), attribute)


def name_of(thing: object, catalog: Mapping[str, str]) -> str:
    """Return the name in the catalog of an object's class."""
    place = f"{type(thing).__module__}:{type(thing).__name__}"
    for name, listed in catalog.items():
        if listed == place:
            return name
    return place  # an extension's class: recorded, but not readable from a file
