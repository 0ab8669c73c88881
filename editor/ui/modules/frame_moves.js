// How a hand on the frame changes its crop. Points are px of the photo.

import { bounded, clamp, corners, inPixels, inShares, rotated } from './overlay_geometry.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Size} Size
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').Box} Box
 */

const MOVE = 0.02; // of the frame's side, by an arrow key
const GROW = 1.05;
const MORE = 5; // with Shift
const SNAP = 15; // degrees
const DIAGONAL = Math.SQRT2;
const SLANT = Math.SQRT1_2;
/** From the centre to the corners, of length 1. @type {Point[]} */
const OUTWARD = [[-SLANT, -SLANT], [SLANT, -SLANT], [SLANT, SLANT], [-SLANT, SLANT]];

/**
 * Return the crop dragged from one point to another.
 * @param {Crop} crop
 * @param {Size} photo
 * @param {Point} from
 * @param {Point} to
 * @returns {Crop}
 */
export function moved(crop, photo, from, to) {
  const x = crop.x + (to[0] - from[0]) / photo.width;
  const y = crop.y + (to[1] - from[1]) / photo.height;
  return bounded({ ...crop, x, y });
}

/**
 * Return the crop whose corner was dragged. The opposite corner stays, or the centre.
 * @param {Crop} crop
 * @param {Size} photo
 * @param {number} corner 0…3, as in `corners`
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} [aboutCentre]
 * @returns {Crop}
 */
export function resized(crop, photo, corner, from, to, aboutCentre = false) {
  const box = inPixels(crop, photo);
  const held = corners(box)[(corner + 2) % 4];
  const out = rotated(OUTWARD[corner], box.angle);
  const along = (to[0] - from[0]) * out[0] + (to[1] - from[1]) * out[1];
  const grown = (along / DIAGONAL) * (aboutCentre ? 2 : 1);
  const { side } = inShares({ ...box, side: Math.max(box.side + grown, 0) }, photo);
  if (aboutCentre) return bounded({ ...crop, side });
  const half = (side * Math.min(photo.width, photo.height) * DIAGONAL) / 2;
  const centre = { x: held[0] + out[0] * half, y: held[1] + out[1] * half };
  return { ...inShares({ ...box, ...centre }, photo), side };
}

/**
 * Return the crop made larger about its centre.
 * @param {Crop} crop
 * @param {number} factor
 * @returns {Crop}
 */
export const scaled = (crop, factor) => bounded({ ...crop, side: crop.side * factor });

/**
 * @param {Point} from
 * @param {Point} to
 */
const direction = (from, to) => (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI;

/**
 * Return the crop turned about its centre as a handle was.
 * @param {Crop} crop
 * @param {Size} photo
 * @param {Point} from
 * @param {Point} to
 * @param {boolean} [snap] to steps of 15 degrees
 * @returns {Crop}
 */
export function turned(crop, photo, from, to, snap = false) {
  const { x, y } = inPixels(crop, photo);
  const angle = crop.angle + direction([x, y], to) - direction([x, y], from);
  return bounded({ ...crop, angle: snap ? SNAP * Math.round(angle / SNAP) : angle });
}

/**
 * Return the crop moved, resized and turned as two fingers did.
 * @param {Crop} crop
 * @param {Size} photo
 * @param {[Point, Point]} before
 * @param {[Point, Point]} after
 * @returns {Crop}
 */
export function pinched(crop, photo, before, after) {
  const box = inPixels(crop, photo);
  /** @param {[Point, Point]} two @returns {Point} */
  const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  /** @param {[Point, Point]} two */
  const apart = ([a, b]) => Math.hypot(b[0] - a[0], b[1] - a[1]);
  const wished = apart(after) / Math.max(apart(before), 1e-6);
  const factor = scaled(crop, wished).side / crop.side;
  const turn = direction(...after) - direction(...before);
  const [start, end] = [middle(before), middle(after)];
  const arm = rotated([(box.x - start[0]) * factor, (box.y - start[1]) * factor], turn);
  return inShares({
    x: end[0] + arm[0], y: end[1] + arm[1], side: box.side * factor, angle: box.angle + turn,
  }, photo);
}

/**
 * Return the crop after a key, or null where the key means nothing here.
 * @param {Crop} crop
 * @param {Size} photo
 * @param {string} key
 * @param {boolean} shift
 * @returns {Crop | null}
 */
export function stepped(crop, photo, key, shift) {
  const step = MOVE * inPixels(crop, photo).side * (shift ? MORE : 1);
  /** @type {Record<string, Point>} */
  const arrows = {
    ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
  };
  /** @type {Record<string, number>} */
  const sizes = { '+': GROW, '=': GROW, '-': 1 / GROW, _: 1 / GROW };
  /** @type {Record<string, number>} */
  const turns = { '[': shift ? -MORE : -1, ']': shift ? MORE : 1, '{': -MORE, '}': MORE };
  if (arrows[key]) return moved(crop, photo, [0, 0], arrows[key]);
  if (sizes[key]) return scaled(crop, sizes[key]);
  if (turns[key]) return bounded({ ...crop, angle: crop.angle + turns[key] });
  return null;
}

/**
 * Return where the turn handle goes, from the frame's centre in degrees of the frame: above it, or on
 * the first other side where it lies on the stage.
 * @param {Box} box on the stage
 * @param {Size} stage CSS px
 * @param {number} away of the handle from the edge, CSS px
 * @returns {0 | 90 | 180 | -90}
 */
export function turnSide(box, stage, away) {
  const sides = /** @type {const} */ ([0, 180, 90, -90]);
  return sides.find((side) => {
    const [dx, dy] = rotated([0, -(box.side / 2 + away)], box.angle + side);
    const [x, y] = [box.x + dx, box.y + dy];
    return x === clamp(x, away / 2, stage.width - away / 2)
      && y === clamp(y, away / 2, stage.height - away / 2);
  }) ?? 0;
}
