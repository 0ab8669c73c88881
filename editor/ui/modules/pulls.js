// Which sliders the handles on the face move, and how far.

/** @typedef {Record<string, [number, number]>} Ranges low and high by slider */

/** By handle and axis, sliders in order of preference; a leading minus: to the right, or up, is less. */
const WISHES = {
  mouth: { y: ['smile'], x: ['mouth_open'] },
  nose: { x: ['yaw', 'turn'], y: ['-pitch', '-nod'] },
  sun: { x: ['light_side', 'light'] },
};

/**
 * Return the handles for what a domain has: a slider by axis.
 * @param {Ranges} ranges
 * @returns {Record<string, {x?: string, y?: string}>}
 */
export function pullsOf(ranges) {
  /** @type {Record<string, {x?: string, y?: string}>} */
  const pulls = {};
  for (const [handle, axes] of Object.entries(WISHES)) {
    for (const [axis, wishes] of Object.entries(axes)) {
      const name = wishes.find((wish) => wish.replace('-', '') in ranges);
      if (name) pulls[handle] = { ...pulls[handle], [axis]: name };
    }
  }
  return pulls;
}

/**
 * Return how far sliders are, as shares of their ranges, −1…1, for those that handles move.
 * @param {Record<string, number>} moves
 * @param {Ranges} ranges
 * @param {Record<string, {x?: string, y?: string}>} pulls
 */
export function sharesOf(moves, ranges, pulls) {
  /** @type {Record<string, number>} */
  const shares = {};
  for (const axes of Object.values(pulls)) {
    for (const wish of Object.values(axes)) {
      const name = String(wish).replace('-', '');
      const [low, high] = ranges[name];
      const at = moves[name] || 0;
      const end = at > 0 ? high : -low;
      shares[name] = end > 0 ? Math.max(-1, Math.min(1, at / end)) : 0;
    }
  }
  return shares;
}

/**
 * Return moves with a slider at a share of its range.
 * @param {Record<string, number>} moves
 * @param {Ranges} ranges
 * @param {string} name
 * @param {number} share −1…1
 */
export function withShare(moves, ranges, name, share) {
  const [low, high] = ranges[name] || [0, 0];
  const distance = Math.round(share * (share > 0 ? high : -low) * 1000) / 1000;
  const rest = { ...moves };
  delete rest[name];
  return distance ? { ...rest, [name]: distance } : rest;
}
