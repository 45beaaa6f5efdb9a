// A chat with any model here, to try it, and what its mode protects.

import { chat, get } from '../api.js';
import { h, fill, setText } from '../dom.js';
import { KINDS, kindOf, modeBadge, protection } from '../explain.js';
import { count, duration } from '../format.js';
import { icon } from '../icons.js';
import { announce, digest, empty } from '../parts.js';

export const title = 'Chat';

export function create({ store }) {
  const turns = [];
  let running = null;

  const log = h('div', { class: 'turns', role: 'log', 'aria-label': 'Conversation', tabindex: 0 });
  const none = empty(
    'chat',
    'Try a model',
    'What you write goes to this server and nowhere else. The conversation stays in this tab.',
  );
  log.append(none);
  const text = h('textarea', {
    class: 'input',
    rows: 2,
    'aria-label': 'Message',
    placeholder: 'Write a message…',
    title: 'Enter sends it, Shift and Enter begin a line',
  });
  const send = h('button', { class: 'button primary', type: 'submit' }, icon('send'), 'Send');
  const stop = h('button', { class: 'button', type: 'button', hidden: true }, icon('stop'), 'Stop');
  const form = h('form', { class: 'ask' }, text, stop, send);
  const model = h('select', { class: 'input', id: 'chat-model' });
  const system = h('textarea', { class: 'input', id: 'chat-system', rows: 2 });
  const temperature = number('chat-temperature', { min: 0, max: 2, step: 0.1, value: 0.7 });
  const limit = number('chat-limit', { min: 1, step: 1, value: 256 });
  const restart = h('button', { class: 'button', type: 'button' }, 'New conversation');
  const failure = h('p', { class: 'note-box bad small', role: 'alert', hidden: true });
  const about = h('section', { class: 'card stack about' }, h('h2', {}, 'What computed this'));
  const aboutBody = h('div', { class: 'stack' });
  about.append(aboutBody);

  const element = h(
    'div',
    { class: 'view' },
    h(
      'div',
      { class: 'chat' },
      h('section', { class: 'card talk', 'aria-label': 'Chat' }, log, form),
      h(
        'section',
        { class: 'card stack choice', 'aria-label': 'Model and settings' },
        field('chat-model', 'Model or adapter', model),
        h(
          'details',
          {},
          h('summary', {}, 'Settings'),
          h(
            'div',
            { class: 'stack' },
            field('chat-system', 'Instructions before the conversation', system),
            field('chat-temperature', 'Temperature', temperature),
            field('chat-limit', 'Most tokens of an answer', limit),
            restart,
          ),
        ),
        failure,
      ),
      about,
    ),
  );

  function turn(role, said = '') {
    none.remove();
    const body = h('div', { class: 'said' }, said);
    const foot = h('div', { class: 'foot' });
    const made = h(
      'div',
      { class: `turn ${role}` },
      h('span', { class: 'who' }, role === 'user' ? 'You' : model.value),
      body,
      foot,
    );
    log.append(made);
    log.scrollTop = log.scrollHeight;
    return { element: made, body, foot };
  }

  function messages() {
    const before = system.value.trim() ? [{ role: 'system', content: system.value.trim() }] : [];
    return [...before, ...turns];
  }

  async function ask(said) {
    turns.push({ role: 'user', content: said });
    turn('user', said);
    const answer = turn('assistant');
    answer.body.classList.add('busy');
    running = new AbortController();
    setBusy(true);
    const began = performance.now();
    let whole = '';
    let first = null;
    let usage = null;
    try {
      const request = {
        model: model.value,
        messages: messages(),
        temperature: Number(temperature.value),
        max_tokens: Number(limit.value),
      };
      for await (const event of chat(request, running.signal)) {
        const piece = event.choices[0]?.delta?.content;
        if (piece) {
          first ??= performance.now();
          whole += piece;
          setText(answer.body, whole);
          log.scrollTop = log.scrollHeight;
        }
        if (event.tensafe) {
          paintAbout(event.tensafe);
        }
        usage = event.usage ?? usage;
      }
      turns.push({ role: 'assistant', content: whole });
      paintFoot(answer.foot, usage, began, first);
      announce(`Answer complete: ${whole}`);
    } catch (error) {
      if (error.name === 'AbortError') {
        turns.push({ role: 'assistant', content: whole });
        fill(answer.foot, 'Stopped; the server was told.');
        announce('Stopped');
      } else {
        answer.element.classList.add('failed');
        setText(answer.body, whole ? `${whole}\n\n${error.message}` : error.message);
        fill(answer.foot, error.code ?? '');
        turns.pop();
        announce(`Failed: ${error.message}`);
      }
    } finally {
      answer.body.classList.remove('busy');
      if (!answer.body.textContent) {
        setText(answer.body, '(no text)');
      }
      running = null;
      setBusy(false);
      text.focus();
    }
  }

  function setBusy(busy) {
    stop.hidden = !busy;
    send.hidden = busy;
    model.disabled = busy;
  }

  function paintAbout(tensafe) {
    const kind = kindOf(tensafe.mode, tensafe.verified);
    fill(
      aboutBody,
      h(
        'div',
        { class: 'row' },
        modeBadge(kind),
        tensafe.adapter_digest && digest(tensafe.adapter_digest, 'digest'),
      ),
      h('p', { class: 'small' }, KINDS[kind].words),
      protection(kind),
      h(
        'p',
        { class: 'quiet small' },
        tensafe.adapter_digest
          ? 'The digest is the adapter’s, as its owner signed it. It comes with every answer, in '
          : 'It comes with every answer, in ',
        h('code', {}, 'tensafe'),
        tensafe.profile ? `; the encryption's parameters are “${tensafe.profile}”.` : '.',
      ),
    );
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (said && !running && model.value) {
      text.value = '';
      ask(said);
    }
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  stop.addEventListener('click', () => running?.abort());
  restart.addEventListener('click', () => {
    running?.abort();
    turns.length = 0;
    fill(log, none);
    text.focus();
  });
  fill(
    aboutBody,
    h(
      'p',
      { class: 'quiet small' },
      'After an answer, this says what computed it, and what that protects.',
    ),
  );

  async function loadModels() {
    const { data } = await get('/v1/models');
    const names = data.map((m) => m.id);
    if (model.shown === names.join('\n')) {
      return;
    }
    model.shown = names.join('\n');
    const chosen = model.value;
    fill(
      model,
      data.map((m) =>
        h(
          'option',
          { value: m.id },
          m.mode ? `${m.id} (${KINDS[m.mode].label.toLowerCase()})` : `${m.id} (base model)`,
        ),
      ),
    );
    if (names.includes(chosen)) {
      model.value = chosen;
    }
  }

  let asked = 0;
  return {
    element,
    needsStatus: false,
    async update() {
      if (Date.now() - asked < 5_000) {
        return;
      }
      asked = Date.now();
      try {
        await loadModels();
        failure.hidden = true;
      } catch (error) {
        if (error.wantsKey) {
          throw error;
        }
        setText(
          failure,
          error.lacksScope ? 'Chatting needs an API key with the scope “infer”.' : error.message,
        );
        failure.hidden = false;
      }
    },
  };
}

function field(id, label, input) {
  return h('div', { class: 'field' }, h('label', { for: id }, label), input);
}

function number(id, limits) {
  return h('input', { class: 'input', type: 'number', id, ...limits });
}

function paintFoot(foot, usage, began, first) {
  if (!usage || first === null) {
    return;
  }
  const seconds = (performance.now() - first) / 1000;
  const speed =
    usage.completion_tokens > 1 && seconds > 0 ? (usage.completion_tokens - 1) / seconds : 0;
  fill(
    foot,
    `${count(usage.completion_tokens)} tokens`,
    speed ? ` · ${speed.toFixed(speed < 100 ? 1 : 0)} tok/s` : '',
    ` · first after ${duration((first - began) / 1000)}`,
  );
}
