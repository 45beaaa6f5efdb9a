// Adapter hosts: whether they are there, which keys there are and how old, what was checked.

import { h, fill, keyed, setText } from '../dom.js';
import { age, count, fromNow } from '../format.js';
import { badge, digest, empty, fact, setBadge } from '../parts.js';

export const title = 'Adapter hosts';

const STATES = {
  connected: ['connected', 'good'],
  draining: ['stopping', 'warn'],
  connecting: ['no session', 'bad'],
  barred: ['barred', 'bad'],
};

const REASONS = {
  tag: 'an answer did not fit its secret tag',
  bounds: 'an answer was larger than any weights give',
  malformed: 'it sent what cannot be an answer',
  known_answers: 'its tag was of other weights than the package’s',
};

export function create() {
  const none = empty(
    'hosts',
    'No adapter host',
    'Adapters of mode he stay with their owner, whose adapter host computes them under encryption. ',
    'This server was started without one.',
  );
  const embedded = h(
    'p',
    { class: 'note-box warn' },
    'Embedded: the adapter host is this very process. The computation is the same, ',
    'and nothing is hidden from anybody. ',
    'For two parties, start ',
    h('code', {}, 'tensafe adapter-host'),
    ' elsewhere and give its address with ',
    h('code', {}, '--adapter-host'),
    '.',
  );
  const list = h('div', { class: 'stack' });
  const barred = h('section', { class: 'card', hidden: true });
  const element = h(
    'div',
    { class: 'view' },
    embedded,
    h('div', { class: 'card flush' }, none),
    barred,
    list,
  );

  function make(host) {
    const made = h('section', { class: 'card' });
    made.state = h('span', { class: 'badge' });
    made.problem = h('p', { class: 'note-box bad' });
    made.values = {};
    const value = (name) => (made.values[name] = h('span'));
    made.key = h('span');
    made.append(
      h('div', { class: 'card-head' }, h('h2', {}, host.address), made.state),
      made.problem,
      h(
        'dl',
        { class: 'facts' },
        fact('Key it proved to have', made.key),
        fact('Session', value('session')),
        fact('Sessions since start', value('sessions')),
        fact('Adapters open', value('adapters')),
        fact('Answers checked by tag', value('checked')),
        fact('Request keys spare', value('spare')),
        fact('Oldest of them', value('oldest')),
        fact('Pads ready', value('pads')),
      ),
      h(
        'p',
        { class: 'quiet small below' },
        'Every request gets a key of its own, and a new session makes all keys anew. ',
        'Answers are compared with secret tags before any is used; ',
        'the first that does not fit bars the host.',
      ),
    );
    return made;
  }

  function update(made, host) {
    setBadge(made.state, ...STATES[host.state]);
    made.problem.hidden = !host.problem;
    setText(made.problem, host.problem ?? '');
    if (made.shownKey !== host.key) {
      made.shownKey = host.key;
      fill(made.key, host.key ? digest(host.key, 'key') : '–');
    }
    const ages = (seconds) => (seconds === null ? '–' : age(seconds));
    setText(
      made.values.session,
      host.session_seconds === null ? 'none' : `${ages(host.session_seconds)} old`,
    );
    setText(made.values.sessions, count(host.sessions));
    setText(made.values.adapters, count(host.adapters));
    setText(made.values.checked, count(host.answers_checked));
    setText(made.values.spare, count(host.keys_spare));
    setText(
      made.values.oldest,
      host.oldest_key_seconds === null ? '–' : `${ages(host.oldest_key_seconds)} old`,
    );
    setText(made.values.pads, `${count(host.pads_ready)} positions`);
  }

  function paintBarred(pairs) {
    barred.hidden = pairs.length === 0;
    const shown = JSON.stringify(pairs);
    if (barred.shown === shown) {
      return;
    }
    barred.shown = shown;
    fill(
      barred,
      h('div', { class: 'card-head' }, h('h2', {}, 'Barred'), badge(`${pairs.length}`, 'bad')),
      h(
        'ul',
        { class: 'stack' },
        pairs.map((pair) =>
          h(
            'li',
            {},
            h('strong', {}, pair.adapter),
            ` at ${pair.address}: ${REASONS[pair.reason] ?? pair.reason}, ${fromNow(Date.parse(pair.time) / 1000)}. `,
            digest(pair.key, 'key'),
          ),
        ),
      ),
      h(
        'p',
        { class: 'quiet small' },
        'It is not asked again until the operator says so, with ',
        h('code', {}, 'tensafe adapter trust-host --reenable'),
        '.',
      ),
    );
  }

  return {
    element,
    needsStatus: true,
    update({ status }) {
      const hosts = status.adapter_hosts;
      embedded.hidden = !hosts.embedded;
      none.parentElement.hidden = hosts.data.length > 0;
      paintBarred(hosts.barred);
      keyed(list, hosts.data, (host) => host.address, make, update);
      list.hidden = hosts.data.length === 0;
    },
  };
}
