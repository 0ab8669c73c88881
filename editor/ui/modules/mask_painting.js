// Painting on a grey square: levels 0…255, rows from above. Points and lengths are px of the mask.

import { clamp } from './overlay_geometry.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {Uint8ClampedArray<ArrayBuffer>} Grey [SIDE · SIDE], 255 is painted
 * @typedef {{left: number, top: number, right: number, bottom: number}} Area px, without right and bottom
 * @typedef {{radius: number, soft: number, erase: boolean}} Pen
 *   soft: share of the radius, 0…1, over which the edge falls
 */

export const SIDE = 512;
const EDGE = 1; // px over which even a hard edge falls
const CLOSE = 2; // of 255: what rounding changes
const KEPT = 20;

/** @returns {Grey} */
export const blank = () => new Uint8ClampedArray(SIDE * SIDE);

/**
 * Return the level at a depth inside an edge that falls over a width.
 * @param {number} depth below 0 it is outside
 * @param {number} width
 */
export function level(depth, width) {
  const share = clamp(depth / Math.max(width, EDGE), 0, 1);
  return 255 * share * share * (3 - 2 * share);
}

/**
 * Change what lies in an area by a function of the pixel's centre.
 * @param {Grey} grey
 * @param {Area} wished
 * @param {boolean} erase
 * @param {(x: number, y: number) => number} levelAt
 * @returns {Area} what was changed, whole pixels
 */
function apply(grey, wished, erase, levelAt) {
  const left = Math.floor(clamp(wished.left, 0, SIDE));
  const top = Math.floor(clamp(wished.top, 0, SIDE));
  const right = Math.ceil(clamp(wished.right, 0, SIDE));
  const bottom = Math.ceil(clamp(wished.bottom, 0, SIDE));
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      const value = levelAt(x + 0.5, y + 0.5);
      const at = y * SIDE + x;
      grey[at] = erase ? Math.min(grey[at], 255 - value) : Math.max(grey[at], value);
    }
  }
  return { left, top, right: Math.max(right, left), bottom: Math.max(bottom, top) };
}

/**
 * Draw a line, or a dot where both ends are one. What was painted before is never painted thinner.
 * @param {Grey} grey
 * @param {Point} a
 * @param {Point} b
 * @param {Pen} pen
 * @returns {Area}
 */
export function stroke(grey, a, b, { radius, soft, erase }) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const long = dx * dx + dy * dy;
  const area = {
    left: Math.min(a[0], b[0]) - radius, right: Math.max(a[0], b[0]) + radius,
    top: Math.min(a[1], b[1]) - radius, bottom: Math.max(a[1], b[1]) + radius,
  };
  return apply(grey, area, erase, (x, y) => {
    const along = long ? clamp(((x - a[0]) * dx + (y - a[1]) * dy) / long, 0, 1) : 0;
    return level(radius - Math.hypot(x - a[0] - along * dx, y - a[1] - along * dy), soft * radius);
  });
}

/**
 * Fill the box between two corners.
 * @param {Grey} grey
 * @param {Point} a
 * @param {Point} b
 * @param {Pen} pen
 * @returns {Area}
 */
export function box(grey, a, b, { radius, soft, erase }) {
  const area = {
    left: Math.min(a[0], b[0]), right: Math.max(a[0], b[0]),
    top: Math.min(a[1], b[1]), bottom: Math.max(a[1], b[1]),
  };
  const half = Math.min(area.right - area.left, area.bottom - area.top) / 2;
  const width = soft * Math.min(radius, half);
  return apply(grey, area, erase, (x, y) =>
    level(Math.min(x - area.left, area.right - x, y - area.top, area.bottom - y) + EDGE / 2, width));
}

/** @param {Grey} grey @returns {Grey} */
export const inverted = (grey) => grey.map((value) => 255 - value);

/**
 * Return how much is painted, 0…1.
 * @param {Grey} grey
 */
export const painted = (grey) => grey.reduce((sum, value) => sum + value, 0) / (255 * grey.length);

/** @param {Grey} grey */
export const empty = (grey) => !grey.some((value) => value > 0);

/**
 * Return what a mask covers as shares of the side, or null where it is empty.
 * @param {Grey} grey
 * @returns {Area | null}
 */
export function covered(grey) {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  grey.forEach((value, i) => {
    if (value < 128) return;
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  });
  if (right <= left) return null;
  return { left: left / SIDE, top: top / SIDE, right: right / SIDE, bottom: bottom / SIDE };
}

/**
 * Return whether a mask that a server reduced to `side` px, here enlarged again, is what was painted.
 * @param {Grey} here
 * @param {Grey} given
 * @param {number} side
 */
export function alike(here, given, side) {
  const step = Math.max(1, Math.floor(SIDE / side));
  for (let top = 0; top + step <= SIDE; top += step) {
    for (let left = 0; left + step <= SIDE; left += step) {
      let sum = 0;
      for (let y = top; y < top + step; y += 1) {
        for (let x = left; x < left + step; x += 1) sum += here[y * SIDE + x];
      }
      const middle = (top + (step >> 1)) * SIDE + left + (step >> 1);
      if (Math.abs(sum / (step * step) - given[middle]) > CLOSE) return false;
    }
  }
  return true;
}

/**
 * What was painted here, the newest last. A server's answer to an older one is late: what is painted stays.
 */
export class Paintings {
  /** @type {{uri: string, grey: Grey}[]} */
  #known = [];

  /** @param {string} uri @param {Grey} grey */
  add(uri, grey) { this.#known = [...this.#known, { uri, grey: grey.slice() }].slice(-KEPT); }

  /** Forget all but the newest: who asks for something else, as by Undo, may get what was before. */
  forgetOlder() { this.#known = this.#known.slice(-1); }

  clear() { this.#known = []; }

  /** @returns {string | undefined} */
  get newest() { return this.#known.at(-1)?.uri; }

  /** @param {Grey} given @param {number} side of the picture that came, px */
  know(given, side) { return this.#known.some(({ grey }) => alike(grey, given, side)); }
}
