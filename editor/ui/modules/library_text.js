// What the library says of itself, in words.

/**
 * @typedef {{key: string, id: string, domain: string, name: string, src: string, doubt: string}} Tile
 * @typedef {{done: number, total: number, seconds?: number|null, waiting?: string[], saving?: boolean, pasting?: boolean}} Progress
 */

export const MOST_PHOTOS = 50;
const ROUGH_S = 5; // nobody believes "about 23 s"

/**
 * Say how far a batch is.
 * @param {Progress} progress
 * @param {number} [later] photos that wait for its end
 * @returns {string}
 */
export function progressLine(progress, later = 0) {
  return later ? `${lineOf(progress)} · ${later} more after ${progress.total === 1 ? 'it' : 'them'}` : lineOf(progress);
}

/** @param {Progress} progress */
function lineOf({ done, total, seconds, saving, pasting }) {
  if (saving) return `Saving ${Math.min(done + 1, total)} of ${total}`;
  if (pasting) return `Pasting settings, ${Math.min(done + 1, total)} of ${total}`;
  const at = `${Math.min(done + 1, total)} of ${total}`;
  if (seconds === null || seconds === undefined) return at;
  if (seconds < ROUGH_S) return `${at} · a few seconds left`;
  if (seconds > 90) return `${at} · about ${Math.round(seconds / 60)} min left`;
  return `${at} · about ${Math.round(seconds / ROUGH_S) * ROUGH_S} s left`;
}

/**
 * Return the filters that are worth a button: none where one domain has all pictures.
 * @param {Tile[]} tiles
 * @param {{name: string, title: string}[]} domains
 * @returns {{name: string, title: string, count: number}[]} the first has the name '' and shows all
 */
export function filters(tiles, domains) {
  const counted = domains
    .map((one) => ({ ...one, count: tiles.filter((tile) => tile.domain === one.name).length }))
    .filter((one) => one.count);
  return counted.length > 1 ? [{ name: '', title: 'All', count: tiles.length }, ...counted] : [];
}

/**
 * Say which project this is.
 * @param {string} name of the last file, or ''
 * @param {number|null} time when it was saved, ms, or null
 * @returns {string}
 */
export function projectLine(name, time) {
  if (!name) return 'Not saved as a file yet';
  if (time === null) return name;
  return `${name} · saved ${new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
}

/**
 * Tell photos and codes from project files, and take no more than go at once.
 * @template {{name: string}} F
 * @param {F[]} files
 * @returns {{photos: F[], project: F|null, left: number}}
 */
export function sorted(files) {
  const zips = files.filter((one) => /\.zip$/i.test(one.name));
  const photos = files.filter((one) => !/\.zip$/i.test(one.name));
  return { photos: photos.slice(0, MOST_PHOTOS), project: zips[0] || null, left: Math.max(0, photos.length - MOST_PHOTOS) };
}
