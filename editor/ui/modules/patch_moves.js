// Where a patch may lie on the square. Lengths are shares of the square's side.

import { clamp, rotated } from './overlay_geometry.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Box} Box
 * @typedef {import('./mask_painting.js').Area} Area
 */

const MOST = 0.5;
const [STEP, FAR] = [0.01, 0.05];

/**
 * Return an offset at which the middle of the patch lies on the square.
 * @param {Point} offset
 * @param {Area} area what the patch covers before it is moved
 * @returns {Point}
 */
export function bounded([dx, dy], area) {
  const [x, y] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  return [
    clamp(dx, Math.max(-MOST, -x), Math.min(MOST, 1 - x)),
    clamp(dy, Math.max(-MOST, -y), Math.min(MOST, 1 - y)),
  ];
}

/**
 * Return the offset after a drag on the stage.
 * @param {Point} offset before
 * @param {Area} area
 * @param {Box} box of the square on the stage
 * @param {Point} by CSS px
 * @returns {Point}
 */
export function dragged(offset, area, box, by) {
  const [dx, dy] = rotated(by, -box.angle);
  return bounded([offset[0] + dx / box.side, offset[1] + dy / box.side], area);
}

/**
 * Return the offset after a key, or null where the key means nothing here.
 * @param {Point} offset
 * @param {Area} area
 * @param {string} key
 * @param {boolean} shift
 * @returns {Point | null}
 */
export function stepped(offset, area, key, shift) {
  const step = shift ? FAR : STEP;
  /** @type {Record<string, Point>} */
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  const by = moves[key];
  return by ? bounded([offset[0] + by[0], offset[1] + by[1]], area) : null;
}
