// One press of Escape ends one thing: what is listed first of all that stands.

import { typing } from './keys.js';

const ORDER = /** @type {const} */ (['comparison', 'proposal', 'hints']);
/** @typedef {typeof ORDER[number]} Ending */
/** @type {Map<Ending, ((event: KeyboardEvent) => boolean)[]>} */
const endings = new Map();

/** The browser closes it. Old ones have no popovers, and do not know the selector. */
function hasOpenPopover() {
  try { return Boolean(document.querySelector(':popover-open')); } catch { return false; }
}

/**
 * End the first thing that stands, unless a dialogue or whoever had the key before does something with it.
 * @param {KeyboardEvent} event
 */
function escape(event) {
  if (event.key !== 'Escape' || event.repeat || event.defaultPrevented || typing(event.target)) return;
  if (document.querySelector('dialog[open]') || hasOpenPopover()) return;
  if (ORDER.some((name) => (endings.get(name) || []).some((end) => end(event)))) event.preventDefault();
}

/**
 * Let Escape end something.
 * @param {Ending} name
 * @param {(event: KeyboardEvent) => boolean} end return whether there was something to end
 */
export function endsByEscape(name, end) {
  if (typeof document === 'undefined') return;
  if (!endings.size) document.addEventListener('keydown', escape);
  endings.set(name, [...(endings.get(name) || []), end]);
}
