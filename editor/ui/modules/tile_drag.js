// A tile that is dragged and given to a slot: anything with `data-slot` hears `give`. Not the browser's
// own dragging: Firefox drags no buttons, and telephones nothing.

const REACH = 6; // px before a press becomes a drag
const GHOST = 56; // px

/** @typedef {{picture: string, node: number}} Given */

/**
 * Give pictures to a slot, one event each, in order.
 * @param {Element} slot
 * @param {Given[]} items
 */
export function give(slot, items) {
  for (const detail of items) slot.dispatchEvent(new CustomEvent('give', { bubbles: true, detail }));
}

/**
 * Follow a press on a tile. It becomes a drag when the pointer moves; then `moved` is called once.
 * @param {PointerEvent} press
 * @param {HTMLImageElement} image which the ghost shows
 * @param {() => Given[]} items what is given to a slot
 * @param {() => void} moved
 */
export function follow(press, image, items, moved) {
  /** @type {HTMLElement|null} */
  let ghost = null;
  /** @type {Element|null} */
  let slot = null;
  const over = (/** @type {Element|null} */ next) => {
    if (next === slot) return;
    slot?.classList.remove('over');
    next?.classList.add('over');
    slot = next;
  };
  const end = () => {
    for (const [name, listener] of listeners) document.removeEventListener(name, listener, name === 'keydown');
    delete document.body.dataset.giving;
    ghost?.remove();
    over(null);
  };
  const move = (/** @type {any} */ event) => {
    if (event.pointerId !== press.pointerId) return;
    if (!ghost) {
      if (Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) <= REACH) return;
      ghost = /** @type {HTMLElement} */ (image.cloneNode());
      ghost.className = 'tile-ghost';
      document.body.append(ghost);
      document.body.dataset.giving = 'true'; // slots show themselves
      moved();
    }
    ghost.style.transform = `translate(${event.clientX - GHOST / 2}px, ${event.clientY - GHOST / 2}px)`;
    over(document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-slot]') || null);
  };
  const up = (/** @type {any} */ event) => {
    if (event.pointerId !== press.pointerId) return;
    const [hit, given] = [ghost && slot, items()];
    end();
    if (hit) give(hit, given);
  };
  const key = (/** @type {any} */ event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault(); // it ends nothing else
    end();
  };
  /** @type {[string, (event: any) => void][]} */
  const listeners = [['pointermove', move], ['pointerup', up], ['pointercancel', end], ['keydown', key]];
  for (const [name, listener] of listeners) document.addEventListener(name, listener, name === 'keydown');
}
