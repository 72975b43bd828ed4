"use strict";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Unpack the script that draws charts, and run it: the page's policy allows it by its content. */
async function loadLibrary() {
  const text = document.getElementById("library").textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script);
}

/** Read plain values in which a colour such as light-dark(#000, #fff) becomes the one that fits; paper is white. */
function readThemed(text) {
  const isDark = dark.matches && !root.classList.contains("printed");
  return JSON.parse(text, (_, value) => {
    const colours = typeof value === "string" && value.match(/^light-dark\((.+), (.+)\)$/);
    return colours ? colours[isDark ? 2 : 1] : value;
  });
}

/** Draw the charts of the view that is chosen in a group, and show its table. */
function draw(group) {
  const chosen = group.querySelector("select.view")?.selectedIndex ?? 0;
  const charts = readThemed(group.querySelector("script").textContent)[chosen];
  group.querySelectorAll(".plot").forEach((place, number) => {
    const chart = charts[number];
    place.setAttribute("aria-label", chart.description);
    if (root.classList.contains("printed")) chart.layout.width = place.clientWidth; // paper tells of no resize
    Plotly.react(place, chart.traces, chart.layout, { displayModeBar: false, responsive: true });
  });
  group.querySelectorAll(".numbers").forEach((numbers, number) => { numbers.hidden = number !== chosen; });
}

/** Let a panel of samples show what is chosen in its selects; policies, by place, may have different iterations. */
function connectPanel(panel, choices, samples) {
  const who = panel.querySelector("select.who");
  const label = panel.querySelector(".when");
  const when = label.querySelector("select");

  function show() {
    const key = choices[who.selectedIndex][when.value];
    const template = samples.querySelector(`template[data-key="${CSS.escape(key ?? "")}"]`);
    const nothing = document.createTextNode("Nothing has been generated yet.");
    panel.querySelector(".shown").replaceChildren(template ? template.content.cloneNode(true) : nothing);
  }

  function offerIterations() {
    const wanted = when.value || panel.dataset.when;
    const numbers = Object.keys(choices[who.selectedIndex]);
    when.replaceChildren(...numbers.map((number) => new Option(number)));
    when.value = numbers.includes(wanted) ? wanted : numbers.at(-1) ?? "";
    label.hidden = numbers.length < 2 && numbers[0] === "0";
    show();
  }

  who.addEventListener("change", offerIterations);
  when.addEventListener("change", show);
  offerIterations();
}

function connectSamples() {
  for (const samples of document.querySelectorAll(".samples")) {
    const choices = JSON.parse(samples.querySelector("script").textContent);
    samples.querySelectorAll(".panel").forEach((panel) => connectPanel(panel, choices, samples));
  }
}

async function connectCharts() {
  await loadLibrary();
  const groups = [...document.querySelectorAll(".group")];
  const drawAll = () => groups.forEach(draw);

  groups.forEach((group) => group.querySelector("select.view")?.addEventListener("change", () => draw(group)));
  dark.addEventListener("change", drawAll);
  addEventListener("beforeprint", () => {
    root.classList.add("printed");
    drawAll();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("printed");
    drawAll();
  });
  drawAll();
  root.dataset.ready = "yes";
}

connectCharts().catch((problem) => {
  document.querySelectorAll(".plot").forEach((place) => {
    place.textContent = "This browser cannot draw the chart; the table below has its numbers.";
  });
  throw problem;
});
connectSamples();
