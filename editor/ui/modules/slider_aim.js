// Tell the page which slider the hand is about to move, so that its pictures can be made ahead.

import { tell } from './page_state.js';

/** Positions of the pictures, the ends first: what lies between two of them can be shown from then on. */
export const PLACES = [-100, 100, 0, -50, 50, -75, 75, -25, 25];

/**
 * Return the moves of pictures across a slider's range, with the other sliders as they are.
 * @param {Record<string, number>} moves
 * @param {string} name
 * @param {(place: number) => number} distance of a position
 * @returns {Record<string, number>[]}
 */
export function across(moves, name, distance) {
  const others = Object.fromEntries(Object.entries(moves).filter(([other]) => other !== name));
  return PLACES.map((place) => (place ? { ...others, [name]: distance(place) } : others));
}

/**
 * Tell `aim`, with moves, when a pointer rests on the row of a slider, when the focus enters one, and when one is chosen.
 * @param {HTMLElement} panel
 * @param {AbortSignal} signal ends it
 * @param {(name: string) => Record<string, number>[]} list of a slider, empty for what is none
 */
export function aims(panel, signal, list) {
  let aimed = '';
  /** @param {EventTarget | null} target */
  const named = (target) => (target instanceof Element
    ? /** @type {HTMLElement | null} */ (target.closest('.move, .chip'))?.dataset.name || '' : '');
  /** @param {string} name */
  const aim = (name) => {
    aimed = name;
    const moves = name ? list(name) : [];
    if (moves.length) tell('aim', moves);
  };
  panel.addEventListener('pointerover', (event) => {
    if (event.pointerType !== 'mouse' || event.buttons) return;
    const name = named(event.target);
    if (name && name !== aimed) aim(name);
  }, { signal });
  panel.addEventListener('pointerleave', () => { aimed = ''; }, { signal });
  panel.addEventListener('focusin', (event) => aim(named(event.target)), { signal });
  panel.addEventListener('click', (event) => { // a finger on a chip: the slider comes under it
    if (event.target instanceof Element && event.target.closest('.chip')) aim(named(event.target));
  }, { signal });
}
