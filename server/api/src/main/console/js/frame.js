// The frame around the views: navigation, the server's state, key and theme.

import { h, setText } from './dom.js';
import { age } from './format.js';
import { icon } from './icons.js';
import { setBadge } from './parts.js';
import * as session from './session.js';
import * as theme from './theme.js';

/** [route, name, short name, icon] */
export const PAGES = [
  ['overview', 'Overview', 'Overview', 'overview'],
  ['requests', 'Requests', 'Requests', 'requests'],
  ['adapters', 'Models & adapters', 'Adapters', 'adapters'],
  ['hosts', 'Adapter hosts', 'Hosts', 'hosts'],
  ['keys', 'API keys', 'Keys', 'keys'],
  ['chat', 'Chat', 'Chat', 'chat'],
];

export function frame() {
  const links = new Map();
  const open = h('span');
  const requests = h(
    'span',
    { class: 'count', hidden: true },
    open,
    h('span', { class: 'unseen' }, ' open'),
  );
  const nav = h(
    'ul',
    { class: 'nav' },
    PAGES.map(([route, name, short, picture]) => {
      const link = h(
        'a',
        { href: `#/${route}` },
        icon(picture),
        h('span', { class: 'long' }, name),
        h('span', { class: 'short' }, short),
        route === 'requests' && requests,
      );
      links.set(route, link);
      return h('li', {}, link);
    }),
  );
  const version = h('p', {}, '');
  const uptime = h('p', {}, '');
  const state = h('span', { class: 'badge', role: 'status' }, 'connecting');
  const heading = h('h1', {}, '');
  const model = h('p', {}, '');
  const themeButton = h('button', { class: 'button icon', type: 'button' });
  const caller = h('span', { class: 'clip' }, '');
  const keyButton = h(
    'button',
    { class: 'button caller', type: 'button', title: 'Forget the API key' },
    icon('key'),
    caller,
    h('span', { class: 'unseen' }, ' forget the API key'),
  );
  keyButton.addEventListener('click', () => session.setKey(null));
  const paintTheme = () => {
    const words = theme.isDark() ? 'Switch to light' : 'Switch to dark';
    themeButton.replaceChildren(icon(theme.isDark() ? 'sun' : 'moon'));
    themeButton.setAttribute('aria-label', words);
    themeButton.title = words;
  };
  themeButton.addEventListener('click', theme.toggle);
  theme.changed.addEventListener('change', paintTheme);
  paintTheme();
  const main = h('main', { id: 'main', tabindex: -1 });
  const banner = h('p', { class: 'banner', role: 'alert', hidden: true });
  const elements = [
    h(
      'nav',
      { class: 'side', 'aria-label': 'Console' },
      h('p', { class: 'brand' }, h('img', { src: '/console/icon.svg', alt: '' }), 'TenSafe'),
      nav,
      h('div', { class: 'side-foot' }, version, uptime),
    ),
    h(
      'header',
      { class: 'top' },
      h('div', { class: 'where' }, heading, model),
      state,
      keyButton,
      themeButton,
    ),
    main,
  ];
  const content = h('div');
  main.append(banner, content);

  return {
    elements,
    main,
    content,
    show(route, title) {
      setText(heading, title);
      document.title = `${title} · TenSafe console`;
      for (const [name, link] of links) {
        if (name === route) {
          link.setAttribute('aria-current', 'page');
        } else {
          link.removeAttribute('aria-current');
        }
      }
    },
    update(store) {
      const { status } = store;
      keyButton.hidden = !session.key();
      setText(caller, status?.caller.name ?? 'API key');
      const [words, tone] = {
        loading: ['connecting', ''],
        live: status?.state === 'stopping' ? ['stopping', 'warn'] : ['live', 'good'],
        key: ['locked', 'warn'],
        scope: ['limited key', 'warn'],
        gone: ['no answer', 'bad'],
      }[store.state];
      setBadge(state, words, tone);
      banner.hidden = store.state !== 'gone';
      setText(
        banner,
        store.state === 'gone'
          ? `The server does not answer${status ? '. What you see is the last that was heard' : ''}. Trying again…`
          : '',
      );
      setText(model, status ? status.model : '');
      setText(version, status ? `Version ${status.version}` : '');
      setText(uptime, status ? `Up ${age(status.uptime_seconds)}` : '');
      const count = status?.requests.open ?? 0;
      requests.hidden = count === 0;
      setText(open, count > 99 ? '99+' : count);
    },
  };
}
