// What the handles on a face mean: where they lie, and what a pull makes of the sliders.

import { clamp, rotated } from './overlay_geometry.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Box} Box
 * @typedef {Record<string, Point>} Landmarks "left_eye", "right_eye", "mouth", shares of the square
 * @typedef {'mouth' | 'nose' | 'sun'} Part
 * @typedef {{x?: string, y?: string}} Axes
 *   the slider that a pull to the right, and one up, moves towards +1; "-yaw" towards −1. The sun has x alone
 * @typedef {Partial<Record<Part, Axes>>} Pulls
 * @typedef {Record<string, number>} Shares of the sliders, −1…1 of their range
 */

/** From the middle to the end of a slider, as a share of the square's side. */
export const REACH = 0.12; // a mouth pulled up stays below the nose
const SUN = 0.47; // how far the sun is from the face, the same
const NOSE = 0.52; // of the way from the eyes to the mouth
const ARC = 70; // degrees from the top to the end of the sun's slider
const [STEP, FAR] = [0.01, 0.1];

/**
 * Return where the handles rest, as shares of the square; parts that the landmarks do not tell are left out.
 * @param {Landmarks | null} marks
 * @returns {Partial<Record<Part, Point>>}
 */
export function rests(marks) {
  const { left_eye: left, right_eye: right, mouth } = marks || {};
  if (!left || !right || !mouth) return {};
  const [ex, ey] = [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
  /** @type {Point} */
  const nose = [ex + NOSE * (mouth[0] - ex), ey + NOSE * (mouth[1] - ey)];
  return { mouth, nose, sun: nose };
}

/**
 * Split a name off its sign.
 * @param {string | undefined} name
 * @returns {[string, 1 | -1]}
 */
export const signed = (name = '') => (name.startsWith('-') ? [name.slice(1), -1] : [name, 1]);

/**
 * Return a handle's shares to the right and up.
 * @param {Axes} axes
 * @param {Shares} shares
 * @returns {Point}
 */
export function pulled(axes, shares) {
  /** @param {string | undefined} axis */
  const along = (axis) => {
    const [name, sign] = signed(axis);
    return sign * clamp(shares[name] || 0, -1, 1);
  };
  return [along(axes.x), along(axes.y)];
}

/**
 * Return where a handle lies, as shares of the square.
 * @param {Part} part
 * @param {Point} rest
 * @param {Point} pull to the right and up, −1…1
 * @returns {Point}
 */
export function lies(part, rest, [right, up]) {
  if (part !== 'sun') return [rest[0] + REACH * right, rest[1] - REACH * up];
  const [dx, dy] = rotated([0, -SUN], ARC * right);
  return [rest[0] + dx, rest[1] + dy];
}

/**
 * Return a handle's pull after a drag.
 * @param {Part} part
 * @param {Point} pull at its start
 * @param {Point} rest as shares of the square
 * @param {Point} from as shares of the square
 * @param {Point} to
 * @returns {Point}
 */
export function dragged(part, pull, rest, from, to) {
  /** @param {number} value */
  const bound = (value) => clamp(value, -1, 1);
  if (part !== 'sun') {
    return [bound(pull[0] + (to[0] - from[0]) / REACH), bound(pull[1] - (to[1] - from[1]) / REACH)];
  }
  /** @param {Point} point degrees from the top, clockwise */
  const round = ([x, y]) => (Math.atan2(x - rest[0], rest[1] - y) * 180) / Math.PI;
  const turn = round(to) - round(from);
  return [bound(pull[0] + (turn - 360 * Math.round(turn / 360)) / ARC), pull[1]];
}

/**
 * Return a handle's pull after a key, or null where the key means nothing here.
 * @param {Point} pull
 * @param {string} key
 * @param {boolean} shift
 * @returns {Point | null}
 */
export function stepped(pull, key, shift) {
  const step = shift ? FAR : STEP;
  /** @type {Record<string, Point>} */
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
  if (key === 'Backspace' || key === 'Delete') return [0, 0];
  const by = moves[key];
  return by ? [clamp(pull[0] + by[0], -1, 1), clamp(pull[1] + by[1], -1, 1)] : null;
}

/**
 * Return which sliders a pull changes, and to what.
 * @param {Axes} axes
 * @param {Point} pull to the right and up
 * @returns {[string, number][]}
 */
export function toShares(axes, pull) {
  return /** @type {const} */ (['x', 'y']).flatMap((axis, i) => {
    const [name, sign] = signed(axes[axis]);
    return name ? [/** @type {[string, number]} */ ([name, sign * pull[i]])] : [];
  });
}
