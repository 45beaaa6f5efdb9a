// API keys by name, and what was used of each. The keys themselves are stored nowhere.

import { h, keyed, setText } from '../dom.js';
import { count, fromNow, percent } from '../format.js';
import { badge, empty, row, table } from '../parts.js';

export const title = 'API keys';

const COLUMNS = [
  ['Name', ''],
  ['Scopes', ''],
  ['Requests', 'number'],
  ['Prompt tokens', 'number'],
  ['From cache', 'number'],
  ['Generated', 'number'],
  ['Last used', 'number'],
];

export function create() {
  const list = table('Use of API keys since the server started', COLUMNS);
  const open = h(
    'p',
    { class: 'note-box warn' },
    'This server has no file of API keys: whoever reaches it may do everything. It listens on this machine only. ',
    'Keys are made with ',
    h('code', {}, 'tensafe apikey add'),
    ' and given with ',
    h('code', {}, '--api-keys'),
    '.',
  );
  const none = empty('keys', 'Nothing was asked yet', 'Use since the server started appears here.');
  const more = h('p', { class: 'quiet small' });
  const element = h(
    'div',
    { class: 'view' },
    open,
    h('section', { class: 'card flush' }, list.element, none),
    more,
  );

  function make(key) {
    const made = row(COLUMNS);
    made.parts[0].append(
      h(
        'strong',
        {},
        key.name === '_anonymous' ? 'Everybody' : key.name === '_other' ? 'Others' : key.name,
      ),
    );
    made.scopes = h('span', { class: 'row' });
    made.parts[1].append(made.scopes);
    return made;
  }

  function update(made, key) {
    const [, , requests, prompt, cached, generated, last] = made.parts;
    const scopes = key.scopes ?? [];
    if (made.shown !== String(key.scopes)) {
      made.shown = String(key.scopes);
      made.scopes.replaceChildren(
        ...(key.scopes
          ? scopes.map((s) => badge(s, s === 'admin' ? 'warn' : ''))
          : [badge('not in the file')]),
      );
    }
    setText(requests, count(key.requests));
    setText(prompt, count(key.prompt_tokens));
    setText(cached, percent(key.cached_tokens, key.prompt_tokens));
    setText(generated, count(key.generated_tokens));
    setText(last, key.last_used === null ? 'not since start' : fromNow(key.last_used));
  }

  return {
    element,
    needsStatus: true,
    update({ status }) {
      const { required, data, omitted } = status.api_keys;
      open.hidden = required;
      list.element.hidden = data.length === 0;
      none.hidden = data.length > 0;
      keyed(list.body, data, (k) => k.name, make, update);
      setText(more, omitted ? `${count(omitted)} more are not listed.` : '');
    },
  };
}
