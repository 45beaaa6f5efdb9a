// Asks before something that cannot be undone.

import { h, fill } from './dom.js';

const dialog = h('dialog', { 'aria-labelledby': 'confirm-title' });

export function confirmDialog() {
  return dialog;
}

/** Whether the user agrees. */
export function confirm({ title, words, action, keep }) {
  return new Promise((resolve) => {
    const no = h(
      'button',
      { class: 'button', type: 'button', on: { click: () => dialog.close('no') } },
      keep,
    );
    const yes = h(
      'button',
      { class: 'button danger', type: 'button', on: { click: () => dialog.close('yes') } },
      action,
    );
    fill(
      dialog,
      h(
        'div',
        { class: 'stack' },
        h('h2', { id: 'confirm-title' }, title),
        h('p', {}, words),
        h('div', { class: 'row' }, no, yes),
      ),
    );
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    dialog.returnValue = 'no';
    dialog.showModal();
    no.focus();
  });
}
