// Positions of sliders, -150 to 150, and the distances along directions of codes that they stand for.

/** @typedef {[number, number][]} Knots (position, distance), both rising, from -150 to 150. */

export const MOST = 150; // the last position
export const STICK = 15; // positions for which a drag stays at the end of the range before it goes on
const DIGITS = 5; // of a distance

/**
 * Interpolate between knots, and go on beyond the first and last as their neighbours do.
 * @param {Knots} knots
 * @param {number} value
 * @param {0 | 1} source which number of a knot the value is
 * @param {0 | 1} target which is wanted
 * @returns {number}
 */
function between(knots, value, source, target) {
  let index = knots.findIndex((knot) => knot[source] > value);
  index = index < 0 ? knots.length - 1 : Math.max(index, 1);
  const [before, after] = [knots[index - 1], knots[index]];
  const share = (value - before[source]) / (after[source] - before[source]);
  return share === 1 ? after[target] : before[target] + share * (after[target] - before[target]);
}

/**
 * Return the position of a distance.
 * @param {Knots} knots
 * @param {number} distance
 */
export const position = (knots, distance) => between(knots, distance, 1, 0);

/**
 * Return the distance at a position: exact at knots, else of five digits, so that it reads well.
 * @param {Knots} knots
 * @param {number} place
 */
export function distance(knots, place) {
  const exact = between(knots, place, 0, 1);
  return knots.some((knot) => knot[1] === exact) ? exact : Number(exact.toPrecision(DIGITS));
}

/**
 * Keep a position within ±150, whole. What is no number is 0.
 * @param {number} place
 */
export const whole = (place) => Math.round(Math.min(Math.max(Number(place) || 0, -MOST), MOST)) || 0;

/**
 * Return a function that turns the places of one drag into positions. It holds at the ends of the range
 * until the hand has gone on by `STICK`, and lets through from then on until the hand is back inside.
 * @param {number} start position at which the drag began
 * @param {number} low end of the range, as a position
 * @param {number} high
 * @returns {(raw: number) => number}
 */
export function softStop(start, low = -100, high = 100) {
  let beyond = Math.sign(Math.max(start - high, 0) + Math.min(start - low, 0));
  return (raw) => {
    const side = Math.sign(Math.max(raw - high, 0) + Math.min(raw - low, 0));
    if (side === 0 || side === beyond) {
      beyond = side;
      return raw;
    }
    const end = side > 0 ? high : low;
    if (Math.abs(raw - end) <= STICK) return end;
    beyond = side;
    return raw;
  };
}
