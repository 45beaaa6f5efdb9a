// The latest status and its history, read once a second while the page is seen.

import { ApiError, get } from './api.js';
import { History } from './history.js';
import * as session from './session.js';

const PERIOD = 1_000;
const HIDDEN_PERIOD = 10_000;

/**
 * States: `loading`, `live`, `key` (a key is needed, or another one), `scope` (the key may not look
 * at the status, but may do other things), `gone` (no answer; the last status stands).
 */
export class Store extends EventTarget {
  constructor() {
    super();
    this.state = 'loading';
    this.error = null;
    this.status = null;
    this.history = new History();
    this.round = 0;
    session.changed.addEventListener('change', () => this.anew());
    document.addEventListener('visibilitychange', () => {
      if (this.state === 'live' || this.state === 'gone') {
        this.soon(0);
      }
    });
  }

  /** Begins to read. */
  start() {
    this.soon(0);
  }

  anew() {
    this.status = null;
    this.history = new History();
    this.state = 'loading';
    this.tell();
    this.soon(0);
  }

  /** Reads again at once, after something was changed. */
  refresh() {
    this.soon(0);
  }

  soon(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), delay);
  }

  async read() {
    const round = ++this.round;
    try {
      const status = await get('/v1/status');
      if (round !== this.round) {
        return;
      }
      this.status = status;
      this.history.add(status);
      this.state = 'live';
      this.error = null;
    } catch (failure) {
      if (round !== this.round) {
        return;
      }
      this.error =
        failure instanceof ApiError ? failure : new ApiError(0, 'broken', String(failure));
      this.state = this.error.wantsKey ? 'key' : this.error.lacksScope ? 'scope' : 'gone';
    }
    this.tell();
    if (this.state === 'live' || this.state === 'gone') {
      this.soon(document.hidden ? HIDDEN_PERIOD : PERIOD);
    }
  }

  tell() {
    this.dispatchEvent(new Event('change'));
  }

  /** Whether the key may do something; true where that is not known. */
  may(scope) {
    const scopes = this.status?.caller.scopes;
    return !scopes || scopes.includes(scope);
  }
}
