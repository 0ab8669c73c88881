// What the parts of the page share in the browser. A module is loaded once, so this is one value.

/**
 * @typedef {{picture: string, version: string, state: string, domain: string, turnable?: boolean}} ShownPicture
 *   what the stage shows: id of the picture, its version, state of the stage, domain; empty texts for nothing;
 *   turnable: it is of a photo that can be turned and framed anew.
 * @typedef {{place: string, tool: string, moves: Record<string, number>, stage: ShownPicture, chosen: string[],
 *   copied: Record<string, number>|null, ranges: Record<string, [number, number]>}} PageState
 *   place: "edit", "animate" or "library"; tool: "sliders", "brush", "blend", "patch", and "strip" on a phone;
 *   moves: distance by slider, in the units of codes, as the hand has it now;
 *   chosen: ids of the open domain's pictures that are chosen in filmstrip or library, in order;
 *   copied: moves that were copied, to be pasted onto other pictures; ranges: low and high distance by slider.
 */

/** @type {PageState} */
const state = {
  place: 'edit', tool: 'sliders', moves: {}, stage: { picture: '', version: '', state: '', domain: '' }, chosen: [], copied: null, ranges: {},
};
/** @type {Map<string, Set<(value: any) => void>>} */
const listeners = new Map();

/**
 * Return what is shared now.
 * @returns {Readonly<PageState>}
 */
export const now = () => state;

/** Return whether a photo is being opened, or waits for its frame: no picture is shown that could be edited. */
export const isOpening = () => !state.stage.picture && ['working', 'frame'].includes(state.stage.state);

/**
 * Tell everyone who listens to a name.
 * @param {string} name
 * @param {any} [value]
 */
export function tell(name, value) {
  for (const listener of [...(listeners.get(name) || [])]) listener(value);
}

/**
 * Call a function whenever a name is told. Return what ends that.
 * @param {string} name
 * @param {(value: any) => void} listener
 * @returns {() => void}
 */
export function hear(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name)?.add(listener);
  return () => { listeners.get(name)?.delete(listener); };
}

/**
 * Change what is shared, and tell those that listen to the changed names.
 * @param {Partial<PageState>} values
 */
export function change(values) {
  for (const [name, value] of Object.entries(values)) {
    const key = /** @type {keyof PageState} */ (name);
    if (JSON.stringify(state[key]) === JSON.stringify(value)) continue;
    Object.assign(state, { [key]: value });
    tell(name, value);
  }
}
