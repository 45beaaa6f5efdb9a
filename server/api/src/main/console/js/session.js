// The API key: in this tab's memory, and its session storage, until the tab is closed.

const NAME = 'tensafe-api-key';

export const changed = new EventTarget();

export function key() {
  return sessionStorage.getItem(NAME);
}

export function setKey(value) {
  if (value) {
    sessionStorage.setItem(NAME, value);
  } else {
    sessionStorage.removeItem(NAME);
  }
  changed.dispatchEvent(new Event('change'));
}
