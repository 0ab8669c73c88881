// What marks on pictures mean, and what is said of them: all that the sheet "New slider" computes.

/** @typedef {'has' | 'not' | ''} Mark */
/** @typedef {{id: string, of: string, src: string, mark: Mark}} Picture */
/** @typedef {'not yet' | 'usable' | 'good'} Level */

export const ENOUGH = 6; // marks in a batch, after which the next pictures come by themselves
export const DOUBLE_MS = 350;
export const LONG_MS = 500;

/**
 * Return the mark of a picture after it was marked as a kind: a second time takes it back.
 * @param {Mark} mark
 * @param {'has' | 'not'} kind
 * @returns {Mark}
 */
export const toggled = (mark, kind) => (mark === kind ? '' : kind);

/**
 * Return pictures of which one was marked; none of those that were given is changed.
 * @param {Picture[]} items
 * @param {string} id
 * @param {Mark} mark
 */
export const withMark = (items, id, mark) => items.map((item) => (item.id === id ? { ...item, mark } : item));

/**
 * Return how many pictures have it, and how many have it not.
 * @param {{mark: Mark}[]} items
 * @returns {[number, number]}
 */
export const tally = (items) => [
  items.filter((item) => item.mark === 'has').length,
  items.filter((item) => item.mark === 'not').length,
];

/**
 * Whether the next pictures should come.
 * @param {{mark: Mark}[]} items that are shown
 */
export const isEnough = (items) => items.filter((item) => item.mark).length >= Math.min(ENOUGH, items.length || 1);

/**
 * Read taps of a finger: the second one in quick succession on a picture means "has not".
 * @param {{id: string, at: number} | null} last tap before
 * @param {string} id
 * @param {number} at in milliseconds
 */
export const isDouble = (last, id, at) => Boolean(last && last.id === id && at - last.at <= DOUBLE_MS);

/**
 * Return what is sent of the marks: of the shown pictures, and of older ones that were marked too late.
 * @param {Picture[]} shown
 * @param {Picture[]} late
 */
export function marksOf(shown, late) {
  const there = new Set(shown.map((item) => item.id));
  const all = [...late.filter((item) => !there.has(item.id)), ...shown];
  return all.map(({ id, of, mark }) => ({ id, of, mark }));
}

/**
 * Say how far it is.
 * @param {Level} level
 * @param {number | null} accuracy 0…1
 */
export const levelText = (level, accuracy) => (
  accuracy === null ? level : `${level} (${Math.round(100 * accuracy)}%)`
);

/**
 * Return how full the bar is, in per cent: half is chance, which is empty.
 * @param {number | null} accuracy 0…1
 */
export const filled = (accuracy) => (accuracy === null ? 0 : Math.max(0, Math.min(100, Math.round(200 * (accuracy - 0.5)))));

/**
 * Say what to do next.
 * @param {[number, number]} counts
 * @param {Level} level
 * @param {number} more of each
 */
export function advice([has, not], level, more) {
  if (!has && !not) return 'Mark six, and the next pictures come by themselves.';
  if (!has) return 'Mark some that have it.';
  if (!not) return 'Mark some that have it not.';
  if (!more) return 'Good. Name it and add it.';
  const wanted = `About ${more} more of each`;
  return level === 'usable' ? `${wanted} would make it good.` : `${wanted}.`;
}

/**
 * Say what a slider moves besides.
 * @param {{title: string, share: number, held: boolean}} effect share in per cent
 */
export const effectText = ({ title, share, held }) => `${title} ${held ? '0' : String(share).replace('-', '−')}%`;

/**
 * Return the names that are held after one was pressed.
 * @param {string[]} hold
 * @param {string} name
 */
export const heldAfter = (hold, name) => (hold.includes(name) ? hold.filter((one) => one !== name) : [...hold, name]);
