// Which pictures a timeline has, and how many seconds lie between them. Nothing here is changed in place.

/** @typedef {import('./slots.js').Slot} Slot */
/**
 * @typedef {{path: Slot[], gaps: number[], back: boolean}} Times
 *   gaps: seconds after each tile; the last one is the way back to the first, kept also without `back`.
 */

export const MOST_TILES = 12;
export const SHORTEST_S = 0.1;
export const LONGEST_S = 10;
export const MOST_S = 30; // of all together
const USUAL_S = 1.5;

/**
 * Round seconds to tenths, between the shortest and the longest.
 * @param {number} seconds
 * @returns {number}
 */
export const bounded = (seconds) => Math.min(LONGEST_S, Math.max(SHORTEST_S, Math.round(seconds * 10) / 10));

/**
 * Return the seconds of the stretches that are shown.
 * @param {Times} times
 * @returns {number[]}
 */
export const stretches = ({ path, gaps, back }) => (path.length < 2 ? [] : gaps.slice(0, back ? path.length : path.length - 1));

/**
 * Return how long all of it takes, seconds.
 * @param {Times} times
 * @returns {number}
 */
export const lengthOf = (times) => Math.round(10 * stretches(times).reduce((sum, gap) => sum + gap, 0)) / 10;

/**
 * Put a picture before the one at an index, or at the end. At most twelve stand in a timeline.
 * @param {Times} times
 * @param {number} index
 * @param {Slot} slot
 * @returns {Times}
 */
export function inserted(times, index, slot) {
  if (times.path.length >= MOST_TILES) return times;
  const at = Math.min(Math.max(index, 0), times.path.length);
  const gaps = spliced(times.gaps, Math.max(at - 1, 0), 0, USUAL_S);
  return fitted({ ...times, path: spliced(times.path, at, 0, slot), gaps });
}

/**
 * Take out the picture at an index, with the time after it; of the last, that before it.
 * @param {Times} times
 * @param {number} index
 * @returns {Times}
 */
export function removed(times, index) {
  if (index < 0 || index >= times.path.length) return times;
  const gap = index === times.path.length - 1 ? Math.max(index - 1, 0) : index;
  return { ...times, path: spliced(times.path, index, 1), gaps: spliced(times.gaps, gap, 1) };
}

/**
 * Move a picture to another place. The times stay where they are.
 * @param {Times} times
 * @param {number} from
 * @param {number} to
 * @returns {Times}
 */
export function reordered(times, from, to) {
  const count = times.path.length;
  if (from === to || from < 0 || to < 0 || from >= count || to >= count) return times;
  return { ...times, path: spliced(spliced(times.path, from, 1), to, 0, times.path[from]) };
}

/**
 * Set the seconds after the picture at an index.
 * @param {Times} times
 * @param {number} index
 * @param {number} seconds
 * @returns {Times}
 */
export function withGap(times, index, seconds) {
  if (!Number.isFinite(seconds) || index < 0 || index >= times.gaps.length) return times;
  const others = lengthOf(times) - times.gaps[index];
  return { ...times, gaps: spliced(times.gaps, index, 1, bounded(Math.min(seconds, MOST_S - others))) };
}

/**
 * Make all of it take so many seconds; each stretch keeps its share, as far as it can.
 * @param {Times} times
 * @param {number} seconds
 * @returns {Times}
 */
export function withLength(times, seconds) {
  const now = lengthOf(times);
  if (!now || !Number.isFinite(seconds)) return times;
  const wanted = Math.min(MOST_S, seconds);
  const counted = stretches(times).length;
  const gaps = times.gaps.map((gap, i) => (i < counted ? bounded((gap * wanted) / now) : gap));
  const rest = wanted - gaps.slice(0, counted).reduce((sum, gap) => sum + gap, 0); // what rounding left
  const widest = gaps.indexOf(Math.max(...gaps.slice(0, counted)));
  return { ...times, gaps: spliced(gaps, widest, 1, bounded(gaps[widest] + rest)) };
}

/**
 * Go back to the first picture at the end, or not.
 * @param {Times} times
 * @param {boolean} back
 * @returns {Times}
 */
export const withBack = (times, back) => fitted({ ...times, back });

/** @type {(times: Times) => Times} */
const fitted = (times) => (lengthOf(times) > MOST_S ? withLength(times, MOST_S) : times);

/** @type {<T>(list: T[], at: number, out: number, ...into: T[]) => T[]} */
const spliced = (list, at, out, ...into) => [...list.slice(0, at), ...into, ...list.slice(at + out)];
