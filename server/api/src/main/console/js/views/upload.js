// Uploads packages: dropped or chosen, one after the other, each with how far it is and what
// became of it.

import { upload } from '../api.js';
import { h, setText } from '../dom.js';
import { KINDS, kindOf } from '../explain.js';
import { bytes } from '../format.js';
import { icon } from '../icons.js';
import { announce } from '../parts.js';

/** What to do about refusals that people meet; the server's own words stand before it. */
const ADVICE = {
  adapter_issuer_unknown:
    'Its signer is not pinned here. The operator adds issuers with “tensafe trust add”.',
  adapter_issuer_revoked: 'The operator has revoked its signer.',
  adapter_signature_invalid:
    'The file was changed after it was signed. Ask its owner for it again.',
  adapter_digest_mismatch: 'The file was changed after it was signed. Ask its owner for it again.',
  adapter_base_model_mismatch: 'It was made for another base model than the one served here.',
  adapter_not_a_recipient:
    'It was encrypted for another host. Give its owner this host’s public key.',
  adapter_expired: 'Ask its owner for a newer package.',
  adapter_name_taken: 'Another issuer has an adapter of this name here.',
  adapter_versions_conflict: 'A version is replaced by a higher one only.',
  missing_scope: 'Uploading needs an API key with the scope “adapters”.',
};

export function uploader(onChange) {
  const input = h('input', {
    class: 'unseen',
    type: 'file',
    id: 'package-file',
    accept: '.tssp',
    multiple: true,
  });
  const pinned = h('input', { type: 'checkbox', id: 'package-pinned' });
  const drop = h(
    'label',
    { class: 'drop', for: 'package-file' },
    icon('upload'),
    h('strong', {}, 'Drop a .tssp package here, or choose a file'),
    h(
      'span',
      { class: 'quiet small' },
      'It is verified before anything of it is used: signature, issuer, expiry, base model.',
    ),
    input,
  );
  const results = h('div', { class: 'stack' });
  const element = h(
    'div',
    { class: 'stack' },
    drop,
    h('label', { class: 'check small' }, pinned, 'Keep it in memory (pinned)'),
    results,
  );
  let queue = Promise.resolve();

  function take(files) {
    for (const file of files) {
      const result = line(file);
      results.prepend(result.element);
      const keep = pinned.checked;
      queue = queue.then(() => run(file, keep, result));
    }
  }

  async function run(file, keep, result) {
    try {
      const done = await upload(file, keep, (loaded, total) => result.progress(loaded, total));
      result.done(done);
      onChange();
    } catch (error) {
      result.refused(error);
    }
  }

  input.addEventListener('change', () => {
    take([...input.files]);
    input.value = '';
  });
  for (const type of ['dragenter', 'dragover']) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    take([...event.dataTransfer.files]);
  });
  return { element };
}

function line(file) {
  const state = h('p', { class: 'small' }, `waiting, ${bytes(file.size)}`);
  const bar = h('progress', { max: 100, value: 0, 'aria-label': `Upload of ${file.name}` });
  const element = h('div', { class: 'note-box' }, h('strong', {}, file.name), state, bar);
  return {
    element,
    progress(loaded, total) {
      bar.value = total ? (100 * loaded) / total : 0;
      setText(
        state,
        loaded < total ? `${bytes(loaded)} of ${bytes(total)}` : 'received; it is being verified',
      );
    },
    done({ fresh, adapter }) {
      bar.remove();
      element.classList.add('good');
      const kind = KINDS[kindOf(adapter.mode, adapter.verified)].label.toLowerCase();
      const words = fresh
        ? `Accepted: ${adapter.id}, version ${adapter.version}, ${kind}.`
        : `This very package is here already: ${adapter.id}, version ${adapter.version}.`;
      setText(state, words);
      announce(words);
    },
    refused(error) {
      bar.remove();
      element.classList.add('bad');
      setText(state, `Refused: ${error.message}`);
      const advice = ADVICE[error.code];
      if (advice) {
        element.append(h('p', { class: 'small' }, advice));
      }
      element.append(h('p', { class: 'small mono' }, error.code));
      announce(`${file.name} was refused: ${error.message}`);
    },
  };
}
