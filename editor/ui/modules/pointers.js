// Pointers (mouse, pen, fingers) followed from where they go down on an element until they are up.

import { typing } from './keys.js';
import { now } from './page_state.js';

/**
 * @typedef {Map<number, PointerEvent>} Pointers by id, each as it was last seen
 * @typedef {{
 *   down: (event: PointerEvent, pointers: Pointers) => boolean | void,
 *   move?: (event: PointerEvent, pointers: Pointers) => void,
 *   up?: (event: PointerEvent, pointers: Pointers) => void,
 *   beside?: (event: PointerEvent, pointers: Pointers) => void,
 * }} Hand down: return false to leave a pointer to whoever lies below; up: also where it was cancelled;
 *   beside: another finger went down elsewhere.
 */

/** Pointers that an overlay took and gave to the viewer. @type {WeakSet<Event>} */
const given = new WeakSet();

/**
 * Follow the pointers that go down on an element. The viewer, which may count fingers before anyone else,
 * does not hear of what is followed.
 * @param {HTMLElement} element
 * @param {Hand} hand
 * @returns {{giveUp: () => void}} giveUp: follow nothing any more, and give the fingers to what lies below
 */
export function follow(element, { down, move, up, beside }) {
  /** @type {Pointers} */
  const pointers = new Map();
  window.addEventListener('pointerdown', (event) => {
    if (given.has(event)) return;
    if (!element.contains(/** @type {Node} */ (event.target))) {
      if (pointers.size && event.pointerType === 'touch') beside?.(event, pointers);
      return;
    }
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    if (down(event, pointers) === false) {
      pointers.delete(event.pointerId);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
  }, true);
  element.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    pointers.set(event.pointerId, event);
    move?.(event, pointers);
  });
  /** @param {PointerEvent} event */
  const end = (event) => { if (pointers.delete(event.pointerId)) up?.(event, pointers); };
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
    element.addEventListener(name, end);
  }
  return {
    giveUp() {
      const all = [...pointers.values()];
      pointers.clear();
      for (const one of all) {
        if (element.hasPointerCapture(one.pointerId)) element.releasePointerCapture(one.pointerId);
        const again = new PointerEvent('pointerdown', one);
        given.add(again);
        element.parentElement?.dispatchEvent(again);
      }
    },
  };
}

/**
 * Keep a bar over the stage to itself: what is done on it neither pans nor zooms the picture.
 * @param {HTMLElement} bar
 */
export function keepToItself(bar) {
  for (const name of ['pointerdown', 'wheel', 'dblclick']) {
    bar.addEventListener(name, (event) => event.stopPropagation(), { passive: true });
  }
}

/**
 * Return whether a key means something on the stage: pressed alone or with Shift, outside of a text field and
 * of dialogues, while Edit is shown.
 * @param {KeyboardEvent} event
 */
export const plainKey = (event) =>
  !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)
  && now().place === 'edit' && !document.querySelector('dialog[open]');

/**
 * Make an element from markup that is part of the page's own code.
 * @param {string} markup
 * @returns {HTMLElement}
 */
export function made(markup) {
  const template = document.createElement('template');
  template.innerHTML = markup.trim();
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
}
