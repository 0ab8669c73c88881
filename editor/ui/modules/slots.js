// Places for pictures that the filmstrip gives: a tile is dropped on one, or one is pressed and then a
// tile clicked.
import { change, hear, now } from './page_state.js';
import { made } from './value_exchange.js';

/** @typedef {{picture: string, node?: number|null, name?: string, src?: string}} Slot */

/**
 * Read what a tile gave. Null where it names no picture.
 * @param {any} detail
 * @returns {Slot|null}
 */
export function given(detail) {
  if (!detail || typeof detail.picture !== 'string' || !detail.picture) return null;
  return { picture: detail.picture, node: Number.isInteger(detail.node) ? detail.node : null, src: detail.src || '' };
}

/**
 * Put a picture into a list: not twice, and no more than so many.
 * @param {Slot[]} list
 * @param {Slot} slot
 * @param {number} most of 1, the new one takes the place
 * @returns {Slot[]} the same list where nothing changed
 */
export function added(list, slot, most) {
  if (most === 1) return [slot];
  const same = (/** @type {Slot} */ one) => one.picture === slot.picture && (one.node ?? null) === (slot.node ?? null);
  return list.some(same) || list.length >= most ? list : [...list, slot];
}

/**
 * Tell what a tile of the filmstrip stands for.
 * @param {Element|null} target what was clicked
 * @param {string} shown id of the picture whose steps are unfolded
 * @returns {Slot|null}
 */
export function ofTile(target, shown) {
  const tile = /** @type {HTMLElement|null|undefined} */ (target?.closest('#filmstrip [data-key]'));
  const [kind, name] = (tile?.dataset.key || '').split(/:(.*)/);
  const src = tile?.querySelector('img')?.src || '';
  if (kind === 'p' && name) return { picture: name, node: null, src };
  return kind === 's' && shown ? { picture: shown, node: Number(name), src } : null;
}

/** @type {(() => void)|null} */
let disarm = null; // ends the waiting of the slot that was pressed

/** Open the filmstrip where it is a tool of its own, as on a telephone. Return what opens the tool before again. */
function stripOpened() {
  const { place, tool } = now();
  const strip = document.querySelector('#filmstrip');
  if (place !== 'edit' || !strip || strip.getClientRects().length) return () => {};
  change({ tool: 'strip' });
  return () => { if (now().tool === 'strip') change({ tool }); };
}

/**
 * Let a slot take the next tile of the filmstrip that is clicked. Pressed again, it waits no more.
 * @param {HTMLElement} slot
 * @param {() => string} shown id of the shown picture
 * @param {(slot: Slot) => void} take
 */
export function arm(slot, shown, take) {
  const again = slot.dataset.armed;
  disarm?.();
  if (again) return;
  const click = (/** @type {MouseEvent} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (slot.contains(target) || target?.closest('#rail [data-tool=strip]')) return; // the way to the tiles
    const tile = ofTile(target, shown());
    if (tile) { event.stopPropagation(); event.preventDefault(); }
    disarm?.();
    if (!tile) return;
    goBack();
    take(tile);
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    disarm?.();
    goBack();
  };
  slot.dataset.armed = 'true';
  document.addEventListener('click', click, true);
  document.addEventListener('keydown', key, true);
  disarm = () => {
    delete slot.dataset.armed;
    document.removeEventListener('click', click, true);
    document.removeEventListener('keydown', key, true);
    disarm = null;
  };
  const goBack = stripOpened();
}

/**
 * Call a function when another domain is opened: the ids of pictures are unique within one alone.
 * @param {() => void} opened
 */
export function onOtherDomain(opened) {
  let open = now().stage.domain;
  hear('stage', ({ domain }) => {
    if (!domain || domain === open) return;
    const isFirst = !open;
    open = domain;
    if (!isFirst) opened();
  });
}

/**
 * Show a row of slots, in which pictures are put and taken out again.
 * @param {HTMLElement} row
 * @param {{most: number, label: string, hint?: string, fixed?: boolean, shown: () => string,
 *   changed: (list: Slot[]) => void, pick?: (index: number) => void}} how fixed: what stands first
 *   cannot be taken out and is no part of the list; pick: a click on a picture means it
 * @returns {(list: Slot[], picked?: number, first?: Slot|null) => void} shows pictures
 */
export function slotRow(row, { most, label, hint = '', fixed = false, shown, changed, pick }) {
  /** @type {Slot[]} */
  let list = [];
  let drawn = ''; // what the row shows
  const take = (/** @type {Slot} */ slot) => {
    const next = added(list, slot, most);
    if (next !== list) { list = next; changed(list); }
  };
  row.classList.add('slots');
  row.dataset.slot = '';
  row.setAttribute('role', 'group');
  row.setAttribute('aria-label', label);
  row.addEventListener('give', (event) => {
    const slot = given(/** @type {CustomEvent} */ (event).detail);
    if (slot) take(slot);
  });

  function tile(/** @type {Slot} */ slot, /** @type {number} */ index, /** @type {number} */ picked) {
    const name = slot.name || 'picture';
    const image = made('img', { src: slot.src || '', alt: '', draggable: false });
    const said = made('span', { className: 'slot-name' }, name);
    if (index < 0) return made('div', { className: 'slot fixed', title: name }, image, said);
    const face = pick
      ? made('button', { type: 'button', className: 'pick', 'aria-pressed': index === picked, 'aria-label': `Take from ${name}`, onclick: () => pick(index) }, image, said)
      : made('div', { className: 'pick' }, image, said);
    const out = made('button', {
      type: 'button', className: 'out', title: `Take out ${name}`, 'aria-label': `Take out ${name}`,
      onclick: () => { list = list.filter((_, i) => i !== index); changed(list); empty()?.focus(); },
    }, '×');
    return made('div', { className: 'slot', title: name }, face, out);
  }

  const empty = () => /** @type {HTMLElement|null} */ (row.querySelector('.slot.empty'));
  const plus = () => made('button', {
    type: 'button', className: 'slot empty', 'aria-label': `${label}: add a picture`,
    title: 'Drop a picture here; or press, then click a picture of the strip',
    onclick: () => arm(row, shown, take),
  }, made('span', { className: 'plus', 'aria-hidden': true }, '+'), ...(hint && !list.length ? [made('span', { className: 'slot-name' }, hint)] : []));

  return (next, picked = -1, first = null) => {
    list = next;
    const wanted = JSON.stringify([list, picked, first]);
    if (wanted === drawn) return; // a hand may be about to press one
    drawn = wanted;
    const focused = row.contains(document.activeElement) ? [...row.querySelectorAll('button')].indexOf(/** @type {any} */ (document.activeElement)) : -1;
    const tiles = list.map((slot, index) => tile(slot, index, picked));
    if (fixed && first) tiles.unshift(tile(first, -1, picked));
    if (list.length < most) tiles.push(plus());
    row.replaceChildren(...tiles);
    if (focused >= 0) row.querySelectorAll('button')[Math.min(focused, row.querySelectorAll('button').length - 1)]?.focus();
  };
}

/**
 * Keep a button that puts what is chosen in the filmstrip into a list.
 * @param {HTMLButtonElement} button
 * @param {() => void} [press]
 * @returns {() => Slot[]} what is chosen
 */
export function chosenSlots(button, press) {
  if (press) button.addEventListener('click', press);
  return () => {
    const chosen = /** @type {any} */ (now()).chosen;
    return (Array.isArray(chosen) ? chosen : []).map((one) => (typeof one === 'string' ? { picture: one, node: null } : given(one)))
      .filter((one) => one !== null);
  };
}
