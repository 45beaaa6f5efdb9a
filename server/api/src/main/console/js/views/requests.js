// Requests that are being answered: ids and counts, never text.

import { cancelRequest } from '../api.js';
import { h, fill, keyed, setText } from '../dom.js';
import { age, count } from '../format.js';
import { KINDS } from '../explain.js';
import { announce, empty, row, setBadge, table } from '../parts.js';

export const title = 'Requests';

const STATES = {
  preparing: ['preparing', ''],
  waiting: ['waiting', 'warn'],
  running: ['running', 'good'],
};

const COLUMNS = [
  ['Request', ''],
  ['Key', ''],
  ['Model', ''],
  ['Mode', ''],
  ['State', ''],
  ['Prompt', 'number'],
  ['Generated', 'number'],
  ['Age', 'number'],
  ['Action', ''],
];

export function create({ store, confirm }) {
  const list = table('Requests that are being answered', COLUMNS);
  const none = empty(
    'idle',
    'No request is being answered',
    'Requests appear here while they are prepared, wait or run. Their text is shown nowhere.',
  );
  const more = h('p', { class: 'quiet small' });
  const failure = h('p', { class: 'note-box bad', role: 'alert', hidden: true });
  const element = h(
    'div',
    { class: 'view' },
    failure,
    h('section', { class: 'card flush' }, list.element, none),
    more,
  );

  async function cancel(request) {
    const agreed = await confirm({
      title: 'Cancel this request?',
      words: `Its client gets an error that says so. ${count(request.generated_tokens)} tokens were generated so far.`,
      action: 'Cancel request',
      keep: 'Let it run',
    });
    if (!agreed) {
      return;
    }
    failure.hidden = true;
    try {
      await cancelRequest(request.id);
      announce('The request is cancelled');
    } catch (error) {
      if (error.code !== 'request_not_found') {
        fill(
          failure,
          error.lacksScope ? 'Cancelling needs an API key with the scope “admin”.' : error.message,
        );
        failure.hidden = false;
      } else {
        announce('The request has ended already');
      }
    }
    store.refresh();
  }

  function make(request) {
    const made = row(COLUMNS);
    const [id, tenant, model, mode, state, , , , action] = made.parts;
    id.append(h('span', { class: 'mono clip', title: request.id }, request.id));
    tenant.append(
      h('span', { class: 'clip' }, request.tenant === '_anonymous' ? 'no key' : request.tenant),
    );
    made.model = h('span', { class: 'clip' });
    model.append(made.model);
    made.mode = h('span', { class: 'badge' });
    mode.append(made.mode);
    made.state = h('span', { class: 'badge' });
    state.append(made.state);
    made.latest = request;
    action.append(
      h(
        'button',
        {
          class: 'button danger tight',
          type: 'button',
          'aria-label': `Cancel request ${request.id}`,
          on: { click: () => cancel(made.latest) },
        },
        'Cancel',
      ),
    );
    return made;
  }

  function update(made, request) {
    made.latest = request;
    const [, , , mode, , prompt, generated, since, action] = made.parts;
    setText(made.model, request.model ?? '–');
    mode.hidden = !request.mode;
    if (request.mode) {
      setBadge(made.mode, KINDS[request.mode].label, KINDS[request.mode].tone);
    }
    setBadge(made.state, ...STATES[request.state]);
    setText(prompt, count(request.prompt_tokens));
    setText(generated, count(request.generated_tokens));
    setText(since, age(request.age_seconds));
    action.hidden = !store.may('admin');
  }

  return {
    element,
    needsStatus: true,
    update({ status }) {
      const { data, omitted } = status.requests;
      list.element.hidden = data.length === 0;
      none.hidden = data.length > 0;
      list.element.querySelector('th:last-child').hidden = !store.may('admin');
      keyed(list.body, data, (r) => `${r.id} ${r.route} ${r.tenant}`, make, update);
      setText(more, omitted ? `${count(omitted)} more are not listed.` : '');
    },
  };
}
