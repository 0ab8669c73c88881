// A look: settings of several sliders, as shares of their measured ranges. See editor/sliders/looks.py.

/**
 * @typedef {{name: string, sliders: Record<string, number>}} Look
 * @typedef {Record<string, [number, number]>} Ranges low and high by slider
 * @typedef {Record<string, number>} Moves
 */

const FARTHEST = 2; // shares of the range
export const MOST = 40; // looks of a file, values of a look
const MAX_NAME = 40;

/**
 * Return the distances of a look. Sliders that are not there are left out.
 * @param {Look} look
 * @param {Ranges} ranges
 * @param {number} [strength] factor
 * @returns {Moves}
 */
export function movesOf(look, ranges, strength = 1) {
  /** @type {Moves} */
  const moves = {};
  for (const [name, share] of Object.entries(look.sliders)) {
    if (!(name in ranges) || !share) continue;
    const [low, high] = ranges[name];
    const distance = strength * share * (share > 0 ? high : -low);
    if (distance) moves[name] = Math.round(distance * 1000) / 1000;
  }
  return moves;
}

/**
 * Return the look that sets what the sliders say. A side without a range counts nothing.
 * @param {string} name
 * @param {Moves} moves
 * @param {Ranges} ranges
 * @returns {Look}
 */
export function lookOf(name, moves, ranges) {
  /** @type {Record<string, number>} */
  const values = {};
  for (const [slider, distance] of Object.entries(moves)) {
    const [low, high] = ranges[slider] || [0, 0];
    const end = distance > 0 ? high : -low;
    if (distance && end > 0) values[slider] = Math.max(-FARTHEST, Math.min(FARTHEST, Math.round((distance / end) * 1000) / 1000));
  }
  return { name: cleanName(name), sliders: values };
}

/** @param {unknown} name */
export const cleanName = (name) => String(name ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_NAME);

/**
 * Give a look another name. One that has the name already goes.
 * @param {Look[]} looks
 * @param {string} old
 * @param {string} name
 * @returns {Look[]}
 */
export function renamed(looks, old, name) {
  return looks.filter((look) => look.name === old || look.name !== name).map((look) => (look.name === old ? { ...look, name } : look));
}

/**
 * Read looks from the text of a file; null where it is none.
 * @param {string} text
 * @returns {{domain: string, looks: Look[]} | null}
 */
export function read(text) {
  try {
    const found = JSON.parse(text);
    const one = Array.isArray(found.looks) ? found.looks : [found];
    const looks = one.slice(0, MOST).map(checked);
    return looks.length ? { domain: String(found.domain ?? ''), looks } : null;
  } catch {
    return null;
  }
}

/** @param {any} value @returns {Look} */
function checked(value) {
  const name = cleanName(value.name);
  const entries = Object.entries(value.sliders);
  if (!name || entries.length > MOST) throw new Error('no look');
  for (const [, share] of entries) {
    if (typeof share !== 'number' || !Number.isFinite(share) || Math.abs(share) > FARTHEST) throw new Error('no share');
  }
  return { name, sliders: Object.fromEntries(/** @type {[string, number][]} */ (entries)) };
}

/**
 * Return whether two settings are the same, within what is shown.
 * @param {Moves} one
 * @param {Moves} other
 */
export function same(one, other) {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => Math.abs((one[name] || 0) - (other[name] || 0)) < 0.005);
}
