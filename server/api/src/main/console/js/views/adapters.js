// Models and adapters: what may be asked for, whose it is, what its mode protects.

import { get } from '../api.js';
import { h, fill, keyed, setText } from '../dom.js';
import { KINDS, kindOf, modeBadge, protection } from '../explain.js';
import { bytes, count, day, fromNow } from '../format.js';
import { digest, empty, fact, meter, setBadge } from '../parts.js';
import { uploader } from './upload.js';

export const title = 'Models & adapters';

const STATES = {
  stored: ['on disk', '', 'Verified, and encrypted on disk. It is loaded when it is asked for.'],
  loading: ['loading', 'info', 'On its way into memory.'],
  resident: ['in memory', 'good', 'Ready.'],
  draining: ['leaving', 'warn', 'Replaced or removed; requests that began before still use it.'],
  unavailable: ['unavailable', 'bad', 'It cannot be used.'],
};

const WEEK = 7 * 86_400;

export function create({ store }) {
  const base = h('section', { class: 'card' });
  const list = h('div', { class: 'stack' });
  const none = empty('adapters', 'No adapters yet', 'Drop a package above to add the first one.');
  const closed = empty(
    'adapters',
    'This server accepts no adapters',
    'It was started without ',
    h('code', {}, '--adapters'),
    ', ',
    h('code', {}, '--trust'),
    ' and ',
    h('code', {}, '--recipient-key'),
    '.',
  );
  const uploads = uploader(() => store.refresh());
  const uploadCard = h(
    'section',
    { class: 'card' },
    h('div', { class: 'card-head' }, h('h2', {}, 'Add an adapter')),
    uploads.element,
  );
  const noneCard = h('div', { class: 'card flush' }, none);
  const closedCard = h('div', { class: 'card flush' }, closed);
  const element = h('div', { class: 'view' }, base, uploadCard, closedCard, noneCard, list);

  function make({ adapter }) {
    const made = h('article', { class: 'card' });
    made.state = h('span', { class: 'badge' });
    made.mode = h('span');
    made.words = h('p', { class: 'quiet' });
    made.problem = h('p', { class: 'note-box bad' });
    made.values = {};
    const value = (name) => (made.values[name] = h('span'));
    made.budget = h('div', { class: 'field' });
    made.protection = h('details');
    made.append(
      h(
        'div',
        { class: 'card-head' },
        h('h2', {}, adapter.id),
        h('span', { class: 'quiet small' }, `version ${adapter.version}`),
        made.mode,
        made.state,
      ),
      h(
        'div',
        { class: 'stack' },
        made.words,
        made.problem,
        h(
          'dl',
          { class: 'facts' },
          fact('Digest', digest(adapter.adapter_digest, 'digest')),
          fact(
            'Issuer',
            h('span', { class: 'row' }, value('issuer'), digest(adapter.owned_by, 'issuer key')),
          ),
          fact('Expires', value('expires')),
          fact('Requests now', value('requests')),
          fact('Memory', value('memory')),
          fact('Size', `${count(adapter.parameters)} parameters, rank ${adapter.rank}`),
          fact('Who may use it', value('tenants')),
          fact('Licence', value('license')),
        ),
        made.budget,
        made.protection,
      ),
    );
    return made;
  }

  function update(made, { adapter, issuer, problem, budget, allowed_tenants: tenants }) {
    const kind = kindOf(adapter.mode, adapter.verified);
    if (made.kind !== kind) {
      made.kind = kind;
      fill(made.mode, modeBadge(kind));
      setText(made.words, KINDS[kind].words);
      fill(made.protection, h('summary', {}, 'What this mode protects'), protection(kind));
    }
    const [label, tone, hint] = STATES[adapter.state];
    setBadge(made.state, label, tone);
    made.state.title = hint;
    const wrong = adapter.reason ? `Not to be used: ${adapter.reason}` : problem;
    made.problem.hidden = !wrong;
    setText(made.problem, wrong ?? '');
    setText(made.values.issuer, issuer ?? (issuer === null ? 'not trusted now' : ''));
    expiry(made.values.expires, adapter.expires);
    setText(made.values.requests, count(adapter.active_requests));
    setText(
      made.values.memory,
      `${bytes(adapter.memory_bytes)}${adapter.pinned ? ', pinned' : ''}`,
    );
    setText(
      made.values.tenants,
      !tenants || tenants.length === 0 ? 'everybody' : tenants.join(', '),
    );
    setText(made.values.license, adapter.license ?? '–');
    paintBudget(made, budget);
  }

  function paintBase(name, length) {
    if (base.shown === name) {
      return;
    }
    base.shown = name;
    fill(
      base,
      h('div', { class: 'card-head' }, h('h2', {}, name), modeBadge('base')),
      h(
        'div',
        { class: 'stack' },
        h(
          'p',
          { class: 'quiet' },
          `${KINDS.base.words} Prompt and answer together: ${count(length)} tokens.`,
        ),
        h('details', {}, h('summary', {}, 'What this mode protects'), protection('base')),
      ),
    );
  }

  function paint(name, length, accepted, data) {
    paintBase(name, length);
    uploadCard.hidden = !accepted || !store.may('adapters');
    closedCard.hidden = accepted;
    noneCard.hidden = !accepted || data.length > 0;
    keyed(
      list,
      data,
      (entry) => `${entry.adapter.id} ${entry.adapter.adapter_digest}`,
      make,
      update,
    );
  }

  /** For a key that may not look at the status, but at adapters. */
  async function paintWithoutStatus() {
    const models = (await get('/v1/models')).data;
    const { data } = await get('/v1/adapters');
    paint(
      models[0].id,
      models[0].max_model_len,
      true,
      data.map((adapter) => ({ adapter })),
    );
  }

  return {
    element,
    needsStatus: false,
    update({ status }) {
      if (status) {
        paint(status.model, status.max_model_len, status.adapters.accepted, status.adapters.data);
        return null;
      }
      return paintWithoutStatus();
    },
  };
}

function expiry(element, iso) {
  if (!iso) {
    setText(element, 'never');
    return;
  }
  const seconds = Date.parse(iso) / 1000 - Date.now() / 1000;
  setText(element, `${day(iso)}, ${fromNow(Date.parse(iso) / 1000)}`);
  element.className = seconds < 0 ? 'badge bad' : seconds < WEEK ? 'badge warn' : '';
}

function paintBudget(made, budget) {
  const most = budget?.max_tokens_total;
  const daily = budget?.max_tokens_per_tenant_per_day;
  made.budget.hidden = !most && !daily;
  if (made.budget.hidden) {
    return;
  }
  if (!made.budgetLabel) {
    made.budgetLabel = h('span', { class: 'label' });
    made.meter = meter('Tokens used of the budget', 0);
    made.budget.append(made.budgetLabel, made.meter);
  }
  const words = [];
  if (most) {
    words.push(`${count(budget.used_tokens)} of ${count(most)} tokens used`);
    made.meter.set(budget.used_tokens / most);
  }
  if (daily) {
    words.push(`at most ${count(daily)} a day for each API key`);
  }
  made.meter.hidden = !most;
  setText(made.budgetLabel, `Budget: ${words.join('; ')}`);
}
