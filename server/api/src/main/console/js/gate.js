// Asks for an API key.

import { h, fill } from './dom.js';
import * as session from './session.js';

/**
 * What stands in place of a view when the server wants a key.
 *
 * @param error of the last attempt
 */
export function gate(error) {
  const input = h('input', {
    class: 'input mono',
    id: 'api-key',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    placeholder: 'tsk-…',
  });
  const wrong = h('p', { class: 'note-box bad', role: 'alert', id: 'api-key-wrong' });
  if (error?.code === 'invalid_api_key') {
    fill(wrong, 'This server does not know that key. It may have been removed or rotated.');
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', 'api-key-wrong');
  } else {
    wrong.hidden = true;
  }
  const form = h(
    'form',
    { class: 'card stack' },
    h('h2', {}, 'This server needs an API key'),
    wrong,
    h('div', { class: 'field' }, h('label', { for: 'api-key' }, 'API key'), input),
    h('button', { class: 'button primary', type: 'submit' }, 'Continue'),
    h(
      'p',
      { class: 'quiet small' },
      'It is kept in this tab until you close it, and sent to this server only. ',
      'The console reads the status with the scope ',
      h('code', {}, 'metrics'),
      ', chats with ',
      h('code', {}, 'infer'),
      ', uploads with ',
      h('code', {}, 'adapters'),
      ' and cancels with ',
      h('code', {}, 'admin'),
      '.',
    ),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    session.setKey(input.value.trim());
  });
  const element = h('div', { class: 'gate' }, form);
  element.focusInput = () => input.focus();
  return element;
}
