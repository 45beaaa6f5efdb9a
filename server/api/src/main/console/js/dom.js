// Elements from data. Text is only ever a text node: nothing a server or a model says is markup.

const SVG = 'http://www.w3.org/2000/svg';

/** The children that `keyed` made, by parent and key. */
const KEYED = new WeakMap();

/**
 * Makes an element. Properties: `class`, `data` (data-*), `on` (listeners), `hidden` and other
 * booleans as attributes, everything else as an attribute. Children: nodes, texts, arrays, null.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  apply(element, properties);
  append(element, children);
  return element;
}

/** As `h`, in SVG. */
export function svg(name, properties = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  apply(element, properties);
  append(element, children);
  return element;
}

function apply(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else if (name === 'data') {
      Object.assign(element.dataset, value);
    } else {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child);
    }
  }
}

/** Sets a text if it is another one, so that selections and screen readers are left in peace. */
export function setText(element, text) {
  const next = String(text);
  if (element.textContent !== next) {
    element.textContent = next;
  }
}

/** Puts children into an element in place of what it has. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Keeps the children of an element in step with data: one per key, made once, updated from then on,
 * in the order of the data. So focus and selection survive an update.
 */
export function keyed(parent, items, keyOf, make, update) {
  const known = KEYED.get(parent) ?? new Map();
  KEYED.set(parent, known);
  const wanted = new Set();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    wanted.add(key);
    let child = known.get(key);
    if (!child) {
      child = make(item);
      known.set(key, child);
    }
    update(child, item);
    if (child === place) {
      place = place.nextElementSibling;
    } else {
      parent.insertBefore(child, place);
    }
  }
  for (const [key, child] of known) {
    if (!wanted.has(key)) {
      child.remove();
      known.delete(key);
    }
  }
}
