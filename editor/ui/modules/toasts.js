// Short messages at the foot of the page, with what can be done about them.
import { hear } from './page_state.js';

const STAY_MS = 8000;
const MOST = 3; // of those that go by themselves, the oldest goes first

/**
 * @typedef {{text: string, actions?: {title: string, run: () => void}[], bad?: boolean, stay?: boolean}} Said
 *   bad: it did not work; stay: until it is closed.
 */

let pointer = ''; // where it moved last
/** @param {PointerEvent} event */
const place = ({ clientX, clientY }) => `${Math.floor(clientX)} ${Math.floor(clientY)}`;
window.addEventListener('pointermove', (event) => { pointer = place(event); }, true);

/** @returns {HTMLElement} */
function region() {
  let found = document.getElementById('toasts');
  if (!found) {
    found = document.createElement('div');
    found.id = 'toasts';
    found.setAttribute('role', 'status');
    found.setAttribute('aria-live', 'polite');
    found.setAttribute('aria-label', 'Messages');
  }
  // what lies under an open dialog cannot be pressed
  const open = [...document.querySelectorAll('dialog[open]')].pop();
  const home = open || document.body;
  if (found.parentElement === home) return found;
  home.append(found);
  open?.addEventListener('close', region, { once: true }); // what it says outlives the dialog
  return found;
}

/**
 * @param {string} title
 * @param {() => void} run
 * @param {string} [label]
 */
function button(title, run, label) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = title;
  if (label) made.setAttribute('aria-label', label);
  made.addEventListener('click', run);
  return made;
}

/**
 * Show a message for eight seconds, or as long as the focus or a pointer that moved into it is there, or until it
 * is closed. A pointer under which it appears does not hold it.
 * Return what ends it.
 * @param {Said} said
 * @returns {() => void}
 */
export function say({ text, actions = [], bad = false, stay = false }) {
  const home = region();
  const toast = document.createElement('div');
  toast.className = bad ? 'toast bad' : 'toast';
  const line = document.createElement('span');
  line.textContent = text;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const end = () => { clearTimeout(timer); toast.remove(); };
  const hold = () => clearTimeout(timer);
  const wait = () => { hold(); if (!stay) timer = setTimeout(end, STAY_MS); };
  let entered = false;
  const leave = () => { if (!entered && !toast.matches(':focus-within')) wait(); };
  toast.append(line, ...actions.map(({ title, run }) => button(title, () => { end(); run(); })), button('✕', end, 'Close'));
  toast.addEventListener('focusin', hold);
  toast.addEventListener('pointerenter', (event) => { if (place(event) !== pointer) { entered = true; hold(); } });
  toast.addEventListener('pointerleave', () => { entered = false; leave(); });
  toast.addEventListener('focusout', () => setTimeout(leave));
  toast.classList.toggle('stays', stay);
  for (let count = home.childElementCount; count >= MOST; count -= 1) (home.querySelector('.toast:not(.stays)') || home.firstElementChild)?.remove();
  home.append(toast);
  wait();
  return end;
}

hear('said', say);
