// Light and dark: the system's, until the switch says otherwise.

const NAME = 'tensafe-theme';

export const changed = new EventTarget();

const system = window.matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', () => changed.dispatchEvent(new Event('change')));

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : system.matches;
}

export function restore() {
  const chosen = localStorage.getItem(NAME);
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.dataset.theme = chosen;
  }
}

export function toggle() {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem(NAME, next);
  changed.dispatchEvent(new Event('change'));
}

/** A colour of tokens.css as canvas takes it. */
export function colour(token) {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
