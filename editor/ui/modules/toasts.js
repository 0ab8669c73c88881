// Short messages at the foot of the page, with what can be done about them.
import { hear } from './page_state.js';

const STAY_MS = 8000;
const MOST = 3;

/**
 * @typedef {{text: string, actions?: {title: string, run: () => void}[], bad?: boolean}} Said
 *   bad: it did not work.
 */

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
 * Show a message for eight seconds, or as long as the pointer or the focus is in it. Return what ends it.
 * @param {Said} said
 * @returns {() => void}
 */
export function say({ text, actions = [], bad = false }) {
  const home = region();
  const toast = document.createElement('div');
  toast.className = bad ? 'toast bad' : 'toast';
  const line = document.createElement('span');
  line.textContent = text;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const end = () => { clearTimeout(timer); toast.remove(); };
  const wait = () => { clearTimeout(timer); timer = setTimeout(end, STAY_MS); };
  const stay = () => clearTimeout(timer);
  const leave = () => { if (!toast.matches(':hover, :focus-within')) wait(); };
  toast.append(line, ...actions.map(({ title, run }) => button(title, () => { end(); run(); })), button('✕', end, 'Close'));
  for (const name of ['pointerenter', 'focusin']) toast.addEventListener(name, stay);
  toast.addEventListener('pointerleave', leave);
  toast.addEventListener('focusout', () => setTimeout(leave));
  for (const old of [...home.children].slice(0, -MOST + 1)) old.remove();
  home.append(toast);
  wait();
  return end;
}

hear('said', say);
