// Three hints for a first visit, each once: drag a slider, hold to compare, save. Esc ends them.
import { endsByEscape } from './escape.js';
import { hear, now } from './page_state.js';

const KEY = 'in-domain-editor-coached';
const GAP = 10; // px from what a hint points at

/** @typedef {{name: string, text: string, target: string, done: string}} Hint target: selectors, the best first; done: what ends it */

/** @type {Hint[]} */
export const HINTS = [
  { name: 'slider', text: 'Drag me.', target: '#slider-smile, #panel .move', done: 'moves' },
  { name: 'compare', text: 'Hold to see the photo.', target: '#header-bar [data-act=compare]', done: 'compare' },
  { name: 'save', text: 'Save it at full size.', target: '#header-bar [data-act=save]', done: 'save' },
];

/**
 * Return the hint that is next, or null.
 * @param {string[]} seen names
 * @param {(hint: Hint) => boolean} visible whether what it points at can be seen
 */
export const next = (seen, visible) => HINTS.find((hint) => !seen.includes(hint.name) && visible(hint)) || null;

/** @returns {string[]} */
function seen() {
  try { return JSON.parse(localStorage.getItem(KEY) || '[]'); } catch { return HINTS.map((hint) => hint.name); }
}
/** @param {string[]} names */
function remember(names) {
  try { localStorage.setItem(KEY, JSON.stringify(names)); } catch { /* private mode: there were none */ }
}

/** Show hints from now on, while a picture is open in Edit. */
export function coaches() {
  const bubble = document.createElement('div');
  bubble.id = 'coach';
  bubble.setAttribute('role', 'status');
  bubble.hidden = true;
  document.body.append(bubble);
  /** @type {Hint | null} */
  let hint = null;

  /** @param {Hint} one */
  const target = (one) => one.target.split(', ').flatMap((selector) => [...document.querySelectorAll(selector)]).find((found) => found.getClientRects().length > 0);
  function show() {
    const open = now().place === 'edit' && ['working', 'done'].includes(now().stage.state) && Boolean(now().stage.picture);
    hint = open && now().tool === 'sliders' ? next(seen(), (one) => Boolean(target(one))) : null;
    bubble.hidden = !hint;
    if (!hint) return;
    bubble.textContent = hint.text;
    const at = /** @type {Element} */ (target(hint)).getBoundingClientRect();
    const beside = at.left > bubble.offsetWidth + 2 * GAP && at.width > 200; // a slider: to its left
    bubble.dataset.side = beside ? 'left' : 'below';
    const left = beside ? at.left - bubble.offsetWidth - GAP : at.left + at.width / 2 - bubble.offsetWidth / 2;
    bubble.style.left = `${Math.max(GAP, Math.min(innerWidth - bubble.offsetWidth - GAP, left))}px`;
    bubble.style.top = `${beside ? at.top + at.height / 2 - bubble.offsetHeight / 2 : at.bottom + GAP}px`;
  }
  /** @param {string} name of what was told */
  function told(name) {
    if (hint?.done !== name || (name === 'moves' && !Object.keys(now().moves).length)) return;
    remember([...seen(), hint.name]);
    show();
  }
  for (const name of ['moves', 'compare', 'save']) hear(name, (value) => { if (value !== false) told(name); });
  for (const name of ['stage', 'place', 'tool']) hear(name, () => requestAnimationFrame(show));
  window.addEventListener('resize', show);
  endsByEscape('hints', () => {
    if (!hint) return false;
    remember(HINTS.map((one) => one.name));
    show();
    return true;
  });
}
