// Where the square of a photo lies: in the photo, on the stage, and the other way round.

/**
 * @typedef {[number, number]} Point
 * @typedef {{width: number, height: number}} Size px
 * @typedef {{x: number, y: number, side: number, angle: number}} Crop
 *   as `editor.photo.crop.Crop`: centre as shares of width and height, side as a share of the shorter
 *   edge, degrees clockwise.
 * @typedef {{x: number, y: number, side: number, angle: number}} Box
 *   the same square on the stage: centre and side in CSS px of the host, degrees clockwise.
 * @typedef {{host: HTMLElement, photo: () => Size, toScreen: (point: Point) => Point,
 *   toPhoto: (point: Point) => Point, scale: () => number, onChange: (listener: () => void) => () => void}} View
 *   what shows the photo: `host` is the layer above it, `toScreen` and `toPhoto` map between px of the
 *   photo and CSS px of the host, `scale` is CSS px per px of the photo, `onChange` hears of zooms.
 */

/** A picture without a photo: all of it is the square. @type {Readonly<Crop>} */
export const WHOLE = { x: 0.5, y: 0.5, side: 1, angle: 0 };
const LEAST = 0.02;
const MOST = 2;

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * Return degrees as the same turn in −180…180.
 * @param {number} degrees
 */
export const plainAngle = (degrees) => degrees - 360 * Math.round(degrees / 360);

/**
 * Return the nearest crop that the server takes.
 * @param {Crop} crop
 * @returns {Crop}
 */
export const bounded = (crop) => ({
  x: clamp(crop.x, 0, 1),
  y: clamp(crop.y, 0, 1),
  side: clamp(crop.side, LEAST, MOST),
  angle: plainAngle(crop.angle),
});

/**
 * Return a vector turned clockwise, as y runs down.
 * @param {Point} vector
 * @param {number} degrees
 * @returns {Point}
 */
export function rotated([x, y], degrees) {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos * x - sin * y, sin * x + cos * y];
}

/**
 * Return the square as px of the photo.
 * @param {Crop} crop
 * @param {Size} photo
 * @returns {Box}
 */
export const inPixels = (crop, photo) => ({
  x: crop.x * photo.width,
  y: crop.y * photo.height,
  side: crop.side * Math.min(photo.width, photo.height),
  angle: crop.angle,
});

/**
 * Return the crop of a square in px of the photo.
 * @param {Box} box
 * @param {Size} photo
 * @returns {Crop}
 */
export const inShares = (box, photo) => bounded({
  x: box.x / photo.width,
  y: box.y / photo.height,
  side: box.side / Math.min(photo.width, photo.height),
  angle: box.angle,
});

/**
 * Return where a point of the square, 0…1 from its upper left, lies.
 * @param {Box} box
 * @param {Point} shares
 * @returns {Point}
 */
export function placed(box, [u, v]) {
  const [dx, dy] = rotated([(u - 0.5) * box.side, (v - 0.5) * box.side], box.angle);
  return [box.x + dx, box.y + dy];
}

/**
 * Return a point as shares of the square; outside of it they are below 0 or above 1.
 * @param {Box} box
 * @param {Point} point
 * @returns {Point}
 */
export function within(box, [x, y]) {
  const [u, v] = rotated([x - box.x, y - box.y], -box.angle);
  return [u / box.side + 0.5, v / box.side + 0.5];
}

/**
 * Return the corners: upper left, upper right, lower right, lower left.
 * @param {Box} box
 * @returns {Point[]}
 */
export const corners = (box) =>
  [placed(box, [0, 0]), placed(box, [1, 0]), placed(box, [1, 1]), placed(box, [0, 1])];

/**
 * Return where a crop lies on the stage.
 * @param {View} view
 * @param {Crop | null} crop null: the whole picture
 * @returns {Box}
 */
export function onStage(view, crop) {
  const box = inPixels(crop || WHOLE, view.photo());
  const [x, y] = view.toScreen([box.x, box.y]);
  return { x, y, side: box.side * view.scale(), angle: box.angle };
}

/**
 * Return where a pointer is, in CSS px of the host.
 * @param {View} view
 * @param {{clientX: number, clientY: number}} event
 * @returns {Point}
 */
export function hostPoint(view, event) {
  const { left, top } = view.host.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

/**
 * Lay an element over a square of the stage.
 * @param {HTMLElement} element
 * @param {Box} box
 */
export function lay(element, box) {
  const { style } = element;
  style.width = style.height = `${box.side}px`;
  style.left = `${box.x}px`;
  style.top = `${box.y}px`;
  style.transform = `translate(-50%, -50%) rotate(${box.angle}deg)`;
}
