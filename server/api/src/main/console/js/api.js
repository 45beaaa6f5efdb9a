// Requests to this very server, with the tab's API key. Errors are what the API says they are.

import { key } from './session.js';

/** An error of the API, or of the way to it (status 0). */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether another key could help. */
  get wantsKey() {
    return this.status === 401;
  }

  get lacksScope() {
    return this.code === 'missing_scope';
  }
}

function authorization() {
  const value = key();
  return value ? { Authorization: `Bearer ${value}` } : {};
}

/** The error in a body, whatever the body is. */
function errorOf(status, text) {
  try {
    const { error } = JSON.parse(text);
    return new ApiError(status, error.code ?? error.type, error.message);
  } catch {
    return new ApiError(status, 'unexpected', `The server answered ${status}.`);
  }
}

async function send(method, path, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      credentials: 'omit',
      ...options,
      headers: { ...authorization(), ...options.headers },
    });
  } catch (failure) {
    if (failure.name === 'AbortError') {
      throw failure;
    }
    throw new ApiError(0, 'unreachable', 'The server does not answer.');
  }
  if (!response.ok) {
    throw errorOf(response.status, await response.text());
  }
  return response;
}

export async function get(path, signal) {
  return (await send('GET', path, { signal })).json();
}

export async function cancelRequest(id) {
  return (await send('POST', `/v1/requests/${encodeURIComponent(id)}/cancel`)).json();
}

/** Streams a chat: the events' objects one by one. Ends when the server has, or by the signal. */
export async function* chat(body, signal) {
  const response = await send('POST', '/v1/chat/completions', {
    signal,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const event of events) {
      if (!event.startsWith('data: ') || event === 'data: [DONE]') {
        continue;
      }
      const data = JSON.parse(event.slice(6));
      if (data.error) {
        throw new ApiError(response.status, data.error.code, data.error.message);
      }
      yield data;
    }
  }
}

/** Uploads a package; fetch cannot say how far it is, so this is an XMLHttpRequest. */
export function upload(file, pinned, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/v1/adapters${pinned ? '?pinned=true' : ''}`);
    request.setRequestHeader('Content-Type', 'application/vnd.tensafe.tssp');
    for (const [name, value] of Object.entries(authorization())) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded, event.total));
    request.addEventListener('load', () => {
      if (request.status < 300) {
        resolve({ fresh: request.status === 201, adapter: JSON.parse(request.responseText) });
      } else {
        reject(errorOf(request.status, request.responseText));
      }
    });
    const broken = () => reject(new ApiError(0, 'unreachable', 'The upload broke off.'));
    request.addEventListener('error', broken);
    request.addEventListener('abort', broken);
    request.send(file);
  });
}
