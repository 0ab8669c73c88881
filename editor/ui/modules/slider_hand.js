// What a mouse, a finger, keys and typing do to the sliders of a panel.

import { tell } from './page_state.js';
import { MOST, softStop, whole } from './slider_scale.js';

const DECIDED_PX = 6; // that a finger moves before it is known whether it slides or scrolls
const DRAG_PX = 3;

/**
 * @typedef {{
 *   place: (name: string) => number, ends: (name: string) => [number, number],
 *   set: (name: string, place: number) => void, shown: (name: string) => void,
 *   rest: (now: boolean) => void, step: (name: string, by: number) => void,
 * }} Actions
 *   place: position of a slider now; ends: of its range, as positions; set: a new position;
 *   shown: the hand left the slider alone, show what is; rest: the hand has left (now, or it may go on);
 *   step: go to a slider before or after.
 * @typedef {{name: string, pointer: number, x: number, y: number, start: number, touch: boolean,
 *   sliding: boolean, moved: boolean, stop: (raw: number) => number, input: HTMLInputElement}} Drag
 */

/**
 * @param {EventTarget | null} target
 * @param {string} type
 * @returns {HTMLInputElement | null}
 */
const input = (target, type) => target instanceof HTMLInputElement && target.type === type && target.closest('.move')
  ? target : null;
/** @param {Element} number @returns {HTMLInputElement | null | undefined} the slider beside it */
const inputOf = (number) => number.closest('.move')?.querySelector('input[type=range]');
/** @param {Element} node */
const nameOf = (node) => /** @type {HTMLElement} */ (node.closest('.move')).dataset.name || '';

/**
 * Listen to the hand.
 * @param {HTMLElement} panel
 * @param {AbortSignal} signal ends it
 * @param {Actions} actions
 * @returns {{held: () => boolean, typing: () => string, drop: () => void}}
 *   held: whether a pointer is down on a slider; typing: name of the slider whose number is being typed, or "";
 *   drop: end the drag that is.
 */
export function hand(panel, signal, actions) {
  /** @type {Drag | null} */
  let drag = null;
  let typing = '';
  let byPointer = false; // the focus came by a press: digits are no number for the slider, but choose a tool

  panel.addEventListener('pointerdown', (event) => {
    const range = input(event.target, 'range');
    if (!range || event.button) return;
    byPointer = true;
    const name = nameOf(range);
    const [start, [low, high]] = [actions.place(name), actions.ends(name)];
    const { pointerId: pointer, clientX: x, clientY: y } = event;
    const touch = event.pointerType === 'touch';
    const stop = softStop(start, low, high);
    drag = { name, pointer, x, y, start, touch, sliding: !touch, moved: false, stop, input: range };
  });
  addEventListener('pointermove', (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (Math.abs(dx) > DRAG_PX) drag.moved = true;
    if (!drag.touch) return;
    // a finger slides by how far it goes, from wherever it began; up and down it scrolls
    if (!drag.sliding && Math.abs(dx) > DECIDED_PX && Math.abs(dx) > Math.abs(dy)) {
      drag.sliding = true;
      drag.x += Math.sign(dx) * DECIDED_PX;
    }
    if (!drag.sliding) return;
    const span = Number(drag.input.max) - Number(drag.input.min);
    const raw = drag.start + ((event.clientX - drag.x) / Math.max(drag.input.clientWidth, 1)) * span;
    actions.set(drag.name, whole(drag.stop(raw)));
  }, { signal });
  /** @param {PointerEvent} event */
  const ended = (event) => {
    if (!drag || event.pointerId !== drag.pointer) return;
    const { name, sliding, moved } = drag;
    drag = null;
    actions.shown(name);
    if (sliding) actions.rest(moved);
  };
  addEventListener('pointerup', ended, { signal });
  addEventListener('pointercancel', ended, { signal });

  panel.addEventListener('input', (event) => {
    const [range, number] = [input(event.target, 'range'), input(event.target, 'number')];
    if (range) {
      const name = nameOf(range);
      if (drag?.touch) { actions.shown(name); return; } // the browser jumps to the finger; we do not
      const raw = whole(Number(range.value));
      actions.set(name, drag ? drag.stop(raw) : raw);
      if (!drag) actions.rest(false);
    } else if (number) {
      typing = nameOf(number);
      if (number.value === '' || !Number.isFinite(Number(number.value))) return;
      actions.set(typing, whole(Number(number.value)));
      actions.rest(false);
    }
  });
  /** @type {HTMLInputElement | null} */
  let pressed = null; // a number that the press now gives the focus: all of it is chosen, to be typed over
  panel.addEventListener('pointerdown', (event) => {
    const number = input(event.target, 'number');
    pressed = number && document.activeElement !== number ? number : null;
  });
  panel.addEventListener('click', (event) => { if (pressed && event.target === pressed) pressed.select(); });
  panel.addEventListener('change', (event) => {
    const number = input(event.target, 'number');
    if (!number) return;
    typing = '';
    actions.shown(nameOf(number)); // what was typed beyond the last position, or is no number
    actions.rest(true);
  });
  panel.addEventListener('focusout', (event) => {
    if (!typing || !input(event.target, 'number')) return;
    const name = typing;
    typing = '';
    actions.shown(name);
  });

  panel.addEventListener('dblclick', (event) => {
    const row = event.target instanceof Element && event.target.closest('.move');
    if (!row || input(event.target, 'number')) return;
    event.preventDefault();
    actions.set(nameOf(row), 0);
    actions.rest(false);
  });

  panel.addEventListener('keydown', (event) => {
    const number = input(event.target, 'number');
    // undo is that of the edits: the browser's own goes through all fields, and sets numbers that nobody typed
    if (number && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      event.preventDefault();
      event.stopPropagation();
      inputOf(number)?.focus();
      tell(event.shiftKey ? 'press-redo' : 'press-undo');
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const range = input(event.target, 'range');
    if (event.key === 'Tab' || event.key.startsWith('Arrow')) byPointer = false;
    if (range && !(byPointer && /^[1-4]$/.test(event.key))) keyed(event, range, actions);
    else if (!range && input(event.target, 'number') && !['Escape', 'Tab'].includes(event.key)) event.stopPropagation();
  });

  return { held: () => drag !== null && drag.sliding, typing: () => typing, drop: () => { drag = null; } };
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} range
 * @param {Actions} actions
 */
function keyed(event, range, actions) {
  const name = nameOf(range);
  const place = Math.round(actions.place(name));
  const by = event.shiftKey ? 10 : 1;
  const [low, high] = [Number(range.min), Number(range.max)];
  /** @type {Record<string, number>} */
  const places = {
    ArrowLeft: place - by, ArrowRight: place + by, PageDown: place - 10, PageUp: place + 10,
    Home: Math.max(low, -100), End: Math.min(high, 100), Backspace: 0, Delete: 0,
  };
  if (event.key in places) {
    actions.set(name, Math.min(Math.max(places[event.key], low, -MOST), high, MOST));
    actions.rest(false);
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    actions.step(name, event.key === 'ArrowUp' ? -1 : 1);
  } else if (/^[0-9-]$/.test(event.key)) {
    // the number takes the key: it has the focus before the character arrives
    const number = /** @type {HTMLInputElement} */ (range.closest('.move')?.querySelector('input[type=number]'));
    number.focus();
    number.select();
    event.stopPropagation();
    return;
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
