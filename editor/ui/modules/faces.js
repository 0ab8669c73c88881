// Boxes around the faces that were found in the photo: the shown one is plain, a click chooses another.

import { lay, onStage } from './overlay_geometry.js';

/**
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').View} View
 */

const STILL = 6; // CSS px that a click may move; further, the picture was moved

/**
 * Return what a box is called.
 * @param {string} subject what the domain shows
 * @param {number} index
 * @param {number} count
 */
export const boxLabel = (subject, index, count) =>
  `${subject.charAt(0).toUpperCase()}${subject.slice(1)} ${index + 1} of ${count}`;

/**
 * Return the box whose centre and size are a crop's, or −1: the shown face as it was found.
 * @param {Crop[]} found
 * @param {Crop | null} crop
 */
export function nearest(found, crop) {
  if (!crop) return -1;
  /** @param {Crop} one */
  const away = (one) => Math.hypot(one.x - crop.x, one.y - crop.y) + Math.abs(one.side - crop.side) / 2;
  const best = found.reduce((least, one, index) =>
    (least < 0 || away(one) < away(found[least]) ? index : least), -1);
  return best >= 0 && away(found[best]) < crop.side / 2 ? best : -1;
}

/**
 * Make the boxes over the stage.
 * @param {View} view
 * @param {{choose: (index: number) => void, subject?: string}} options
 */
export function faces(view, { choose, subject = 'face' }) {
  const root = document.createElement('div');
  root.className = 'overlay faces';
  root.hidden = true;
  view.host.append(root);
  /** @type {Crop[]} */
  let found = [];
  /** @type {(() => void) | null} */
  let end = null;

  function draw() {
    found.forEach((one, index) =>
      lay(/** @type {HTMLElement} */ (root.children[index]), onStage(view, one)));
  }

  /**
   * Wait whether a press becomes a tap. The viewer may take it meanwhile, and move the picture.
   * @param {PointerEvent} press
   * @param {() => void} then
   */
  function tapped(press, then) {
    if (press.button !== 0) return;
    const waiting = new AbortController();
    const options = { capture: true, signal: waiting.signal };
    const end = () => waiting.abort();
    window.addEventListener('pointerdown', (event) => { if (event !== press) end(); }, options);
    window.addEventListener('pointercancel', end, options);
    window.addEventListener('pointerup', (event) => {
      end();
      const away = Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY);
      if (away <= STILL) then();
    }, options);
  }

  /** @param {number} index @param {number} current @param {string} name */
  function box(index, current, name) {
    const label = boxLabel(name, index, found.length);
    if (index === current) {
      const plain = document.createElement('div');
      plain.className = 'face current';
      plain.setAttribute('role', 'img');
      plain.setAttribute('aria-label', `${label}, shown`);
      return plain;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'face';
    button.title = label;
    button.setAttribute('aria-label', label);
    button.addEventListener('pointerdown', (event) => tapped(event, () => choose(index)));
    button.addEventListener('click', (event) => {
      if (event.detail === 0) choose(index); // by keyboard
    });
    return button;
  }

  return {
    /**
     * Show the boxes. One face alone that is shown already has none.
     * @param {Crop[]} list as found
     * @param {number} current index of the shown one; −1: none of them
     * @param {string} [name] what the domain shows, where it has changed
     */
    show(list, current, name = subject) {
      const focused = [...root.children].indexOf(document.activeElement || root);
      found = list.length === 1 && current === 0 ? [] : [...list];
      root.replaceChildren(...found.map((_, index) => box(index, current, name)));
      root.hidden = !found.length;
      if (focused >= 0) /** @type {HTMLElement} */ (root.children[focused])?.focus({ preventScroll: true });
      end ||= view.onChange(draw);
      draw();
    },
    hide() {
      root.hidden = true;
      end?.();
      end = null;
    },
  };
}
