// The pictures to mark, and the hands that mark them.
import { isDouble, LONG_MS, toggled } from './slider_marks.js';

/** @typedef {import('./slider_marks.js').Picture} Picture */
/** @typedef {import('./slider_marks.js').Mark} Mark */

/** @type {Record<Mark, [string, string]>} */
const SIGNS = { has: ['✓', 'has it'], not: ['✕', 'has it not'], '': ['', 'not marked'] };
/** @type {{id: string, at: number} | null} */
let tapped = null;

/**
 * Show the pictures in place: a card that stays is the same element.
 * @param {HTMLElement} root
 * @param {Picture[]} items
 * @param {string} subject
 * @param {boolean} busy
 * @param {(id: string, mark: Mark) => void} mark
 */
export function drawCards(root, items, subject, busy, mark) {
  const old = /** @type {HTMLElement[]} */ ([...root.children]);
  const same = old.length === items.length && items.every((item, i) => old[i].dataset.id === item.id);
  if (!same) {
    const focused = old.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const cards = items.length ? items.map((item) => card(item, mark)) : placeholders();
    root.replaceChildren(...cards);
    if (focused >= 0) cards[Math.min(focused, cards.length - 1)].focus({ preventScroll: true });
  }
  root.setAttribute('aria-busy', String(busy));
  items.forEach((item, i) => dress(/** @type {HTMLElement} */ (root.children[i]), item, i, subject));
}

/** Return twelve empty places. */
function placeholders() {
  return Array.from({ length: 12 }, () => {
    const empty = document.createElement('div');
    empty.className = 'card empty';
    return empty;
  });
}

/**
 * @param {HTMLElement} button
 * @param {Picture} item
 * @param {number} index
 * @param {string} subject
 */
function dress(button, item, index, subject) {
  const [sign, words] = SIGNS[item.mark];
  if (button.dataset.mark === item.mark) return;
  button.dataset.mark = item.mark;
  button.setAttribute('aria-label', `${subject[0].toUpperCase()}${subject.slice(1)} ${index + 1}, ${words}`);
  /** @type {HTMLElement} */ (button.lastElementChild).textContent = sign;
}

/**
 * @param {Picture} item
 * @param {(id: string, mark: Mark) => void} mark
 */
function card(item, mark) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'card';
  button.dataset.id = item.id;
  const image = document.createElement('img');
  Object.assign(image, { src: item.src, alt: '', draggable: false });
  const sign = document.createElement('span');
  sign.setAttribute('aria-hidden', 'true');
  button.append(image, sign);
  const now = () => /** @type {Mark} */ (button.dataset.mark || '');
  let timer = 0;
  let long = false;
  button.addEventListener('pointerdown', (event) => {
    long = false;
    if (event.pointerType === 'mouse') return;
    timer = window.setTimeout(() => { long = true; mark(item.id, toggled(now(), 'not')); }, LONG_MS);
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
    button.addEventListener(name, () => window.clearTimeout(timer));
  }
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  button.addEventListener('click', (event) => {
    if (long) { long = false; return; }
    const finger = /** @type {PointerEvent} */ (event).pointerType === 'touch';
    const double = finger && isDouble(tapped, item.id, event.timeStamp);
    tapped = finger && !double ? { id: item.id, at: event.timeStamp } : null;
    if (double) mark(item.id, 'not');
    else mark(item.id, toggled(now(), event.shiftKey ? 'not' : 'has'));
  });
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'x' && event.key !== 'X') return;
    event.preventDefault();
    mark(item.id, toggled(now(), 'not'));
  });
  return button;
}
