// A picture of lines over time, with a legend that says the newest values, and the same in words
// for who cannot see it.

import uPlot from '../vendor/uPlot.esm.js';
import { h, setText } from './dom.js';
import * as theme from './theme.js';

/**
 * A chart of the last minutes.
 *
 * @param title what it shows
 * @param series [{name, field, format, fill}] drawn from History's points
 * @param format of the axis
 * @param most what the axis ends at, at least
 */
export function lineChart(title, series, format, most = 1) {
  const plotBox = h('div', { class: 'chart', role: 'img', 'aria-label': title });
  const waiting = h('p', { class: 'waiting' }, 'Collecting readings…');
  plotBox.append(waiting);
  const values = series.map(() => h('strong', {}, '–'));
  const element = h(
    'section',
    { class: 'card' },
    h('div', { class: 'card-head' }, h('h2', {}, title)),
    h(
      'ul',
      { class: 'legend' },
      series.map((s, i) =>
        h('li', {}, h('span', { class: `swatch s${s.colour}` }), `${s.name} `, values[i]),
      ),
    ),
    plotBox,
  );
  let plot = null;

  function build() {
    plot?.destroy();
    const text = theme.colour('--muted');
    const grid = theme.colour('--grid');
    const axis = {
      stroke: text,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    plot = new uPlot(
      {
        width: plotBox.clientWidth || 320,
        height: 190,
        padding: [10, 28, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
        scales: { y: { range: (u, low, high) => [0, Math.max(most, (high ?? 0) * 1.15)] } },
        axes: [
          { ...axis, grid: { show: false }, space: 80, size: 26, gap: 6, values: clock },
          { ...axis, size: 56, space: 36, values: (u, splits) => splits.map(format) },
        ],
        series: [
          {},
          ...series.map((s) => {
            const stroke = theme.colour(`--series-${s.colour}`);
            return {
              stroke,
              width: 2,
              fill: s.fill ? stroke.replace('rgb(', 'rgba(').replace(')', ', 0.12)') : undefined,
              points: { show: false },
              spanGaps: false,
            };
          }),
        ],
      },
      [[], ...series.map(() => [])],
      plotBox,
    );
  }

  new ResizeObserver(() => {
    if (plot && plotBox.clientWidth > 0) {
      plot.setSize({ width: plotBox.clientWidth, height: 190 });
    }
  }).observe(plotBox);
  theme.changed.addEventListener('change', () => {
    if (plot) {
      const data = plot.data;
      build();
      plot.setData(data);
    }
  });

  return {
    element,
    update(history) {
      const now = history.now();
      const words = series.map((s, i) => {
        const value = now[s.field];
        const said = value === null ? '–' : s.format(value);
        setText(values[i], said);
        return `${s.name} ${value === null ? 'nothing' : said}`;
      });
      plotBox.setAttribute('aria-label', `${title}, now: ${words.join(', ')}`);
      if (history.points.length < 2) {
        return;
      }
      if (!plot) {
        build();
      }
      const lines = series.map((s) => history.series(s.field));
      waiting.hidden = lines.some((line) => line.some((value) => value !== null));
      setText(waiting, 'Nothing in this time');
      plot.setData([history.times(), ...lines]);
    },
  };
}

function clock(u, splits) {
  return splits.map((seconds) => new Date(seconds * 1000).toTimeString().slice(0, 8));
}
