"""The page about runs in a browser: charts are drawn, switches switch, nothing is loaded, nothing harmful runs.

Debian's chromium is driven by Playwright; without either, these tests skip.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from report_fixtures import HARM, hostile_run, toy_run

from genloop.report.html.page import write_page
from genloop.report.samples import sampled
from genloop.runs.record import Run

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@dataclass
class Visit:
    """A page that a reader has opened, and what went on behind it."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def metrics(self) -> Any:
        return self.page.locator(".group").first

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("runs")
    return hostile_run(folder), toy_run(folder)


@pytest.fixture(scope="module")
def path(runs: tuple[Run, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about the hostile run."""
    place = tmp_path_factory.mktemp("page") / "report.html"
    write_page(runs[:1], place)
    return place


@pytest.fixture
def visit(browser: Any, path: Path) -> Iterator[Visit]:
    with visiting(browser, path) as found:
        yield found


@contextmanager
def visiting(browser: Any, path: Path, **settings: Any) -> Iterator[Visit]:
    """Open a page and wait until its charts are drawn."""
    context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | settings))
    found = Visit(context.new_page())
    found.page.on("console", lambda message: found.messages.append(message.text))
    found.page.on("pageerror", lambda error: found.messages.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(path.as_uri())
    found.page.wait_for_selector("html[data-ready]")
    yield found
    context.close()


def test_all_charts_are_drawn_and_nothing_is_loaded(visit: Visit, path: Path):
    plots = visit.page.locator(".plot")
    assert plots.count() == 3  # metrics, and the training sets of two policies
    for plot in plots.all():
        assert plot.locator("svg").count() > 0
        assert plot.locator(".scatterlayer .trace, .barlayer .point").count() > 0
    assert visit.metrics.locator(".scatterlayer .trace").count() == 2
    assert visit.messages == []
    assert visit.requests == [path.as_uri()]


def test_another_metric_changes_chart_and_table(visit: Visit):
    select, chart = visit.metrics.get_by_label("Metric"), visit.metrics.locator(".plot")
    visit.page.locator(".numbers:visible summary").first.click()
    names = select.locator("option").all_inner_texts()
    assert names[0] == "test loss (nats/token)"
    before = visit.metrics.locator("td:visible").all_inner_texts()

    select.select_option(label="distinct 2 (share of n-grams)")
    assert chart.locator(".ytitle").text_content() == "distinct 2 (share of n-grams)"
    assert "distinct 2" in chart.get_attribute("aria-label")
    assert chart.locator(".scatterlayer .trace").count() == 3  # the noise floor too
    visit.page.locator(".numbers:visible summary").first.click()
    after = visit.metrics.locator("td:visible").all_inner_texts()
    assert len(after) > 0
    assert set(after) != set(before)
    assert visit.metrics.locator("tbody:visible th").all_inner_texts()[-1] == "real data"
    assert visit.messages == []


def test_samples_of_any_policy_and_iteration_are_shown(visit: Visit, runs: tuple[Run, Run]):
    panels = visit.page.locator(".panel")
    assert [panel.locator(".who").input_value() for panel in panels.all()] == ["real data", "replace", "accumulate"]
    assert panels.nth(0).locator(".when").is_hidden()
    panel = panels.nth(0)
    for policy, iteration in (("replace", 2), ("accumulate", 3), ("replace", 1)):
        panel.get_by_label("From").select_option(policy)
        panel.get_by_label("iteration").select_option(str(iteration))
        item = next(i for i in runs[0].record.iterations if (i.policy, i.iteration) == (policy, iteration))
        expected = [text.strip() for text in sampled(runs[0], item, 3).texts]
        assert panel.locator("blockquote").all_text_contents() == expected
    panel.get_by_label("From").select_option("accumulate")
    assert panel.get_by_label("iteration").input_value() == "1"  # it stays where it was


def test_hostile_text_stays_text(visit: Visit):
    shown = ""
    for policy in ("real data", "replace", "accumulate"):
        visit.page.locator(".panel .who").first.select_option(policy)
        for option in visit.page.locator(".panel .when select").first.locator("option").all_text_contents():
            if policy != "real data":
                visit.page.locator(".panel .when select").first.select_option(option)
            shown += visit.page.locator(".shown").first.inner_text()
    assert HARM in shown
    assert re.search(r"<(script|img|svg)", shown)
    assert visit.page.evaluate("window.harmed") is None
    assert visit.page.locator(".shown img, .shown svg, .shown script").count() == 0
    assert visit.messages == []


def test_no_other_script_runs(visit: Visit):
    """The policy of the page holds even for a script that is already in it."""
    other = "const other = document.createElement('script'); other.textContent = 'window.harmed = 1';"
    visit.page.evaluate(f"() => {{ {other} document.body.append(other); }}")
    assert visit.page.evaluate("window.harmed") is None
    assert any("Content Security Policy" in message for message in visit.messages)


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_the_page_without_scrolling_sideways(browser: Any, path: Path, width: int):
    settings = {"viewport": {"width": width, "height": 800}, "is_mobile": True, "has_touch": True}
    with visiting(browser, path, **settings) as visit:
        longest = "select => select.append(new Option('a metric of a very long name '.repeat(5)))"
        for select in visit.page.locator("select").all():
            select.evaluate(longest)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [plot.bounding_box() for plot in visit.page.locator(".plot svg.main-svg").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


def test_dark_surroundings_and_paper(browser: Any, path: Path):
    """The page is dark where the reader's surroundings are, and white on paper, with charts as wide as it."""
    light = "rgb(28, 32, 36)"
    with visiting(browser, path, color_scheme="dark") as visit:
        tick = visit.metrics.locator(".xtick text").first

        def colours() -> tuple[str, str]:
            body = visit.page.evaluate("getComputedStyle(document.body).color")
            return body, tick.evaluate("tick => getComputedStyle(tick).fill")

        def become(expected: str) -> bool:
            """Whether both colours are this one, as soon as a busy browser has drawn them anew."""
            for _ in range(50):
                if colours() == (expected,) * 2:
                    return True
                visit.page.wait_for_timeout(100)
            return False

        assert become("rgb(228, 230, 232)")
        visit.page.emulate_media(color_scheme="light")
        assert become(light)
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        drawn = visit.page.locator(".plot").evaluate_all("all => all.map(e => e.querySelector('svg').clientWidth)")
        visit.page.emulate_media(color_scheme="dark", media="print")
        assert become(light)
        assert visit.page.locator("nav").is_hidden()
        assert visit.page.locator(".plot").evaluate_all("all => all.map(e => e.clientWidth)") == drawn
        visit.page.evaluate("dispatchEvent(new Event('afterprint'))")
        visit.page.emulate_media(color_scheme="dark", media="screen")
        assert become("rgb(228, 230, 232)")
        assert visit.page.pdf().startswith(b"%PDF")
        assert visit.messages == []


def test_several_runs_share_a_chart_and_have_a_section_each(browser: Any, runs: tuple[Run, Run], tmp_path: Path):
    write_page(runs, tmp_path / "both.html")
    with visiting(browser, tmp_path / "both.html") as visit:
        assert visit.texts("h1") == ["hostile, toy"]
        assert visit.texts("h2") == ["All runs together", "hostile", "toy"]
        visit.metrics.get_by_label("Metric").select_option(label="test loss (nats/number)")
        names = visit.metrics.locator(".legendtext").all_text_contents()
        assert names == ["toy · replace", "toy · accumulate"]
        assert visit.page.locator("#run-2-metrics-charts .scatterlayer .trace").count() == 2
        assert visit.messages == []


def test_every_control_is_named_and_reached_by_keys(visit: Visit):
    for select in visit.page.locator("select:visible").all():
        assert select.evaluate("s => s.labels.length") == 1
    for plot in visit.page.locator(".plot").all():
        assert plot.get_attribute("role") == "img"
        assert plot.get_attribute("aria-label").startswith("Chart of ")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    visit.metrics.get_by_label("Metric").focus()
    visit.page.keyboard.press("ArrowDown")
    assert visit.metrics.locator(".plot .ytitle").text_content() != "test loss (nats/token)"
