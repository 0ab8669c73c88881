// A patch of one picture laid over another, where it can be dragged to its place.

import { covered } from './mask_painting.js';
import { cutOut, levels, loaded } from './mask_pictures.js';
import { hostPoint, lay, onStage } from './overlay_geometry.js';
import { bounded, dragged, stepped } from './patch_moves.js';
import { follow, made } from './pointers.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').View} View
 * @typedef {{crop: Crop | null, picture: string, mask: string, offset?: Point}} Laid
 *   picture, mask: data URIs of [R, R], white is the patch; offset: how far it lies to the right and down
 *   of its place in `picture`, as shares of the side
 */

const MARKUP = `
<div class="overlay patch" hidden>
  <div class="patch-square">
    <div class="patch-window"></div>
    <div class="patch-handle" tabindex="0" role="group"
      aria-label="Patch. Drag it to its place, or move it by the arrow keys, with Shift further."></div>
  </div>
  <p class="overlay-says" role="status"></p>
</div>`;

/**
 * Make what shows a patch over the stage. It is hidden until it is shown.
 * @param {View} view
 * @param {{moved: (offset: Point) => void}} actions moved: called when the hand rests
 */
export function patch(view, { moved }) {
  const root = made(MARKUP);
  /** @param {string} name */
  const find = (name) => /** @type {HTMLElement} */ (root.querySelector(`.patch-${name}`));
  const [square, glass, handle] = [find('square'), find('window'), find('handle')];
  view.host.append(root);

  /** @type {Crop | null} */
  let crop = null;
  let area = { left: 0, top: 0, right: 1, bottom: 1 };
  /** @type {Point} */
  let offset = [0, 0];
  let [source, turn] = ['', 0];
  /** @type {{offset: Point, point: Point} | null} */
  let start = null;
  /** @type {(() => void) | null} */
  let end = null;

  function place() {
    lay(square, onStage(view, crop));
    const cut = /** @type {HTMLElement | null} */ (glass.firstElementChild);
    if (cut) [cut.style.left, cut.style.top] = offset.map((share) => `${100 * share}%`);
    handle.style.left = `${100 * (area.left + offset[0])}%`;
    handle.style.top = `${100 * (area.top + offset[1])}%`;
    handle.style.width = `${100 * (area.right - area.left)}%`;
    handle.style.height = `${100 * (area.bottom - area.top)}%`;
  }

  /** @param {Point} next */
  function change(next) {
    offset = next;
    place();
  }

  function commit() {
    const [right, down] = offset.map((share) => Math.round(100 * share));
    const status = root.querySelector('.overlay-says');
    if (status) status.textContent = `Moved ${right} percent right, ${down} percent down`;
    moved([...offset]);
  }

  follow(handle, {
    down(event, pointers) {
      if (pointers.size > 1) return false;
      handle.focus({ preventScroll: true });
      start = { offset, point: hostPoint(view, event) };
      return true;
    },
    move(event) {
      if (!start) return;
      const [x, y] = hostPoint(view, event);
      change(dragged(start.offset, area, onStage(view, crop), [x - start.point[0], y - start.point[1]]));
    },
    up() {
      const before = start?.offset;
      start = null;
      if (before && (before[0] !== offset[0] || before[1] !== offset[1])) commit();
    },
  });
  handle.addEventListener('dblclick', (event) => event.stopPropagation());
  handle.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = stepped(offset, area, event.key, event.shiftKey);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    change(next);
    commit();
  });

  /** @param {Laid} laid */
  async function load({ picture, mask }) {
    turn += 1;
    const mine = turn;
    const [image, { grey }] = await Promise.all([loaded(picture), levels(mask)]);
    if (turn !== mine) return;
    const found = covered(grey);
    handle.hidden = !found;
    area = found || area;
    glass.replaceChildren(cutOut(image, grey));
    change(bounded(offset, area));
  }

  return {
    /**
     * Show a patch, or what has changed of it. While a hand holds it, it stays where the hand is.
     * @param {Laid} laid
     */
    show(laid) {
      crop = laid.crop;
      if (!start) offset = laid.offset || [0, 0];
      root.hidden = false;
      end ||= view.onChange(place);
      place();
      if (source === laid.picture + laid.mask) return;
      source = laid.picture + laid.mask;
      glass.replaceChildren();
      load(laid);
    },
    hide() {
      root.hidden = true;
      start = null;
      end?.();
      end = null;
    },
    focus: () => handle.focus({ preventScroll: true }),
  };
}
