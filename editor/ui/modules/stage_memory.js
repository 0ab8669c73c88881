// What of the stage outlives a reload: where the photo lies, and the frame that was being placed. Of this tab alone.

/**
 * @typedef {import('./composite.js').Crop} Crop
 * @typedef {{key: string, mode: string, transform: {scale: number, x: number, y: number}}} KeptView
 * @typedef {{key: string, crop: Crop}} KeptFrame
 */

const PREFIX = 'in-domain-editor';
const SOON_MS = 150;

/** @param {string} name @param {object} value */
function keep(name, value) {
  try { sessionStorage.setItem(`${PREFIX}-${name}`, JSON.stringify(value)); } catch { /* private mode */ }
}
/** @param {string} name @returns {any} */
function kept(name) {
  try { return JSON.parse(sessionStorage.getItem(`${PREFIX}-${name}`) || 'null'); } catch { return null; }
}
/** @param {unknown} value */
const finite = (value) => typeof value === 'number' && Number.isFinite(value);

/**
 * Return the view that was kept of a photo, or null.
 * @param {any} found
 * @param {string} key of the photo
 * @returns {KeptView | null}
 */
export function viewOf(found, key) {
  const { scale, x, y } = found?.transform || {};
  return found && key && found.key === key && typeof found.mode === 'string' && [scale, x, y].every(finite) && scale > 0 ? found : null;
}

/**
 * Return the frame that was kept of a photo, or null.
 * @param {any} found
 * @param {string} key of the photo
 * @returns {Crop | null}
 */
export function frameOf(found, key) {
  const { x, y, side, angle } = found?.crop || {};
  return found && key && found.key === key && [x, y, side, angle].every(finite) && side > 0 ? found.crop : null;
}

/** @param {string} key @param {Crop} crop */
export const keepFrame = (key, crop) => keep('frame', { key, crop });
/** @param {string} key */
export const keptFrame = (key) => frameOf(kept('frame'), key);

/**
 * Keep where the photo lies on a stage, and lay it there again after a reload.
 * @param {import('./stage.js').Stage} stage
 */
export function remembersView(stage) {
  const view = /** @type {import('./viewer.js').Viewer} */ (stage.view);
  let last = kept('view');
  /** @type {number | undefined} */
  let waiting;
  const key = () => stage.value().photo?.key || '';
  view.onChange(() => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => { if (key() && !last) keep('view', { key: key(), mode: view.mode(), transform: view.transform() }); }, SOON_MS);
  });
  stage.onValue(async () => {
    if (!key()) return;
    const found = viewOf(last, key());
    await stage.ready();
    last = null; // once: from now on the hand decides
    if (!found) return;
    if (found.mode === 'free') view.set(found.transform);
    else view.look(/** @type {'fit' | 'actual' | 'face'} */ (found.mode));
  });
}
