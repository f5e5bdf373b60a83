// Draws the plots from the tables behind them, puts times into the reader's zone, and adds keys.
// Without it, the page says the same in tables. Whatever a line contains reaches the page as text.
"use strict";
(function () {
  const $ = (selector, within) => [...(within || document).querySelectorAll(selector)];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  // Times.
  const zoned = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const short = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  for (const time of $("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    time.title = at.toISOString();
    const near = Math.abs(Date.now() - at) < 6 * 864e5;
    const format = time.closest("h1, .fixed") ? (at.toDateString() === new Date().toDateString() ? hour : near ? short : dated) : zoned;
    time.textContent = format.format(at);
  }

  // SQL.
  for (const button of $("button.copy")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.closest("div").querySelector("pre").textContent);
      button.textContent = "Copied";
    });
  }

  // Numbers, as on the rest of the page.
  const digits = (n) => (n >= 100 ? Math.round(n).toString() : String(Number(n.toPrecision(3))));
  function duration(s) {
    if (s === null || s === undefined) return "";
    if (s < 1e-6) return "0 ms";
    if (s < 1e-3) return digits(s * 1e6) + " µs";
    if (s < 1) return digits(s * 1e3) + " ms";
    if (s < 100.5) return digits(s) + " s";
    return digits(s / 60) + " min";
  }

  // go moves to an address with other parameters. The address comes from this page alone.
  function go(address, parameters, removed) {
    const url = new URL(address, location.href);
    for (const name of removed || []) url.searchParams.delete(name);
    for (const name in parameters) url.searchParams.set(name, parameters[name]);
    location.assign(url);
  }
  const iso = (s) => new Date(Math.round(s) * 1000).toISOString().replace(".000", "");

  // Plots grow with the text of the page.
  const scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
  const font = (size) => size * scale() + "px " + getComputedStyle(document.body).fontFamily;
  function axes(format, width, splits) {
    const common = { stroke: color("soft"), font: font(11), ticks: { show: false } };
    return [
      { ...common, grid: { show: false }, size: 24 * scale(), space: 62 * scale(), values: hours },
      { ...common, grid: { stroke: color("rule"), width: 1 }, size: width * scale(), values: (u, values) => values.map((v) => (v === null ? "" : format(v))), ...(splits ? { splits } : {}) },
    ];
  }
  // Times of day, and days where they begin.
  const seconds = new Intl.DateTimeFormat(undefined, { minute: "2-digit", second: "2-digit", hour: "2-digit", hourCycle: "h23" });
  const days = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  function hours(u, splits, axis, space, step) {
    return splits.map((s) => {
      const at = new Date(s * 1000);
      if (step < 60) return seconds.format(at);
      return step >= 86400 || at.getHours() + at.getMinutes() === 0 ? days.format(at) : hour.format(at);
    });
  }
  // Powers of ten between the bounds of an axis.
  function decades(u, axis, low, high) {
    const found = [];
    for (let e = -6; e <= 4; e++) if (10 ** e >= low * 0.999 && 10 ** e <= high * 1.001) found.push(10 ** e);
    return found;
  }

  // marks draws deployments, and greys the end where lines may still come.
  function marks(figure) {
    const list = $(".marks li", figure).map((li) => [Number(li.dataset.at), li.textContent]);
    const settled = Number(figure.dataset.settled), to = Number(figure.dataset.to);
    return (u) => {
      const { ctx, bbox } = u, ratio = uPlot.pxRatio;
      ctx.save();
      if (settled < to) {
        const left = Math.max(bbox.left, u.valToPos(settled, "x", true));
        ctx.fillStyle = color("soft"); ctx.globalAlpha = 0.12;
        ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
        ctx.globalAlpha = 1;
      }
      ctx.strokeStyle = ctx.fillStyle = color("mark"); ctx.lineWidth = ratio; ctx.font = font(11 * ratio);
      let free = -Infinity;
      for (const [at, label] of list.sort((a, b) => a[0] - b[0])) {
        const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.beginPath(); ctx.moveTo(x, bbox.top - 12 * ratio); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
        const text = label.length > 16 ? label.slice(0, 15) + "…" : label, wide = ctx.measureText(text).width;
        const right = x + 4 * ratio + wide < bbox.left + bbox.width;
        if (x > free) { ctx.textAlign = right ? "left" : "right"; ctx.fillText(text, x + (right ? 4 : -4) * ratio, bbox.top - 4 * ratio); free = x + wide + 8 * ratio; }
      }
      ctx.restore();
    };
  }

  // tip shows what is under the pointer.
  function tip(box, say) {
    const bubble = document.createElement("div");
    bubble.className = "tip"; bubble.hidden = true; box.append(bubble);
    return (u) => {
      const { left, top, idx } = u.cursor, text = left >= 0 && idx !== null ? say(u, idx) : "";
      bubble.hidden = !text;
      if (!text) return;
      bubble.textContent = text;
      const x = u.over.offsetLeft + left, y = u.over.offsetTop + top;
      bubble.style.left = Math.max(0, Math.min(x + 14, box.clientWidth - bubble.offsetWidth)) + "px";
      bubble.style.top = Math.max(0, y - bubble.offsetHeight - 8) + "px";
    };
  }
  const when = (s) => dated.format(new Date(s * 1000));

  // zoom sets the window to what was dragged over.
  function zoom(figure) {
    return (u) => {
      if (u.select.width < 4) return;
      const from = u.posToVal(u.select.left, "x"), to = u.posToVal(u.select.left + u.select.width, "x");
      go(figure.dataset.zoom, { from: iso(Math.floor(from)), to: iso(Math.max(Math.ceil(to), Math.floor(from) + 1)) }, ["window"]);
    };
  }

  function rows(figure) {
    return $("tbody tr", figure).map((tr) => ({ at: Number(tr.dataset.at), values: tr.dataset.values.split(" "), few: "few" in tr.dataset }));
  }
  const value = (text) => (text === "" || text === undefined ? null : Number(text));

  // A series that is drawn, with its name and colour.
  function legend(figure, series) {
    const box = document.createElement("div");
    box.className = "legend";
    for (const [name, paint] of series) {
      const item = document.createElement("span"), line = document.createElement("i");
      line.style.background = paint; item.append(line, name); box.append(item);
    }
    figure.querySelector("figcaption").after(box);
  }

  // lines plots rates and percentiles.
  function lines(figure, box) {
    const kind = figure.dataset.kind, points = rows(figure), step = Number(figure.dataset.step);
    const rate = kind === "rate";
    const names = rate ? ["requests", "failed"] : ["p50", "p95", "p99"];
    const paints = rate ? [color("good"), color("bad")] : [color("good"), color("wait"), color("bad")];
    const dashes = rate ? [[], []] : [[], [6, 3], []];
    const data = [points.map((p) => Math.min(Math.max(p.at + step / 2, Number(figure.dataset.from)), Number(figure.dataset.to)))];
    names.forEach((_, i) => data.push(points.map((p) => { const v = value(p.values[i]); return !rate && v !== null && v <= 0 ? 1e-6 : v; })));
    const format = rate ? (v) => digits(v) : duration;
    const all = data.slice(1).flat().filter((v) => v !== null);
    if (!rate && all.length === 0) return;
    const low = 10 ** Math.floor(Math.log10(Math.min(...all)) + 1e-9), high = 10 ** Math.ceil(Math.log10(Math.max(...all)) - 1e-9);
    const say = (u, i) => when(points[i].at) + names.map((n, s) => "\n" + n + " " + (data[s + 1][i] === null ? "–" : format(data[s + 1][i]) + (rate ? "/s" : ""))).join("") + (points[i].few ? "\nfew lines" : "");
    const alone = (values, j) => values[j] !== null && (values[j - 1] ?? null) === null && (values[j + 1] ?? null) === null;
    legend(figure, names.map((n, i) => [n, paints[i]]));
    return new uPlot({
      width: box.clientWidth, height: 190 * scale(), padding: [18, 8, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: [Number(figure.dataset.from), Number(figure.dataset.to)] },
        y: rate ? { range: (u, min, max) => [0, Math.max(max * 1.08, 0.1)] } : { distr: 3, log: 10, range: [low, Math.max(high, low * 10)] },
      },
      axes: axes(format, 58, rate ? null : decades),
      series: [{}, ...names.map((name, i) => ({
        label: name, stroke: paints[i], width: 1.5, dash: dashes[i], fill: rate && i === 0 ? color("good") + "22" : undefined, spanGaps: false,
        points: {
          show: !rate || points.length < 6, size: 5, fill: color("paper"), stroke: paints[i], width: 1.2,
          filter: rate ? undefined : (u) => points.map((p, j) => (p.few || alone(data[i + 1], j) ? j : -1)).filter((j) => j >= 0),
        },
      }))],
      hooks: { draw: [marks(figure)], setSelect: [zoom(figure)], setCursor: [tip(box, say)] },
    }, data, box);
  }

  // parts plots where the time of a request goes, stacked.
  function parts(figure, box) {
    const names = ["own", "database", "waiting", "outgoing"], points = rows(figure), step = Number(figure.dataset.step);
    const from = Number(figure.dataset.from), to = Number(figure.dataset.to);
    const sums = names.map(() => []);
    for (const p of points) {
      let sum = 0;
      names.forEach((_, i) => { const v = value(p.values[i]); sums[i].push(v === null ? null : (sum += v)); });
    }
    if (!sums[3].some((v) => v > 0)) return;
    legend(figure, names.map((n) => [n, color(n)]));
    // The highest sum is painted first, the others over it.
    const order = [3, 2, 1, 0];
    const say = (u, i) => when(points[i].at) + names.map((n, s) => "\n" + n + " " + (duration(value(points[i].values[s])) || "–")).join("");
    return new uPlot({
      width: box.clientWidth, height: 170 * scale(), padding: [10, 8, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
      scales: { x: { time: true, range: [from, to] }, y: { range: (u, min, max) => [0, Math.max(max * 1.05, 1e-6)] } },
      axes: axes(duration, 58),
      series: [{}, ...order.map((i) => ({ label: names[i], stroke: color(names[i]), width: 0.5, fill: color(names[i]), points: { show: false } }))],
      hooks: { draw: [marks(figure)], setSelect: [zoom(figure)], setCursor: [tip(box, say)] },
    }, [points.map((p) => Math.min(Math.max(p.at + step / 2, from), to)), ...order.map((i) => sums[i])], box);
  }

  // spread plots the heat map: bands of durations, four to a doubling.
  const bandTop = (band) => 2 ** ((band + 1) / 4) / 1e6, bandBottom = (band) => 2 ** (band / 4) / 1e6;
  function spread(figure, box) {
    const step = Number(figure.dataset.step), from = Number(figure.dataset.from), to = Number(figure.dataset.to);
    const points = rows(figure).map((p) => ({ at: p.at, bands: p.values.filter(Boolean).map((v) => v.split(":").map(Number)) }));
    const bands = points.flatMap((p) => p.bands.map((b) => b[0]));
    if (bands.length === 0) return;
    const lowest = Math.min(...bands), highest = Math.max(...bands), most = Math.max(...points.flatMap((p) => p.bands.map((b) => b[1])));
    const low = Math.min(bandBottom(lowest), 0.001), high = Math.max(bandTop(highest), 2);
    const paper = color("paper"), good = color("good"), ink = color("ink");
    // Five shades on a logarithmic scale of requests.
    const shade = (n) => Math.min(4, Math.floor((5 * Math.log(n + 0.5)) / Math.log(most + 1)));
    const paints = ["--cell-0", "--cell-1", "--cell-2", "--cell-3", "--cell-4"].map((_, i) => `color-mix(in oklab, ${i === 4 ? `color-mix(in oklab, ${good} 62%, ${ink})` : good} ${[14, 32, 56, 100, 100][i]}%, ${paper})`);
    const cells = (u) => {
      const { ctx, bbox } = u, ratio = uPlot.pxRatio;
      ctx.save();
      ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
      for (const p of points) {
        const left = Math.round(u.valToPos(p.at, "x", true)), right = Math.round(u.valToPos(p.at + step, "x", true));
        for (const [band, n] of p.bands) {
          const top = Math.round(u.valToPos(bandTop(band), "y", true)), bottom = Math.round(u.valToPos(Math.max(bandBottom(band), low), "y", true));
          ctx.fillStyle = paints[shade(n)];
          ctx.fillRect(left, top, Math.max(1, right - left - (right - left > 6 * ratio ? ratio : 0)), Math.max(1, bottom - top));
        }
      }
      // The bands of the article: instant below 100 ms, slow from a second on.
      ctx.restore();
      ctx.save();
      ctx.setLineDash([3 * ratio, 3 * ratio]); ctx.lineWidth = ratio; ctx.font = font(11 * ratio);
      ctx.textAlign = "right"; ctx.textBaseline = "middle";
      for (const [at, paint] of [[0.1, good], [1, color("bad")]]) {
        if (at < low || at > high) continue;
        const y = Math.round(u.valToPos(at, "y", true)) + 0.5;
        ctx.strokeStyle = ctx.fillStyle = paint;
        ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
        ctx.fillText(duration(at), bbox.left - 10 * ratio, y);
      }
      ctx.restore();
    };
    const at = (u) => {
      const t = u.posToVal(u.cursor.left, "x"), d = u.posToVal(u.cursor.top, "y");
      const point = points.find((p) => p.at <= t && t < p.at + step), band = Math.floor(4 * Math.log2(d * 1e6) + 1e-9);
      return [point, band];
    };
    const say = (u) => {
      const [point, band] = at(u);
      if (!point) return "";
      const found = point.bands.find((b) => b[0] === band);
      return when(point.at) + "\n" + duration(bandBottom(band)) + " to " + duration(bandTop(band)) + "\n" + (found ? found[1].toLocaleString("en") : "no") + " requests";
    };
    const select = (u) => {
      const s = u.select;
      if (s.width < 4 && s.height < 4) return;
      const a = u.posToVal(s.left, "x"), b = u.posToVal(s.left + s.width, "x");
      const slower = u.posToVal(s.top + s.height, "y"), faster = u.posToVal(s.top, "y");
      const chosen = { since: iso(Math.floor(Math.max(a, from))), until: iso(Math.ceil(Math.min(b, to))) };
      if (slower > low * 1.02) chosen.slower = Math.round(slower * 1e6) + "us";
      if (faster < high * 0.98) chosen.faster = Math.round(faster * 1e6) + "us";
      go(figure.dataset.select, chosen);
    };
    const u = new uPlot({
      width: box.clientWidth, height: scale() * Math.max(200, Math.min(270, box.clientWidth * 0.55)), padding: [18, 8, 0, 0], legend: { show: false },
      cursor: { drag: { x: true, y: true, setScale: false, uni: 12 }, points: { show: false } },
      scales: { x: { time: true, range: [from, to] }, y: { distr: 3, log: 10, range: [low, high] } },
      axes: axes((v) => (v === 0.1 || v === 1 ? "" : duration(v)), 58, decades),
      series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
      hooks: { drawAxes: [cells], draw: [marks(figure)], setSelect: [select], setCursor: [tip(box, say)] },
    }, [[from, to], [low, high]], box);
    // A click selects the cell under the pointer.
    let pressed = null;
    u.over.addEventListener("mousedown", (e) => { pressed = [e.clientX, e.clientY]; });
    u.over.addEventListener("click", (e) => {
      if (!pressed || Math.hypot(e.clientX - pressed[0], e.clientY - pressed[1]) > 4) return;
      const [point, band] = at(u);
      if (point && point.bands.some((b) => b[0] === band)) {
        go(figure.dataset.select, {
          since: iso(Math.max(point.at, from)), until: iso(Math.min(point.at + step, to)),
          slower: Math.floor(bandBottom(band) * 1e6) + "us", faster: Math.ceil(bandTop(band) * 1e6) + "us",
        });
      }
    });
    return u;
  }

  let drawn = [];
  function draw() {
    for (const [u] of drawn) u.destroy();
    for (const old of $(".legend")) old.remove();
    drawn = [];
    for (const figure of $("figure.plot")) {
      const box = figure.querySelector(".canvas");
      box.hidden = false; box.replaceChildren();
      const u = ({ spread, parts }[figure.dataset.kind] || lines)(figure, box);
      if (!u) { box.hidden = true; continue; }
      u.root.setAttribute("aria-hidden", "true");
      drawn.push([u, figure]);
    }
  }
  if (window.uPlot) {
    for (const table of $("figure .behind")) table.open = false;
    draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let width = document.body.clientWidth;
    addEventListener("resize", () => { if (document.body.clientWidth !== width) { width = document.body.clientWidth; draw(); } });
    addEventListener("beforeprint", () => { for (const table of $("figure .behind")) table.open = true; });
  }

  // Keys.
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    const follow = (rel) => { const link = document.querySelector(`.window a[rel=${rel}]`); if (link) link.click(); };
    if (e.key === "/") { e.preventDefault(); document.querySelector("input[type=search]").focus(); }
    if (e.key === "[") follow("prev");
    if (e.key === "]") follow("next");
    if (e.key === "?") { const keys = document.querySelector(".keys"); keys.open = !keys.open; keys.scrollIntoView({ block: "nearest" }); }
  });
  // A form leaves out what was not filled in.
  for (const form of $(".add form")) form.addEventListener("submit", () => { for (const input of $("input", form)) input.disabled = !input.value; });

  // A page that ends now is loaded again while somebody looks at it and does nothing with it.
  if ("live" in document.body.dataset) {
    let touched = 0;
    for (const name of ["mousedown", "keydown", "wheel", "touchstart"]) addEventListener(name, () => { touched = Date.now(); }, { passive: true });
    setInterval(() => {
      if (document.hidden || Date.now() - touched < 60000 || $("details[open]").length > 0 || document.activeElement !== document.body) return;
      location.reload();
    }, 30000);
  }
})();
