// SPDX-License-Identifier: GPL-2.0-only OR MIT
// The report in the browser: a list of tests, and one test at a time with its
// timeline. A test's events are parsed and drawn only when it is opened.
'use strict';
(() => {
const $ = (id) => document.getElementById(id);
const run = JSON.parse($('run').textContent);
const WORDS = { passed: 'passed', failed: 'failed', skipped: 'skipped', kernel_report: 'kernel report',
  model_violation: 'model violation', guest_died: 'guest died', timed_out: 'timed out' };
const group = (test) => test.outcome === 'passed' || test.outcome === 'skipped' ? test.outcome : 'bad';
const MARKS = { passed: '✓', bad: '✗', skipped: '–' };
run.tests.forEach((test, index) => { test.index = index; test.path = `${test.driver}/${test.test}`; });

// Makes an element: el('a', {href: '#'}, 'text', child).
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === false || value == null) continue;
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

// Time in the unit that suits it: 1.040 s, 122.5 µs.
function human(ns, digits) {
  const size = Math.abs(ns);
  const [unit, scale] = size >= 1e9 ? ['s', 1e9] : size >= 1e6 ? ['ms', 1e6] : size >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  const number = ns / scale;
  return `${scale === 1 ? Math.round(number) : number.toFixed(digits ?? 3).replace(/\.?0+$/, '')} ${unit}`;
}
const exact = (ns) => `${Math.floor(ns / 1e9)}.${String(Math.round(ns % 1e9)).padStart(9, '0')}`;

// ---------------------------------------------------------------- list
const state = { outcome: 'all', text: '', current: null };

function order() {
  const suites = new Map();
  for (const test of run.tests) {
    if (!suites.has(test.driver)) suites.set(test.driver, []);
    suites.get(test.driver).push(test);
  }
  const rank = { bad: 0, passed: 1, skipped: 2 };
  const worst = (tests) => (tests.some((test) => group(test) === 'bad') ? 0 : 1);
  for (const tests of suites.values()) tests.sort((a, b) => rank[group(a)] - rank[group(b)]);
  return [...suites].sort((a, b) => worst(a[1]) - worst(b[1]));
}
const suites = order();

function matches(test) {
  if (state.outcome !== 'all' && group(test) !== state.outcome) return false;
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${test.path} ${WORDS[test.outcome]}`.toLowerCase();
  return words.every((word) => text.includes(word) || text.replaceAll('_', ' ').includes(word));
}

function buildList() {
  const list = document.createDocumentFragment();
  for (const suite of suites) {
    const [driver, tests] = suite;
    const rows = el('ul');
    for (const test of tests) {
      test.row = el('li', null, el('a', { href: `#${test.path}`, 'data-index': test.index },
        el('span', { class: `mark ${group(test)}`, role: 'img', 'aria-label': WORDS[test.outcome] }, MARKS[group(test)]),
        el('span', { class: 'name' }, test.test.replaceAll('_', ' ')),
        el('span', { class: 'ms' }, test.outcome === 'skipped' ? 'skipped' : `${Math.round(test.wall_ms)} ms`)));
      rows.append(test.row);
    }
    const count = el('span', { class: 'n' });
    suite.node = el('section', { 'aria-label': driver }, el('h2', null, driver, count), rows);
    suite.count = count;
    list.append(suite.node);
  }
  list.append(state.empty = el('p', { class: 'empty' }, 'No test matches.'));
  $('list').replaceChildren(list);
}

function applyFilter() {
  let shown = 0;
  for (const suite of suites) {
    let here = 0;
    for (const test of suite[1]) {
      const visible = matches(test);
      test.row.hidden = !visible;
      here += visible;
    }
    suite.node.hidden = here === 0;
    const bad = suite[1].filter((test) => group(test) === 'bad').length;
    suite.count.textContent = (bad ? `${bad} failed of ` : '') + `${suite[1].length}`;
    shown += here;
  }
  state.empty.hidden = shown > 0;
  $('list').dataset.shown = shown;
}

function buildHeader() {
  $('kernel').textContent = `Linux ${run.kernel.release} · ${run.kernel.source}${run.kernel.flavour === 'plain' ? '' : ` · ${run.kernel.flavour}`}`;
  const count = (kind) => run.tests.filter((test) => group(test) === kind).length;
  document.title = `${count('bad') ? `${count('bad')} failed · ` : ''}roadtest ${run.kernel.release}`;
  const buttons = [['all', 'All', run.tests.length], ['bad', 'Failed', count('bad')], ['passed', 'Passed', count('passed')],
    ['skipped', 'Skipped', count('skipped')]];
  $('outcomes').replaceChildren(...buttons.map(([kind, word, number]) => {
    const button = el('button', { type: 'button', 'data-kind': kind, 'aria-pressed': String(kind === 'all') }, word, el('b', null, number));
    button.addEventListener('click', () => {
      state.outcome = kind;
      for (const other of $('outcomes').children) other.setAttribute('aria-pressed', String(other === button));
      applyFilter();
    });
    return button;
  }));
  $('filter').addEventListener('input', () => { state.text = $('filter').value; applyFilter(); });
}

// Moves through the visible rows of the list.
function step(by) {
  const rows = [...$('list').querySelectorAll('a')].filter((row) => row.offsetParent);
  const at = rows.indexOf(document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.getAttribute('aria-current') === 'true');
  const row = rows[Math.max(0, Math.min(rows.length - 1, from + by))];
  if (row) row.focus();
}

// ---------------------------------------------------------------- detail
function open(test, again) {
  if (!test || (test === state.current && !again)) return;
  if (state.current) state.current.row.firstChild.removeAttribute('aria-current');
  state.current = test;
  const row = test.row.firstChild;
  row.setAttribute('aria-current', 'true');
  const [inner, outer] = [row.getBoundingClientRect(), $('list').getBoundingClientRect()];
  if (inner.top < outer.top + 34 || inner.bottom > outer.bottom) row.scrollIntoView({ block: 'center' });
  const detail = $('detail');
  detail.replaceChildren(...summary(test));
  detail.scrollTop = 0;
  const source = $(`t${test.index}`);
  if (!source) return;
  const data = JSON.parse(source.textContent);
  if (data.events.length) {
    const view = new Timeline(decode(data), test);
    detail.append(el('h3', null, 'Timeline in virtual time'), view.node);
    view.attach();
  }
  if (data.output) detail.append(fold('What the test printed', data.output, group(test) === 'bad' && !test.diffs.length));
  if (data.dmesg) detail.append(fold('Kernel log', data.dmesg, test.outcome === 'kernel_report'));
}

function fold(title, text, isOpen) {
  return el('details', isOpen ? { open: '' } : null, el('summary', null, title), el('pre', { tabindex: 0 }, text));
}

function summary(test) {
  const kind = group(test);
  const fact = (name, value) => el('div', null, el('dt', null, name), el('dd', null, value));
  const nodes = [
    el('h2', null, test.test.replaceAll('_', ' '), el('span', { class: `badge ${kind}` }, WORDS[test.outcome])),
    el('p', { class: 'path' }, test.path),
  ];
  if (test.outcome !== 'skipped') {
    nodes.push(el('dl', { class: 'facts' }, fact('wall time', `${test.wall_ms.toFixed(1)} ms`), fact('boot', `${test.boot_ms.toFixed(1)} ms`),
      fact('virtual time', human(test.virtual_ns)), fact('transfers', test.transfers)));
  }
  if (test.reason) nodes.push(el('p', { class: `reason ${kind}` }, test.reason));
  if (test.expected != null || test.got != null) {
    nodes.push(el('dl', { class: 'sides' }, el('dt', null, 'expected'), el('dd', null, test.expected ?? ''), el('dt', null, 'got'), el('dd', null, test.got ?? '')));
  }
  if (test.kernel_reports.length > 1) nodes.push(el('h3', null, 'The kernel reported'), el('pre', { tabindex: 0 }, test.kernel_reports.join('\n')));
  for (const diff of test.diffs) {
    const kinds = { '-': 'del', '+': 'add' };
    nodes.push(el('h3', null, `Snapshot ${diff.name}`), el('pre', { class: 'diff', tabindex: 0 },
      ...diff.lines.map((line) => el('span', { class: kinds[line[0]] }, line))));
  }
  return nodes;
}

// ---------------------------------------------------------------- events
const TRANSFER = 0, PIN = 2, IRQ = 3, REQUEST = 4, KERNEL = 5, VIOLATION = 6, MALFORMED = 7, UNWISE = 8;

// Gives each event its time, lane, texts and class.
function decode(data) {
  const s = data.strings;
  const events = [];
  let time = 0;
  for (const row of data.events) {
    time += row[0];
    const kind = row[1];
    const event = { time, kind };
    switch (kind) {
      case TRANSFER: {
        const flags = row[3];
        Object.assign(event, { lane: s[row[2]], write: !!(flags & 1), follows: !!(flags & 4), bad: !!(flags & 2), unlisted: !!(flags & 8), duration: row[4], text: s[row[5]], wire: s[row[6]] });
        event.short = event.text.replace(/ +/g, ' ');
        event.css = event.bad ? 'bad' : event.write ? 'i2c-w' : 'i2c-r';
        break;
      }
      case PIN: Object.assign(event, { lane: s[row[2]], to: s[row[3]], by: s[row[4]], css: 'pin' });
        event.text = `${event.to} (${event.by})`; break;
      case IRQ: Object.assign(event, { lane: s[row[2]], text: `interrupt ${s[row[3]]}`, what: s[row[3]], css: 'irq' }); break;
      case REQUEST: Object.assign(event, { lane: 'test', text: `${s[row[2]]} = ${s[row[3]]}`, short: s[row[2]], css: 'request' }); break;
      case KERNEL: Object.assign(event, { lane: 'kernel log', text: s[row[2]], short: s[row[2]], css: 'kernel' }); break;
      case UNWISE: Object.assign(event, { lane: s[row[2]], text: `? ${s[row[3]]}`, css: 'unwise' }); break;
      default: Object.assign(event, { lane: s[row[2]], text: s[row[3]], css: 'bad' });
    }
    events.push(event);
  }
  // The accesses of one transfer are one block on the bus. Its first bit comes
  // before the time of the event, which is that of its last. One that is drawn
  // only leads to the row after it, which shows what it meant.
  let index = 0;
  for (const event of events) {
    event.index = index;
    event.start = event.time - (event.duration ?? 0);
    if (!event.unlisted) index++;
  }
  return events;
}

function lanesOf(events) {
  const lanes = new Map();
  const add = (name, kind) => {
    if (!lanes.has(name)) lanes.set(name, { name, kind, events: [] });
    return lanes.get(name);
  };
  add('test', 'marks');
  for (const event of events) if ([TRANSFER, VIOLATION, UNWISE].includes(event.kind)) add(event.lane, 'bus');
  for (const event of events) if (event.kind === PIN || event.kind === IRQ) add(event.lane, 'pin');
  add('kernel log', 'marks');
  for (const event of events) add(event.lane, 'marks').events.push(event);
  return [...lanes.values()].filter((lane) => lane.events.length);
}

// A monotonic map from time to a place on the axis. 'Even' shrinks pauses to
// the logarithm of their length, so that 1 s of sleep does not hide 100 µs of
// traffic; 'true' is proportional.
class Axis {
  constructor(events, start, end, kind) {
    const times = new Set([start, end]), busy = new Map();
    for (const event of events) {
      if (event.start < start) continue;
      times.add(event.start).add(event.time);
      // A block needs room for its text, less so where the next one shows what it meant.
      if (event.kind === TRANSFER) busy.set(event.start, Math.max(busy.get(event.start) ?? 0, event.unlisted ? 3 : 12));
    }
    this.times = kind === 'even' ? [...times].sort((a, b) => a - b) : [start, Math.max(end, start + 1)];
    this.places = [0];
    for (let i = 1; i < this.times.length; i++) {
      const gap = this.times[i] - this.times[i - 1];
      this.places.push(this.places[i - 1] + (kind !== 'even' ? gap : busy.get(this.times[i - 1]) ?? Math.log2(1 + gap / 10000)));
    }
    this.end = this.places.at(-1) || 1;
  }
  static find(sorted, value) {
    let low = 0, high = sorted.length - 1;
    while (high - low > 1) { const middle = (low + high) >> 1; if (sorted[middle] <= value) low = middle; else high = middle; }
    return low;
  }
  static map(from, to, value) {
    if (from.length < 2) return 0;
    const i = Axis.find(from, value);
    const width = from[i + 1] - from[i];
    return to[i] + (width ? (value - from[i]) / width : 0) * (to[i + 1] - to[i]);
  }
  place(time) { return Axis.map(this.times, this.places, time); }
  time(place) { return Axis.map(this.places, this.times, place); }
}

const LABELS = 118, RULER = 26, LANE = 34, ROW = 22;

class Timeline {
  constructor(drawn, test) {
    this.drawn = drawn;
    const events = this.events = drawn.filter((event) => !event.unlisted);
    // Before the first event that anybody caused is the boot, which is no news.
    this.start = (drawn.find((event) => event.start > 0) ?? drawn[0]).start;
    this.end = Math.max(test.virtual_ns, drawn.at(-1).time);
    this.lanes = lanesOf(drawn);
    this.selected = -1;
    const button = (label, title, action) => el('button', { type: 'button', title, 'aria-label': title, onclick: action }, label);
    this.range = el('span', { class: 'range' });
    this.even = el('button', { type: 'button', 'aria-pressed': 'true', title: 'Shrink pauses (t)', onclick: () => this.toggle() }, 'shrink pauses');
    this.tools = el('div', { class: 'tools' }, button('+', 'Zoom in (+)', () => this.zoom(0.5)), button('−', 'Zoom out (-)', () => this.zoom(2)),
      button('←', 'Earlier (left)', () => this.pan(-0.25)), button('→', 'Later (right)', () => this.pan(0.25)),
      button('fit', 'Everything (0)', () => this.fit()), this.even, this.range,
      el('span', { class: 'hint' }, 'drag to move · wheel with Ctrl to zoom'));
    this.canvas = el('canvas', { tabindex: 0, role: 'application', 'aria-label': 'Timeline; plus and minus zoom, arrows move, 0 shows everything' });
    this.rows = el('div', { class: 'rows', role: 'rowgroup' });
    this.table = el('div', { class: 'events', tabindex: 0, role: 'grid', 'aria-label': 'Events', 'aria-rowcount': events.length }, this.rows);
    this.rows.style.height = `${events.length * ROW}px`;
    this.table.style.height = `${Math.min(400, events.length * ROW + 18)}px`;
    this.node = el('div', null, this.tools, this.canvas, this.table);
    this.setAxis('even');
    this.to = this.axis.end * 1.02;
  }

  setAxis(kind) {
    const [from, to] = this.axis ? [this.axis.time(this.from), this.axis.time(this.to)] : [this.start, this.end];
    this.kind = kind;
    this.axis = new Axis(this.drawn, this.start, this.end, kind);
    [this.from, this.to] = [this.axis.place(from), this.axis.place(to)];
    for (const event of this.drawn) [event.a, event.b] = [this.axis.place(event.start), this.axis.place(event.time)];
  }

  attach() {
    const canvas = this.canvas;
    canvas.style.height = `${RULER + this.lanes.length * LANE + 6}px`;
    new ResizeObserver(() => this.draw()).observe(canvas);
    canvas.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / this.width);
      else this.zoom(Math.exp(event.deltaY * 0.0025), this.placeAt(event.offsetX));
    }, { passive: false });
    canvas.addEventListener('pointerdown', (event) => {
      this.drag = { x: event.offsetX, from: this.from, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => this.hover(event));
    canvas.addEventListener('pointerup', (event) => {
      if (this.drag && !this.drag.moved) { const hit = this.hit(event.offsetX, event.offsetY); if (hit) this.select(hit.index, 'canvas'); }
      this.drag = null;
    });
    canvas.addEventListener('pointerleave', () => { $('tip').hidden = true; this.cursor = null; this.draw(); });
    canvas.addEventListener('dblclick', (event) => this.zoom(0.25, this.placeAt(event.offsetX)));
    canvas.addEventListener('keydown', (event) => {
      const keys = { '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2), ArrowLeft: () => this.pan(-0.15),
        ArrowRight: () => this.pan(0.15), 0: () => this.fit(), Home: () => this.fit(), t: () => this.toggle() };
      if (keys[event.key] && !event.ctrlKey && !event.metaKey) { event.preventDefault(); event.stopPropagation(); keys[event.key](); }
    });
    this.table.addEventListener('scroll', () => this.list());
    this.table.addEventListener('keydown', (event) => {
      const page = Math.floor(this.table.clientHeight / ROW) - 1;
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
      if (by === undefined) return;
      event.preventDefault(); event.stopPropagation();
      this.select(Math.max(0, Math.min(this.events.length - 1, this.selected + by)), 'table');
    });
    this.rows.addEventListener('click', (event) => {
      const row = event.target.closest('.row');
      if (row) this.select(Number(row.dataset.index), 'table');
    });
    this.draw();
    this.list();
  }

  toggle() {
    this.setAxis(this.kind === 'even' ? 'true' : 'even');
    this.even.setAttribute('aria-pressed', String(this.kind === 'even'));
    this.draw();
  }

  look(from, to) {
    const all = this.axis.end * 1.02;
    const width = Math.min(Math.max(to - from, this.axis.end / 1e9, 1e-6), all);
    this.from = Math.max(0, Math.min(from, all - width));
    this.to = this.from + width;
    this.draw();
  }
  fit() { this.look(0, this.axis.end * 1.02); }
  pan(by) { const d = (this.to - this.from) * by; this.look(this.from + d, this.to + d); }
  zoom(by, around) {
    const selected = this.events[this.selected];
    let at = around ?? (selected ? this.axis.place(selected.time) : (this.from + this.to) / 2);
    if (at < this.from || at > this.to) at = (this.from + this.to) / 2;
    this.look(at - (at - this.from) * by, at + (this.to - at) * by);
  }

  // Asking the canvas for it would lay the page out anew each time.
  get width() { return this.wide - LABELS; }
  // Where a place of the axis is on the canvas.
  at(place) { return LABELS + ((place - this.from) / (this.to - this.from)) * this.width; }
  x(time) { return this.at(this.axis.place(time)); }
  placeAt(x) { return this.from + ((x - LABELS) / this.width) * (this.to - this.from); }

  select(wanted, where) {
    const index = this.selected = Math.min(wanted, this.events.length - 1);
    const event = this.events[index];
    if (!event) return;
    const place = this.axis.place(event.time);
    if (place < this.from || place > this.to) { const half = (this.to - this.from) / 2; this.look(place - half, place + half); } else this.draw();
    const top = index * ROW;
    if (where === 'canvas') this.table.scrollTop = top - this.table.clientHeight / 2;
    else if (top < this.table.scrollTop) this.table.scrollTop = top;
    else if (top + ROW > this.table.scrollTop + this.table.clientHeight - 16) this.table.scrollTop = top + ROW + 16 - this.table.clientHeight;
    this.list();
  }

  hit(x, y) {
    const lane = this.lanes[Math.floor((y - RULER) / LANE)];
    if (!lane) return null;
    let best = null, distance = 12;
    for (const event of lane.events) {
      const [a, b] = [this.at(event.a), this.at(event.b)];
      const d = x < a ? a - x : x > b ? x - b : 0;
      if (d < distance) { best = event; distance = d; }
    }
    return best;
  }

  hover(pointer) {
    const tip = $('tip');
    if (this.drag) {
      const moved = pointer.offsetX - this.drag.x;
      if (Math.abs(moved) > 3) this.drag.moved = true;
      if (this.drag.moved) {
        const from = this.drag.from - (moved / this.width) * (this.to - this.from);
        tip.hidden = true;
        this.look(from, from + (this.to - this.from));
        return;
      }
    }
    this.cursor = pointer.offsetX;
    this.draw();
    const event = this.hit(pointer.offsetX, pointer.offsetY);
    tip.hidden = !event;
    if (!event) return;
    tip.textContent = `${exact(event.time)}  ${event.text}${event.wire ? `\n${event.wire}` : ''}`;
    tip.style.left = `${Math.min(pointer.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(pointer.clientY + 16, innerHeight - tip.offsetHeight - 8)}px`;
  }

  // The rows that can be seen, and a few around them.
  list() {
    const first = Math.max(0, Math.floor(this.table.scrollTop / ROW) - 5);
    const last = Math.min(this.events.length, Math.ceil((this.table.scrollTop + this.table.clientHeight) / ROW) + 5);
    const rows = [];
    for (let i = first; i < last; i++) {
      const event = this.events[i];
      const before = i ? event.time - this.events[i - 1].time : event.time;
      const row = el('div', { class: 'row', role: 'row', 'aria-rowindex': i + 1, 'data-index': i, 'aria-selected': String(i === this.selected) },
        el('span', { class: 't' }, exact(event.time)), el('span', { class: 'dt' }, before ? `+${human(before, 1)}` : ''),
        el('span', null, event.lane), el('span', { class: event.css }, event.text));
      row.style.top = `${i * ROW}px`;
      rows.push(row);
    }
    this.rows.replaceChildren(...rows);
  }

  draw() {
    const canvas = this.canvas, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    this.wide = width;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const g = canvas.getContext('2d');
    const style = getComputedStyle(document.documentElement);
    const palette = {};
    const colour = (name) => (palette[name] ??= style.getPropertyValue(`--${name}`).trim());
    const mono = style.getPropertyValue('--mono');
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = `11px ${mono}`;
    g.textBaseline = 'middle';
    this.ruler(g, colour, width, height);
    g.save();
    g.beginPath(); g.rect(LABELS, 0, width - LABELS, height); g.clip();
    this.lanes.forEach((lane, index) => {
      const top = RULER + index * LANE;
      if (lane.kind === 'pin') this.pin(g, colour, lane, top);
      else this.blocks(g, colour, lane, top);
    });
    this.overlay(g, colour, height);
    g.restore();
    this.labels(g, colour, width);
    canvas.dataset.from = this.axis.time(this.from);
    canvas.dataset.to = this.axis.time(Math.min(this.to, this.axis.end));
    this.range.textContent = `${human(this.axis.time(this.from))} to ${human(this.axis.time(Math.min(this.to, this.axis.end)))}`;
  }

  labels(g, colour, width) {
    this.lanes.forEach((lane, index) => {
      const top = RULER + index * LANE;
      g.fillStyle = colour('text');
      g.textAlign = 'left';
      g.fillText(clip(g, lane.name, LABELS - 18), 10, top + LANE / 2);
      g.strokeStyle = colour('line');
      g.beginPath(); g.moveTo(0, top - 0.5); g.lineTo(width, top - 0.5); g.stroke();
    });
    g.strokeStyle = colour('line');
    g.beginPath(); g.moveTo(LABELS - 0.5, 0); g.lineTo(LABELS - 0.5, this.canvas.clientHeight); g.stroke();
  }

  ruler(g, colour, width, height) {
    const ticks = this.kind === 'even' ? this.evenTicks() : this.trueTicks();
    g.textAlign = 'left';
    let free = LABELS;
    for (const [x, text] of ticks) {
      g.strokeStyle = colour('grid');
      g.beginPath(); g.moveTo(Math.round(x) + 0.5, RULER - 6); g.lineTo(Math.round(x) + 0.5, height); g.stroke();
      const end = x + 3 + g.measureText(text).width;
      if (x < free || end > width) continue;
      g.fillStyle = colour('pale');
      g.fillText(text, x + 3, RULER / 2);
      free = end + 11;
    }
  }

  // At events, as far apart as their labels need.
  evenTicks() {
    const ticks = [];
    let next = LABELS, shown = null;
    const i = Axis.find(this.axis.places, this.from);
    for (let k = Math.max(0, i); k < this.axis.times.length; k++) {
      const x = LABELS + ((this.axis.places[k] - this.from) / (this.to - this.from)) * this.width;
      if (x > LABELS + this.width) break;
      if (x < next) continue;
      const time = this.axis.times[k];
      const gap = shown === null ? null : time - shown;
      ticks.push([x, gap !== null && gap < 1e6 && time > 1e6 ? `+${human(gap, 1)}` : human(time, 3)]);
      shown = time;
      next = x + 104;
    }
    return ticks;
  }

  trueTicks() {
    const [a, b] = [this.axis.time(this.from), this.axis.time(this.to)];
    const rough = ((b - a) / this.width) * 110;
    const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
    const size = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) || power;
    const ticks = [];
    for (let time = Math.ceil(a / size) * size; time <= b; time += size) ticks.push([this.x(time), human(time, 6)]);
    return ticks;
  }

  // Blocks with text as far as there is room; where events are denser than
  // pixels, one line stands for those behind it.
  blocks(g, colour, lane, top) {
    const height = LANE - 14, y = top + 7, right = LABELS + this.width;
    const names = { 'i2c-w': 'write', 'i2c-r': 'read', request: 'request', kernel: 'kernel', bad: 'bad', pin: 'pin', irq: 'irq', unwise: 'skip' };
    let drawn = -1, marked = -9, previous = LABELS, last = false;
    for (let i = 0; i < lane.events.length; i++) {
      const event = lane.events[i];
      if (event.follows) continue;
      const a = this.at(event.a), b = Math.max(this.at(event.b), a + 2);
      if (b < LABELS) continue;
      if (a > right && (event.kind !== REQUEST || last)) break;
      last = a > right;
      const broken = event.kind === VIOLATION || event.kind === MALFORMED;
      if (broken ? a < marked + 3 : b < drawn + 0.5 && !event.bad) continue;
      if (broken) marked = a; else drawn = b;
      const ink = colour(names[event.css]);
      g.fillStyle = ink;
      if (broken) {
        g.beginPath(); g.moveTo(a - 6, y - 6); g.lineTo(a + 6, y - 6); g.lineTo(a, y + 4); g.fill();
        g.fillRect(a - 0.5, y, 1, height);
        continue;
      }
      let next = right;
      for (let k = i + 1; k < lane.events.length; k++) if (!lane.events[k].follows) { next = Math.min(next, this.at(lane.events[k].a)); break; }
      const isBus = event.kind === TRANSFER, isRequest = event.kind === REQUEST;
      // A request is on the timeline when it is answered: its text stands
      // before its mark, above what it caused.
      const room = isBus ? b - Math.max(a, LABELS) - 8 : isRequest ? a - previous - 8 : next - b - 8;
      previous = b;
      if (isBus) {
        g.globalAlpha = event.unlisted ? 0.09 : 0.18; g.fillRect(a, y, b - a, height); g.globalAlpha = 1;
        g.fillRect(a, y, 2, height); g.fillRect(b - 1, y, 1, height);
      } else g.fillRect(a, y, 2, height);
      if (room < 14) continue;
      let text = event.short ?? event.text;
      if (isBus && lane.events[i + 1]?.follows) {
        let more = 0;
        while (lane.events[i + 1 + more]?.follows) more++;
        text += ` +${more}`;
      }
      g.textAlign = isRequest ? 'right' : 'left';
      g.fillText(clip(g, text, room), isRequest ? Math.min(a, right) - 5 : Math.max(a, LABELS) + 6, y + height / 2 + 0.5);
    }
  }

  // A waveform; where nobody drives the line it is in the middle.
  pin(g, colour, lane, top) {
    const levels = { high: top + 7, low: top + LANE - 7 };
    const middle = top + LANE / 2;
    const ends = LABELS + this.width;
    let y = null, from = LABELS - 4;
    g.strokeStyle = colour('pin'); g.lineWidth = 1.5;
    const line = (x) => {
      g.beginPath();
      if (y === null) { g.setLineDash([2, 3]); g.moveTo(from, middle); g.lineTo(x, middle); }
      else { g.moveTo(from, y); g.lineTo(x, y); }
      g.stroke(); g.setLineDash([]);
    };
    for (const event of lane.events) {
      if (event.kind !== PIN || !(event.to in levels)) continue;
      const x = Math.max(LABELS - 4, Math.min(ends, this.at(event.b)));
      line(x);
      const target = levels[event.to];
      g.beginPath(); g.moveTo(x, y ?? middle); g.lineTo(x, target); g.stroke();
      [y, from] = [target, x];
    }
    line(ends);
    g.lineWidth = 1;
    for (const event of lane.events) {
      const x = this.at(event.b);
      if (event.kind !== IRQ || x < LABELS - 8 || x > ends + 8) continue;
      g.fillStyle = g.strokeStyle = colour('irq');
      if (event.what === 'fired') { g.beginPath(); g.moveTo(x - 5, top + 3); g.lineTo(x + 5, top + 3); g.lineTo(x, top + 13); g.fill(); }
      else { g.globalAlpha = 0.7; g.fillRect(x - 0.5, top + 3, 1, LANE - 6); g.globalAlpha = 1; }
    }
  }

  overlay(g, colour, height) {
    const bar = (x, ink) => { g.strokeStyle = ink; g.beginPath(); g.moveTo(Math.round(x) + 0.5, RULER - 8); g.lineTo(Math.round(x) + 0.5, height); g.stroke(); };
    if (this.cursor > LABELS) bar(this.cursor, colour('pale'));
    const event = this.events[this.selected];
    if (event) { g.lineWidth = 2; bar(this.x(event.time), colour('accent')); g.lineWidth = 1; }
  }
}

function clip(g, text, room) {
  if (g.measureText(text).width <= room) return text;
  const fits = Math.floor(room / g.measureText('0').width) - 1;
  return fits > 1 ? text.slice(0, fits) + '…' : '';
}

// ---------------------------------------------------------------- page
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function go() {
  const path = decodeURIComponent(location.hash.slice(1));
  return run.tests.find((test) => test.path === path);
}

setTheme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => setTheme(event.matches ? 'dark' : 'light'));
$('theme').addEventListener('click', () => {
  setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  open(state.current, true);
});
$('list').addEventListener('click', (event) => {
  const row = event.target.closest('a');
  if (row) open(run.tests[row.dataset.index]);
});
buildHeader();
buildList();
applyFilter();
window.addEventListener('hashchange', () => open(go()));
document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input');
  if (event.key === '/' && !typing) { event.preventDefault(); $('filter').focus(); }
  else if (event.key === 'Escape' && typing) { $('filter').value = ''; state.text = ''; applyFilter(); $('list').focus(); }
  else if (event.key === 'ArrowDown' && typing) { event.preventDefault(); step(0); }
  else if (!typing && !event.ctrlKey && (event.key === 'j' || (event.key === 'ArrowDown' && $('list').contains(document.activeElement)))) { event.preventDefault(); step(1); }
  else if (!typing && !event.ctrlKey && (event.key === 'k' || (event.key === 'ArrowUp' && $('list').contains(document.activeElement)))) { event.preventDefault(); step(-1); }
});
const setSide = (px) => document.documentElement.style.setProperty('--side', `${Math.max(200, Math.min(innerWidth - 400, px))}px`);
$('split').addEventListener('pointerdown', (down) => {
  $('split').setPointerCapture(down.pointerId);
  $('split').onpointermove = (event) => setSide(event.clientX);
  $('split').onpointerup = () => { $('split').onpointermove = null; };
});
$('split').addEventListener('keydown', (event) => {
  const by = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
  if (by) setSide($('list').offsetWidth + by);
});
const first = go() || suites[0]?.[1][0];
if (first) open(first);
})();
