// Where one can go from where the picture stands: one slider each way.

/** @typedef {Record<string, number>} Moves */
/** @typedef {{name: string, share: number, moves: Moves}} Step name of the slider, and how far it goes, as a share of its range; none for the middle */

const SHARE = 0.5; // of the range, that a step goes
const FARTHEST = 1.5;
export const SLIDERS = 4; // of a page of nine pictures

/**
 * Return nine steps: around the middle, which is what the picture shows, each slider's low side left of or above its high.
 * @param {Moves} moves as they are
 * @param {Record<string, [number, number]>} ranges low and high by slider
 * @param {number} page which sliders: each page has four, around and around
 * @returns {Step[]} for the places of a 3×3 grid, row by row; places without a slider stand still
 */
export function steps(moves, ranges, page) {
  const names = Object.keys(ranges).filter((name) => ranges[name][1] > ranges[name][0]);
  const taken = names.length <= SLIDERS ? names : Array.from({ length: SLIDERS }, (_, index) => names[(page * SLIDERS + index) % names.length]);
  const still = { name: '', share: 0, moves: { ...moves } };
  const grid = Array.from({ length: 9 }, () => still);
  [[3, 5], [1, 7], [0, 8], [2, 6]].forEach(([low, high], index) => {
    const name = taken[index];
    if (!name) return;
    grid[low] = step(moves, ranges[name], name, -SHARE);
    grid[high] = step(moves, ranges[name], name, SHARE);
  });
  return grid;
}

/** @param {Moves} moves @param {[number, number]} range @param {string} name @param {number} share @returns {Step} */
function step(moves, [low, high], name, share) {
  const by = share * (share > 0 ? high || -low : -low || high);
  const to = Math.max(-FARTHEST * Math.max(-low, 0.001), Math.min(FARTHEST * Math.max(high, 0.001), (moves[name] || 0) + by));
  return { name, share, moves: { ...moves, [name]: Math.round(to * 1000) / 1000 } };
}
