// Small pieces that several views share.

import { h, setText } from './dom.js';
import { brief } from './format.js';
import { icon } from './icons.js';

export function badge(text, tone = '') {
  return h('span', { class: `badge ${tone}` }, text);
}

/** Changes a badge in place. */
export function setBadge(element, text, tone = '') {
  setText(element, text);
  element.className = `badge ${tone}`;
}

/** What stands where there is nothing to show. */
export function empty(picture, title, ...words) {
  return h('div', { class: 'empty' }, icon(picture), h('h2', {}, title), h('p', {}, words));
}

/** A digest or key: its first digits; pressed, all of it goes to the clipboard. */
export function digest(hex, name) {
  const label = h('span', {}, brief(hex));
  const button = h(
    'button',
    { class: 'copy', type: 'button', title: hex, 'aria-label': `Copy ${name} ${brief(hex)}` },
    label,
    icon('copy'),
  );
  button.addEventListener('click', async () => {
    let done = 'copied';
    try {
      await navigator.clipboard.writeText(hex);
    } catch {
      done = 'not copied';
    }
    setText(label, done);
    announce(`${name} ${done}`);
    setTimeout(() => setText(label, brief(hex)), 1_200);
  });
  return button;
}

/** A term and what it is. */
export function fact(term, ...value) {
  return h('div', {}, h('dt', {}, term), h('dd', {}, value));
}

/** How much of a limit is used. */
export function meter(label, share) {
  const bar = h('span');
  const element = h(
    'div',
    {
      class: 'meter',
      role: 'meter',
      'aria-label': label,
      'aria-valuemin': 0,
      'aria-valuemax': 100,
    },
    bar,
  );
  element.set = (next) => {
    const percent = Math.round(100 * Math.min(1, Math.max(0, next)));
    bar.style.width = `${percent}%`;
    element.setAttribute('aria-valuenow', percent);
    element.classList.toggle('high', percent >= 90);
  };
  element.set(share);
  return element;
}

/** A table that becomes a list of blocks on a narrow screen. Columns: [title, class]. */
export function table(caption, columns) {
  const body = h('tbody');
  const element = h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      { class: 'folds' },
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map(([title, kind]) => h('th', { scope: 'col', class: kind }, title)),
        ),
      ),
      body,
    ),
  );
  return { element, body };
}

/** A row for `table`: a cell per column. */
export function row(columns) {
  const cells = columns.map(([title, kind]) => h('td', { class: kind, data: { label: title } }));
  const element = h('tr', {}, cells);
  element.parts = cells;
  return element;
}

const speaker = h('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });

export function speech() {
  return speaker;
}

/** Says something to whoever listens instead of looking. */
export function announce(text) {
  setText(speaker, '');
  requestAnimationFrame(() => setText(speaker, text));
}
