// What a mode protects and what it does not, in plain words: docs/THREAT-MODEL.md, shortened.

import { h } from './dom.js';
import { icon } from './icons.js';

const SERVER_SEES = 'Whoever runs this server sees what you write and what is answered.';

/** Names the ways in which an answer can be computed. */
export function kindOf(mode, verified) {
  if (mode !== 'he') {
    return mode;
  }
  return verified === 'embedded' ? 'embedded' : verified === 'tag' ? 'he' : 'unverified';
}

export const KINDS = {
  base: {
    label: 'Base model',
    tone: '',
    words: 'The model alone, without an adapter.',
    kept: ['Other users of this server see nothing of your requests.'],
    open: [SERVER_SEES],
  },
  plain: {
    label: 'Plain',
    tone: 'info',
    words: 'An adapter that this server opened, and computes in the clear.',
    kept: [
      'The package was signed by an issuer that the operator trusts, and checked before use.',
      'Its weights are encrypted on their way and on disk.',
    ],
    open: [SERVER_SEES, 'In memory, the weights are open to whoever runs this server.'],
  },
  he: {
    label: 'Encrypted',
    tone: 'accent',
    words: 'The weights stay with their adapter host, which computes on encrypted numbers.',
    kept: [
      'The adapter host learns nothing of what you write or get, even if it cheats.',
      'Each of its answers is checked against a secret tag. A host that was wrong is barred.',
      'Each request has a key of its own.',
    ],
    open: [
      SERVER_SEES,
      'The adapter host sees how many tokens there are, and when.',
      'From many answers, whoever runs this server can compute the adapter.',
    ],
  },
  unverified: {
    label: 'Encrypted, unverified',
    tone: 'warn',
    words: 'Computed under encryption by an adapter host that gives no tags, or not yet.',
    kept: ['The adapter host cannot read what you write or get.'],
    open: [
      'Answers are checked by their size alone: the host could change what the model says.',
      SERVER_SEES,
      'The adapter host sees how many tokens there are, and when.',
    ],
  },
  embedded: {
    label: 'Embedded',
    tone: 'warn',
    words: 'Both roles run in this one process: a rehearsal of the encrypted mode.',
    kept: [],
    open: ['Nothing is hidden from anybody who runs this process.', SERVER_SEES],
  },
};

export function modeBadge(kind) {
  const { label, tone } = KINDS[kind];
  return h('span', { class: `badge ${tone}` }, label);
}

/** Two lists: what is protected, and what is not. */
export function protection(kind) {
  const { kept, open } = KINDS[kind];
  const list = (name, title, mark, items) =>
    h(
      'div',
      { class: name },
      h('h3', {}, title),
      items.length
        ? h(
            'ul',
            {},
            items.map((item) => h('li', {}, icon(mark), item)),
          )
        : h('p', { class: 'quiet' }, 'Nothing.'),
    );
  return h(
    'div',
    { class: 'protection small' },
    list('kept', 'Protected', 'shield', kept),
    list('open', 'Not protected', 'eye', open),
  );
}
