// Begins the console: a frame, a store that reads the server, and the view that the address names.

import { confirm, confirmDialog } from './confirm.js';
import { h, fill } from './dom.js';
import { frame, PAGES } from './frame.js';
import { gate } from './gate.js';
import { empty, speech } from './parts.js';
import { Store } from './store.js';
import * as theme from './theme.js';
import * as adapters from './views/adapters.js';
import * as chat from './views/chat.js';
import * as hosts from './views/hosts.js';
import * as keys from './views/keys.js';
import * as overview from './views/overview.js';
import * as requests from './views/requests.js';

const VIEWS = { overview, requests, adapters, hosts, keys, chat };

theme.restore();
const store = new Store();
const shell = frame();
document.getElementById('app').replaceChildren(...shell.elements, confirmDialog(), speech());

/** Views that were opened: a conversation is still there when one comes back. */
const opened = new Map();
let current = null;
let standIn = null;

function route() {
  const name = location.hash.replace(/^#\/?/, '');
  return PAGES.some(([known]) => known === name) ? name : 'overview';
}

function go(focus) {
  const name = route();
  if (!opened.has(name)) {
    opened.set(name, VIEWS[name].create({ store, confirm }));
  }
  current = opened.get(name);
  standIn = null;
  shell.show(name, VIEWS[name].title);
  paint();
  if (focus) {
    window.scrollTo(0, 0);
    shell.main.focus({ preventScroll: true });
  }
}

/** What stands in the view's place, or null: [kind, element maker]. */
function inPlace() {
  if (store.state === 'key') {
    return ['key', () => gate(store.error)];
  }
  if (store.state === 'scope' && current.needsStatus) {
    return [
      'scope',
      () =>
        h(
          'div',
          { class: 'card' },
          empty(
            'key',
            'This key may not look here',
            'The status of the server is shown to API keys with the scope “metrics”. ',
            'Models and the chat may still be open to it.',
          ),
        ),
    ];
  }
  if (!store.status && (store.state === 'loading' || store.state === 'gone')) {
    return ['loading', () => bones()];
  }
  return null;
}

function bones() {
  return h(
    'div',
    { class: 'view loading', 'aria-busy': 'true' },
    h('p', { class: 'unseen' }, 'Loading'),
    h(
      'div',
      { class: 'tiles' },
      [1, 2, 3, 4].map(() => h('div', { class: 'bone' })),
    ),
    h(
      'div',
      { class: 'pair' },
      [1, 2, 3, 4].map(() => h('div', { class: 'bone tall' })),
    ),
  );
}

function paint() {
  shell.update(store);
  const instead = inPlace();
  if (instead) {
    const [kind, make] = instead;
    // one for each answer of the server: a wrong key says so
    const key = kind === 'key' ? `key ${store.round}` : kind;
    if (standIn !== key) {
      standIn = key;
      const element = make();
      fill(shell.content, element);
      element.focusInput?.();
    }
    return;
  }
  standIn = null;
  if (shell.content.firstElementChild !== current.element) {
    fill(shell.content, current.element);
  }
  Promise.resolve(current.update(store)).catch((error) => {
    if (error.wantsKey) {
      store.error = error;
      store.state = 'key';
      paint();
    }
  });
}

window.addEventListener('hashchange', () => go(true));
store.addEventListener('change', paint);
go(false);
store.start();
