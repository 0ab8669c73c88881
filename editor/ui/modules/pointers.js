// Pointers (mouse, pen, fingers) followed from where they go down on an element until they are up.

/**
 * @typedef {Map<number, PointerEvent>} Pointers by id, each as it was last seen
 * @typedef {{
 *   down: (event: PointerEvent, pointers: Pointers) => boolean | void,
 *   move?: (event: PointerEvent, pointers: Pointers) => void,
 *   up?: (event: PointerEvent, pointers: Pointers) => void,
 * }} Hand down: return false to leave a pointer to whoever lies below; up: also where it was cancelled.
 */

/**
 * Follow the pointers that go down on an element. What is followed does not reach the viewer.
 * @param {HTMLElement} element
 * @param {Hand} hand
 * @returns {{release: (id: number) => void}} release: follow a pointer no longer
 */
export function follow(element, { down, move, up }) {
  /** @type {Pointers} */
  const pointers = new Map();
  /** @param {number} id */
  const release = (id) => {
    pointers.delete(id);
    if (element.hasPointerCapture(id)) element.releasePointerCapture(id);
  };
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    if (down(event, pointers) === false) {
      pointers.delete(event.pointerId);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    event.stopPropagation();
    pointers.set(event.pointerId, event);
    move?.(event, pointers);
  });
  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    event.stopPropagation();
    up?.(event, pointers);
  };
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
    element.addEventListener(name, end);
  }
  return { release };
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
 * Return whether a key goes into a text field, so that single letters mean nothing else.
 * @param {EventTarget | null} target
 */
export function typing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  return target.matches('input:not([type=range], [type=checkbox], [type=radio], [type=button])');
}

/**
 * Return whether a key is pressed alone or with Shift, outside of a text field.
 * @param {KeyboardEvent} event
 */
export const plainKey = (event) =>
  !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);

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
