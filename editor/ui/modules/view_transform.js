// How the photo lies on the stage: arithmetic without a page. A transform puts the photo's pixel (u, v) at
// scale · (u, v) + (x, y) of a box, in CSS px.

/**
 * @typedef {import('./composite.js').Transform} Transform
 * @typedef {{width: number, height: number}} Size
 * @typedef {[number, number]} Point
 */

import { corners } from './composite.js';

export const MARGIN = 16; // around what is fitted, CSS px
const MOST = 16; // CSS px a pixel of the photo

/**
 * Lay a part of the photo into the middle of a box, as large as it goes.
 * @param {{left: number, top: number, width: number, height: number}} part of the photo, px
 * @param {Size} box
 * @param {number} [margin]
 * @returns {Transform}
 */
export function framed(part, box, margin = MARGIN) {
  const room = Math.min(box.width, box.height) > 4 * margin ? margin : 0;
  const scale = Math.min((box.width - 2 * room) / part.width, (box.height - 2 * room) / part.height);
  return {
    scale,
    x: box.width / 2 - scale * (part.left + part.width / 2),
    y: box.height / 2 - scale * (part.top + part.height / 2),
  };
}

/**
 * Show the whole photo.
 * @param {Size} photo
 * @param {Size} box
 */
export const fitted = (photo, box) => framed({ left: 0, top: 0, ...photo }, box);

/**
 * Show a square, and a little around it.
 * @param {import('./composite.js').Square} square
 * @param {Size} box
 */
export function closeUp(square, box) {
  const xs = corners(square).map(([x]) => x);
  const ys = corners(square).map(([, y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return framed({ left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top }, box);
}

/**
 * Return the smallest and the largest scale that may be had.
 * @param {Size} photo
 * @param {Size} box
 * @param {number} actual scale at which the photo has its own size
 * @returns {[number, number]}
 */
export function limits(photo, box, actual) {
  const fit = fitted(photo, box).scale;
  return [Math.min(fit, actual), Math.max(MOST, fit)];
}

/**
 * Keep the photo in sight: in the middle where it is smaller than the box, else without a gap at an edge.
 * @param {Transform} transform
 * @param {Size} photo
 * @param {Size} box
 * @param {number} actual as for `limits`
 * @returns {Transform}
 */
export function held(transform, photo, box, actual) {
  const [least, most] = limits(photo, box, actual);
  const scale = Math.min(most, Math.max(least, transform.scale));
  /** @param {number} at @param {number} length @param {number} room */
  const along = (at, length, room) => {
    const free = room - length * scale;
    if (free >= -2 * MARGIN) return free / 2;
    return Math.min(MARGIN, Math.max(free - MARGIN, at));
  };
  return { scale, x: along(transform.x, photo.width, box.width), y: along(transform.y, photo.height, box.height) };
}

/**
 * Change the scale; what lies at a point stays there.
 * @param {Transform} transform
 * @param {Point} point
 * @param {number} next the scale
 * @returns {Transform}
 */
export function scaledAt({ scale, x, y }, [px, py], next) {
  const by = next / scale;
  return { scale: next, x: px - by * (px - x), y: py - by * (py - y) };
}

/**
 * Follow two fingers: the photo stays under their middle, and grows as they part.
 * @param {Transform} transform
 * @param {[Point, Point]} from
 * @param {[Point, Point]} to
 * @returns {Transform}
 */
export function pinched(transform, from, to) {
  const [a, b] = [middle(from), middle(to)];
  const by = distance(to) / Math.max(1, distance(from));
  const grown = scaledAt(transform, a, transform.scale * by);
  return { ...grown, x: grown.x + b[0] - a[0], y: grown.y + b[1] - a[1] };
}

/** @param {[Point, Point]} two @returns {Point} */
const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
/** @param {[Point, Point]} two */
const distance = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** @param {Transform} transform @param {Point} point of the photo @returns {Point} */
export const toBox = ({ scale, x, y }, [u, v]) => [scale * u + x, scale * v + y];
/** @param {Transform} transform @param {Point} point of the box @returns {Point} */
export const toPhoto = ({ scale, x, y }, [px, py]) => [(px - x) / scale, (py - y) / scale];

/**
 * Return where a slider of the zoom stands, 0…100: each step is the same factor.
 * @param {number} scale
 * @param {[number, number]} between
 */
export const percentOf = (scale, [least, most]) => (100 * Math.log(scale / least)) / Math.log(most / least);

/**
 * Return the scale at which such a slider stands.
 * @param {number} percent
 * @param {[number, number]} between
 */
export const scaleOf = (percent, [least, most]) => least * (most / least) ** (percent / 100);
