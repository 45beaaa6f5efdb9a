// Overview: is it up, is it fast, is it full.

import { lineChart } from '../chart.js';
import { h, fill, setText } from '../dom.js';
import { count, duration, percent, rate } from '../format.js';

const PHASES = [
  ['forward', 'Model', 1],
  ['sample', 'Sampling', 2],
  ['draft', 'Guessing', 3],
  ['schedule', 'Scheduling', 4],
  ['report', 'Answering', 5],
  ['account', 'Accounting', 6],
];

export const title = 'Overview';

export function create() {
  const tiles = {
    speed: tile('Generated', 'tok/s'),
    wait: tile('First token, median', ''),
    batch: tile('Running', 'outputs'),
    cache: tile('KV cache', 'used'),
  };
  const charts = [
    lineChart(
      'Throughput',
      [
        { name: 'generated', field: 'generated', colour: 1, format: perSecond, fill: true },
        { name: 'prompts computed', field: 'computed', colour: 2, format: perSecond },
      ],
      (v) => count(v),
      10,
    ),
    lineChart(
      'Time to first token',
      [
        { name: 'median', field: 'first50', colour: 1, format: duration },
        { name: '95th percentile', field: 'first95', colour: 3, format: duration },
      ],
      duration,
      0.1,
    ),
    lineChart(
      'Batch',
      [
        { name: 'running', field: 'running', colour: 1, format: count, fill: true },
        { name: 'waiting', field: 'waiting', colour: 3, format: count },
      ],
      (v) => (Number.isInteger(v) ? count(v) : ''),
      4,
    ),
    lineChart(
      'Time between tokens',
      [
        { name: 'median', field: 'next50', colour: 1, format: duration },
        { name: '95th percentile', field: 'next95', colour: 3, format: duration },
      ],
      duration,
      0.02,
    ),
    lineChart(
      'Cache',
      [
        { name: 'blocks used', field: 'cacheUsed', colour: 1, format: ofOne, fill: true },
        { name: 'prompts found in it', field: 'cacheHits', colour: 2, format: ofOne },
      ],
      ofOne,
      1,
    ),
  ];
  const bar = h('div', { class: 'phases', 'aria-hidden': 'true' });
  const legend = h('ul', { class: 'legend' });
  const facts = h('dl', { class: 'facts three' });
  const phases = h(
    'section',
    { class: 'card' },
    h(
      'div',
      { class: 'card-head' },
      h('h2', {}, 'Where steps spend their time'),
      h('span', { class: 'quiet small end' }, 'last 8 s'),
    ),
    bar,
    legend,
  );
  const totals = h(
    'section',
    { class: 'card' },
    h('div', { class: 'card-head' }, h('h2', {}, 'Since start')),
    facts,
  );
  const element = h(
    'div',
    { class: 'view' },
    h(
      'dl',
      { class: 'tiles' },
      Object.values(tiles).map((t) => t.element),
    ),
    h(
      'div',
      { class: 'pair' },
      charts.map((c) => c.element),
      totals,
    ),
    phases,
  );

  return {
    element,
    needsStatus: true,
    update({ status, history }) {
      const now = history.now();
      tiles.speed.set(
        rate(now.generated ?? 0),
        now.perStep ? `${now.perStep.toFixed(1)} outputs a step` : 'no steps just now',
      );
      tiles.wait.set(
        duration(now.first50),
        now.first95 === null ? 'nothing began just now' : `p95 ${duration(now.first95)}`,
      );
      tiles.batch.set(
        count(now.running),
        now.waiting
          ? `${count(now.waiting)} waiting, ${count(status.batch.queued_tokens)} tokens`
          : 'none waiting',
      );
      tiles.cache.set(
        percent(status.cache.blocks_used, status.cache.blocks_total),
        `${count(status.cache.blocks_used)} of ${count(status.cache.blocks_total)} blocks`,
      );
      charts.forEach((c) => c.update(history));
      paintPhases(bar, legend, history.phases());
      paintTotals(facts, status);
    },
  };
}

function tile(name, unit) {
  const figure = h('span', {}, '–');
  const note = h('dd', { class: 'note' }, '');
  return {
    element: h(
      'div',
      { class: 'card tile' },
      h('dt', {}, name),
      h('dd', { class: 'figure' }, figure, unit && h('span', { class: 'unit' }, unit)),
      note,
    ),
    set(value, words) {
      setText(figure, value);
      setText(note, words);
    },
  };
}

function perSecond(value) {
  return `${rate(value)} tok/s`;
}

function ofOne(value) {
  return percent(value, 1);
}

function paintPhases(bar, legend, seconds) {
  const all = Object.values(seconds).reduce((a, b) => a + b, 0);
  if (all === 0) {
    fill(bar);
    fill(legend, h('li', {}, 'No step has run in this time.'));
    return;
  }
  fill(
    bar,
    PHASES.map(([phase, , colour]) => {
      const part = h('span', { class: `swatch-bar swatch s${colour}` });
      part.style.width = `${(100 * seconds[phase]) / all}%`;
      part.style.borderRadius = '0';
      return part;
    }),
  );
  fill(
    legend,
    PHASES.filter(([phase]) => seconds[phase] / all >= 0.001).map(([phase, name, colour]) =>
      h(
        'li',
        {},
        h('span', { class: `swatch s${colour}` }),
        `${name} `,
        h('strong', {}, percent(seconds[phase], all)),
      ),
    ),
  );
}

function paintTotals(facts, status) {
  const { tokens, outputs, cache, batch, steps } = status;
  const rows = [
    ['Tokens generated', count(tokens.generated)],
    ['Prompt tokens', count(tokens.prompt)],
    ['From the cache', percent(cache.hit_tokens, cache.queried_tokens)],
    ['Outputs complete', count(outputs.stop + outputs.length)],
    ['Cancelled', count(outputs.cancelled)],
    ['Failed', count(outputs.failed)],
    ['Preemptions', count(batch.preemptions)],
    ['Guesses right', percent(steps.right_guesses, steps.guesses)],
    ['Internal errors', count(batch.internal_errors)],
  ];
  if (facts.children.length !== rows.length) {
    fill(
      facts,
      rows.map(([name]) => h('div', {}, h('dt', {}, name), h('dd'))),
    );
  }
  rows.forEach(([, value], i) => setText(facts.children[i].lastChild, value));
}
