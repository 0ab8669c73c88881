// Where the photo lies on the stage, and what is told when that changes. Overlays are drawn against a `View`.

import { squareOf } from './composite.js';
import { closeUp, fitted, held, limits, scaledAt, toBox, toPhoto } from './view_transform.js';
import { listenToHands } from './viewer_gestures.js';

/**
 * @typedef {import('./view_transform.js').Transform} Transform
 * @typedef {import('./view_transform.js').Size} Size
 * @typedef {import('./view_transform.js').Point} Point
 * @typedef {import('./composite.js').Crop} Crop
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 * @typedef {'fit' | 'actual' | 'face' | 'free'} Mode
 * @typedef {{
 *   host: HTMLElement,
 *   photo: () => Size,
 *   toScreen: (point: Point) => Point,
 *   toPhoto: (point: Point) => Point,
 *   scale: () => number,
 *   onChange: (listener: () => void) => () => void,
 * }} View
 *   host: a layer above the canvas, for overlays; it takes no pointer, what is put into it may; photo: its
 *   size, 0 × 0 where none is shown; toScreen, toPhoto: pixels of the photo to CSS px of the host, and back;
 *   scale: CSS px per pixel of the photo; onChange: call when any of this changes, return what ends that.
 * @typedef {View & {
 *   element: HTMLElement, mode: () => Mode, transform: () => Transform, boxes: () => Box[], ratio: () => number,
 *   limits: () => [number, number], hasFace: () => boolean, show: (photo: Size, crop: Crop | null, afresh: boolean) => void,
 *   look: (mode: 'fit' | 'actual' | 'face') => void, set: (transform: Transform) => void,
 *   zoom: (scale: number, at?: Point) => void, twice: (on: boolean) => void, told: () => void,
 * }} Viewer
 *   boxes: parts of the host that each show the photo, the edited one last; the transform holds in each;
 *   show: another photo, fitted afresh or where it was; twice: show it side by side.
 */

const GAP = 2; // between two boxes, CSS px

/**
 * Make a viewer of an element with a `.view-host` in it.
 * @param {HTMLElement} element
 * @param {import('./viewer_gestures.js').Hooks} hooks
 * @returns {Viewer}
 */
export function viewer(element, hooks) {
  const host = /** @type {HTMLElement} */ (element.querySelector('.view-host'));
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {{photo: Size, crop: Crop | null, mode: Mode, transform: Transform, twice: boolean, size: Size}} */
  const now = {
    photo: { width: 0, height: 0 }, crop: null, mode: 'fit', transform: { scale: 1, x: 0, y: 0 }, twice: false, size: sizeOf(element),
  };
  const told = () => { for (const listener of [...listeners]) listener(); };
  const boxes = () => halves(now.size, now.twice);
  const box = () => boxes()[0];
  const home = () => boxes()[boxes().length - 1];
  const ratio = () => window.devicePixelRatio || 1;

  /** @param {Transform} transform */
  function lie(transform) {
    now.transform = now.photo.width ? held(transform, now.photo, box(), 1 / ratio()) : transform;
    told();
  }

  /** @param {Mode} mode */
  function look(mode) {
    now.mode = mode === 'face' && !now.crop ? 'fit' : mode;
    if (!now.photo.width) { told(); return; }
    if (now.mode === 'fit') lie(fitted(now.photo, box()));
    else if (now.mode === 'face') lie(closeUp(squareOf(/** @type {Crop} */ (now.crop), now.photo.width, now.photo.height), box()));
    else if (now.mode === 'actual') lie(scaledAt(now.transform, centre(), 1 / ratio()));
    else lie(now.transform);
  }

  /** @returns {Point} */
  const centre = () => [box().width / 2, box().height / 2];

  /** Keep what is in the middle there when the room changes. A stage that is hidden has none. */
  function refit(twice = now.twice) {
    const [size, middle] = [sizeOf(element), toPhoto(now.transform, centre())];
    const seen = now.size.width > 0 && now.size.height > 0;
    now.twice = twice;
    if (!size.width || !size.height) return;
    now.size = size;
    if (!seen || now.mode === 'fit' || now.mode === 'face') { look(now.mode); return; }
    const [x, y] = toBox(now.transform, middle);
    const [cx, cy] = centre();
    lie({ ...now.transform, x: now.transform.x + cx - x, y: now.transform.y + cy - y });
  }

  /** @type {Viewer} */
  const view = {
    host,
    element,
    photo: () => now.photo,
    toScreen: (point) => { const [x, y] = toBox(now.transform, point); return [x + home().left, y + home().top]; },
    toPhoto: ([x, y]) => toPhoto(now.transform, [x - home().left, y - home().top]),
    scale: () => now.transform.scale,
    onChange: (listener) => { listeners.add(listener); return () => { listeners.delete(listener); }; },
    mode: () => now.mode,
    transform: () => now.transform,
    boxes,
    ratio,
    limits: () => (now.photo.width ? limits(now.photo, box(), 1 / ratio()) : [1, 2]),
    hasFace: () => Boolean(now.crop),
    show: (photo, crop, afresh) => {
      const moved = JSON.stringify(crop) !== JSON.stringify(now.crop);
      const same = photo.width === now.photo.width && photo.height === now.photo.height;
      Object.assign(now, { photo, crop });
      if (afresh || !same) look('fit');
      else if (moved && now.mode === 'face') look('face');
      else told();
    },
    look,
    set: (transform) => { now.mode = 'free'; lie(transform); },
    zoom: (scale, at = centre()) => {
      const [least, most] = view.limits();
      now.mode = 'free';
      lie(scaledAt(now.transform, at, Math.min(most, Math.max(least, scale))));
    },
    twice: (on) => {
      if (on !== now.twice) refit(on);
    },
    told,
  };
  new ResizeObserver(() => refit()).observe(element);
  window.addEventListener('resize', () => refit()); // also when the page is zoomed, which changes the ratio
  listenToHands(view, hooks);
  return view;
}

/**
 * Return the whole, or its halves along the longer side.
 * @param {Size} size
 * @param {boolean} twice
 * @returns {Box[]}
 */
export function halves({ width, height }, twice) {
  if (!twice) return [{ left: 0, top: 0, width, height }];
  if (width >= height) {
    const half = (width - GAP) / 2;
    return [0, half + GAP].map((left) => ({ left, top: 0, width: half, height }));
  }
  const half = (height - GAP) / 2;
  return [0, half + GAP].map((top) => ({ left: 0, top, width, height: half }));
}

/** @param {HTMLElement} element @returns {Size} */
const sizeOf = (element) => ({ width: element.clientWidth, height: element.clientHeight });
