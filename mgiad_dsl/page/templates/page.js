"use strict";
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const panels = [...document.querySelectorAll(".picture")];
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const hint = document.getElementById("hint");
  const words = document.getElementById("chosen-text");
  const greeting = words.textContent;
  const clear = document.getElementById("clear");
  const number = (value) => value.toLocaleString("en-US");
  const list = (text) => (text ? text.split(" ") : []);

  // -- one depth at a time ---------------------------------------------------------------------

  function show(tab) {
    tabs.forEach((each) => each.setAttribute("aria-selected", each === tab));
    panels.forEach((panel) => { panel.hidden = panel.id !== tab.getAttribute("aria-controls"); });
  }
  tabs.forEach((tab) => tab.addEventListener("click", () => show(tab)));
  show(tabs[0]);

  // -- zoom and pan ----------------------------------------------------------------------------

  const whole = new Map();  // how an svg shows all of its picture
  const box = (svg) => svg.getAttribute("viewBox").split(" ").map(Number);
  const around = 0.7 * window.innerHeight / panels[0].parentElement.clientWidth;
  const top = ([x, y, width, height]) =>
    [x, y, width, height > 4 * around * width ? 1.5 * around * width : height];
  const look = (svg, view) => svg.setAttribute("viewBox", view.join(" "));

  function at(svg, event) {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  }

  function zoom(svg, factor, centre) {
    const [x, y, width, height] = box(svg);
    const size = width * factor / whole.get(svg)[2];
    if (size < 0.01 || size > 2) return;
    const middle = centre || { x: x + width / 2, y: y + height / 2 };
    look(svg, [middle.x - (middle.x - x) * factor, middle.y - (middle.y - y) * factor,
               width * factor, height * factor]);
  }

  let moved = false;
  panels.flatMap((panel) => [...panel.querySelectorAll("svg")]).forEach((svg) => {
    whole.set(svg, box(svg));
    look(svg, top(box(svg)));  // one can read the beginning of a long one
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(svg, event.deltaY > 0 ? 1.15 : 1 / 1.15, at(svg, event));
    }, { passive: false });
    let from = null;
    svg.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, view: box(svg) };
      moved = false;
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from || !event.buttons) return;
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (!moved && Math.hypot(dx, dy) < 4) return;
      moved = true;
      const scale = svg.getScreenCTM().a;
      const [x, y, width, height] = from.view;
      look(svg, [x - dx / scale, y - dy / scale, width, height]);
    });
    ["pointerup", "pointerleave"].forEach((name) => {
      svg.addEventListener(name, () => { from = null; });
    });
  });
  const shown = () => panels.map((panel) => !panel.hidden && panel.querySelector("svg")).find(Boolean);
  const with_shown = (act) => () => { const svg = shown(); if (svg) act(svg); };
  document.getElementById("zoom-in").addEventListener("click", with_shown((svg) => zoom(svg, 1 / 1.4)));
  document.getElementById("zoom-out").addEventListener("click", with_shown((svg) => zoom(svg, 1.4)));
  document.getElementById("zoom-fit").addEventListener("click", with_shown((svg) => look(svg, whole.get(svg))));
  let before = [];  // a printed picture is whole
  window.addEventListener("beforeprint", () => {
    before = [...whole.keys()].map((svg) => [svg, box(svg)]);
    whole.forEach((view, svg) => look(svg, view));
  });
  window.addEventListener("afterprint", () => before.forEach(([svg, view]) => look(svg, view)));

  // -- what something is -----------------------------------------------------------------------

  function paragraph(text, code) {
    const element = document.createElement("p");
    const inner = code ? element.appendChild(document.createElement("code")) : element;
    inner.textContent = text;
    return element;
  }

  function spec_line(line) {
    const element = document.getElementById(`spec-${line}`);
    return paragraph(`line ${line}: ${element ? element.textContent.trim() : ""}`, true);
  }

  function about_group(name) {
    const group = facts.groups[name];
    const dead = group.dead ? ", dead" : "";
    const uses = `${group.uses} ${group.uses === 1 ? "use" : "uses"}`;
    return `${name}: ${group.kind}, ${number(group.weights)} weights, ${uses}${dead}`;
  }

  function about_operation(operation) {
    const parts = [paragraph(`${operation.what} gives ${operation.space}, ${operation.shape || "a number"}`)];
    if (operation.group) parts.push(paragraph(about_group(operation.group)));
    return [...parts, spec_line(operation.line)];
  }

  function about_node(node, chip) {
    const operations = list(node.dataset.ops).map((each) => facts.operations[each]);
    if (operations.length === 1) return about_operation(operations[0]);
    const of_chip = chip && operations.find((each) => each.group === chip);  // of one group
    if (of_chip) return about_operation(of_chip);
    const last = operations[operations.length - 1];
    const parts = [paragraph(`${operations.length} operations; the last gives ${last.space}, ${last.shape}`)];
    const all = new Set(operations.map((each) => each.group).filter(Boolean));
    const groups = chip ? list(chip) : [...all];
    groups.slice(0, 8).forEach((name) => parts.push(paragraph(about_group(name))));
    if (groups.length > 8) parts.push(paragraph(`and ${groups.length - 8} more sharing groups`));
    const own = chip ? operations.filter((each) => groups.includes(each.group)) : operations;
    const lines = [...new Set(own.map((each) => each.line))].sort((a, b) => a - b);
    lines.slice(0, 4).forEach((line) => parts.push(spec_line(line)));
    return parts;
  }

  document.addEventListener("mousemove", (event) => {
    const node = event.target.closest(".node[data-ops]");
    const row = event.target.closest("tr[data-group]");
    hint.hidden = !(node && node.dataset.ops) && !row;
    if (hint.hidden) return;
    const chip = event.target.closest("[data-group]");
    hint.replaceChildren(...(row
      ? [paragraph(about_group(row.dataset.group)), spec_line(facts.groups[row.dataset.group].declared)]
      : about_node(node, chip && chip.dataset.group)));
    const left = Math.min(event.clientX + 14, window.innerWidth - hint.offsetWidth - 8);
    const below = event.clientY + 18;
    const above = event.clientY - hint.offsetHeight - 10;
    hint.style.left = `${Math.max(4, left)}px`;
    hint.style.top = `${below + hint.offsetHeight < window.innerHeight ? below : Math.max(4, above)}px`;
  });

  // -- all uses of a group ---------------------------------------------------------------------

  function choose(names) {
    const chosen = new Set(names);
    document.body.classList.toggle("choosing", chosen.size > 0);
    clear.hidden = chosen.size === 0;
    document.querySelectorAll(".node[data-groups]").forEach((node) => {
      const uses = list(node.dataset.groups).some((name) => chosen.has(name));
      node.classList.toggle("lit", uses);
      node.classList.toggle("whole", uses && !node.querySelector("[data-group]"));
    });
    document.querySelectorAll("[data-group]").forEach((element) => {
      element.classList.toggle("lit", list(element.dataset.group).some((name) => chosen.has(name)));
    });
    const lines = new Set(names.flatMap((name) => facts.groups[name].lines));
    document.querySelectorAll("#spec .highlight pre > span[id]").forEach((line) => {
      line.classList.toggle("lit", lines.has(Number(line.id.slice("spec-".length))));
    });
    if (names.length === 0) words.textContent = greeting;
    else if (names.length === 1) {
      const all = facts.groups[names[0]].lines;
      words.textContent = `${about_group(names[0])}; ${all.length === 1 ? "line" : "lines"} ${all.join(", ")} of the spec`;
    } else words.textContent = names.join(", ");
  }

  document.addEventListener("click", (event) => {
    if (moved && event.target.closest("svg")) { moved = false; return; }
    const chip = event.target.closest("[data-group]");
    const node = event.target.closest(".node[data-groups]");
    if (chip) choose(list(chip.dataset.group));
    else if (node) choose(list(node.dataset.groups));
    else if (event.target.closest(".picture svg")) choose([]);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose([]);
    const row = event.target.closest && event.target.closest("tr[data-group]");
    if (row && event.key === "Enter") choose([row.dataset.group]);
  });
  clear.addEventListener("click", () => choose([]));
  const treemap = document.getElementById("treemap");
  if (treemap) treemap.on("plotly_click", (event) => choose(event.points[0].customdata || []));
})();
