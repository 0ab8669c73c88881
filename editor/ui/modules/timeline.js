// The timeline: tiles with gaps. A tile is dragged to its place, a gap is dragged or typed to its time.
import { longPress } from './long_press.js';
import { arm, given } from './slots.js';
import { MOST_TILES, inserted, removed, reordered, withGap } from './timeline_times.js';
import { made } from './value_exchange.js';

const REACH = 6; // px before a press becomes a drag
const PX_A_SECOND = 60;
const STOPS = ['.face', '.out', '.gap input', '.plus', '.round']; // of the Tab key

/** @typedef {import('./timeline_times.js').Times} Times */
/** @typedef {import('./slots.js').Slot} Slot */

/**
 * Call a function when a hand takes hold of an element: a mouse at once, a finger when it has rested, since one
 * that moves before scrolls the timeline.
 * @param {HTMLElement} element
 * @param {(press: PointerEvent) => void} taken
 * @param {() => boolean} isHeld
 */
function onGrip(element, taken, isHeld) {
  /** @type {PointerEvent|null} */
  let press = null;
  element.addEventListener('pointerdown', (event) => {
    press = event.button === 0 ? event : null;
    if (press && event.pointerType === 'mouse' && !(event.target instanceof HTMLInputElement)) taken(event);
  });
  longPress(element, () => { if (press) taken(press); });
  element.addEventListener('touchmove', (event) => { if (isHeld()) event.preventDefault(); }, { passive: false });
}

/**
 * Show a timeline in an element. While a hand holds a part of it, or types, the parts stay as they are.
 * @param {HTMLElement} element
 * @param {{shown: () => string, changed: (times: Times, settled: boolean) => void, back: (on: boolean) => void}} how
 *   shown: id of the shown picture; settled: no more is to come of the same drag
 * @returns {{show: (times: Times) => void, showEnds: (ends: {src: string, name: string}[], text: string, isBack: boolean) => void}}
 */
export function timeline(element, { shown, changed, back }) {
  /** @type {Times} */
  let times = { path: [], gaps: [], back: true };
  let isHeld = false;
  let isTyped = false; // a number that is not taken yet
  let drawn = ''; // what the element shows
  /** @type {(() => void)|null} */
  let later = null; // draws what came meanwhile
  const isBusy = () => isHeld || isTyped;
  const free = () => { if (!isBusy()) later?.(); };
  const set = (/** @type {Times} */ next, settled = true) => {
    if (next === times && !settled) return;
    times = next;
    changed(times, settled);
  };

  element.dataset.slot = '';
  element.addEventListener('give', (event) => take(event, times.path.length));

  function take(/** @type {Event} */ event, /** @type {number} */ index) {
    if (element.classList.contains('fixed')) return;
    event.stopPropagation();
    const slot = given(/** @type {CustomEvent} */ (event).detail);
    if (slot) set(inserted(times, index, slot));
  }

  function tile(/** @type {Slot} */ slot, /** @type {number} */ index) {
    const name = slot.name || 'picture';
    const face = made('button', {
      type: 'button', className: 'face', title: `${name}: drag to move it`,
      'aria-label': `${name}, ${index + 1} of ${times.path.length}. Arrow keys move it, Delete takes it out`,
    }, made('img', { src: slot.src || '', alt: '', draggable: false }), made('span', {}, name));
    const out = made('button', {
      type: 'button', className: 'out', title: `Take out ${name}`, 'aria-label': `Take out ${name}`,
      onclick: () => set(removed(times, index)),
    }, '×');
    face.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      const to = /** @type {Record<string, number>} */ ({ ArrowLeft: index - 1, ArrowRight: index + 1 })[event.key];
      if (event.key === 'Delete' || event.key === 'Backspace') set(removed(times, index));
      else if (to !== undefined) { set(reordered(times, index, to)); focusOn(to); } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    const item = made('div', { className: 'tile' }, face, out);
    onGrip(face, (press) => moveTile(press, face, item, index), () => isHeld);
    return item;
  }

  const focusOn = (/** @type {number} */ index) => /** @type {HTMLElement|null} */ (element.querySelectorAll('.face')[index])?.focus();

  // Follow a hand that holds a part; `left` tells whether it let go, or the browser took it away.
  function hold(/** @type {PointerEvent} */ press, /** @type {HTMLElement} */ part, /** @type {(event: PointerEvent) => void} */ move, /** @type {(event: PointerEvent, left: boolean) => void} */ end) {
    isHeld = true;
    part.setPointerCapture(press.pointerId);
    part.classList.add('held');
    const ends = ['pointerup', 'pointercancel'];
    const ended = (/** @type {any} */ event) => {
      part.removeEventListener('pointermove', move);
      for (const name of ends) part.removeEventListener(name, ended);
      part.classList.remove('held');
      isHeld = false;
      end(event, event.type === 'pointerup');
      free();
    };
    part.addEventListener('pointermove', move);
    for (const name of ends) part.addEventListener(name, ended);
  }

  function moveTile(/** @type {PointerEvent} */ press, /** @type {HTMLElement} */ face, /** @type {HTMLElement} */ item, /** @type {number} */ index) {
    let moved = false;
    hold(press, face, (event) => {
      moved ||= Math.abs(event.clientX - press.clientX) > REACH;
      if (moved) item.style.transform = `translateX(${event.clientX - press.clientX}px)`;
    }, (event, left) => {
      item.style.transform = '';
      if (!moved || !left) return;
      const middles = [...element.querySelectorAll('.tile')].map((one) => one.getBoundingClientRect()).map((box) => box.left + box.width / 2);
      const before = middles.filter((middle, i) => i !== index && middle < event.clientX).length;
      if (before !== index) set(reordered(times, index, before));
    });
  }

  function gap(/** @type {number} */ index) {
    const isBack = index === times.path.length - 1;
    const label = isBack ? 'Seconds back to the first' : `Seconds between ${index + 1} and ${index + 2}`;
    const field = made('input', { type: 'number', min: '0.1', max: '10', step: '0.1', value: times.gaps[index].toFixed(1), 'aria-label': label });
    field.addEventListener('input', () => { isTyped = true; });
    field.addEventListener('change', () => { isTyped = false; drawn = ''; set(withGap(times, index, field.valueAsNumber)); });
    field.addEventListener('blur', () => { isTyped = false; free(); });
    field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => event.stopPropagation());
    const line = made('div', { className: isBack ? 'gap back' : 'gap', title: 'Drag to change the time' }, made('span', { className: 'line' }), field, made('span', { className: 'unit' }, 's'));
    const long = (/** @type {number} */ seconds) => line.style.setProperty('--seconds', String(Math.min(seconds, 3)));
    long(times.gaps[index]);
    line.dataset.slot = '';
    line.addEventListener('give', (/** @type {Event} */ event) => take(event, index + 1));
    onGrip(line, (press) => {
      const before = times.gaps[index];
      hold(press, line, (event) => {
        times = withGap(times, index, before + (event.clientX - press.clientX) / PX_A_SECOND);
        const seconds = times.gaps[index];
        if (seconds === undefined) return; // its picture went meanwhile
        field.value = seconds.toFixed(1);
        long(seconds);
        changed(times, false);
      }, () => { if (times.gaps[index] !== before) changed(times, true); });
    }, () => isHeld);
    return line;
  }

  const plus = () => made('button', {
    type: 'button', className: 'plus', 'aria-label': 'Add a picture', title: 'Drop a picture here; or press, then click a picture of the strip',
    onclick: (/** @type {MouseEvent} */ event) => arm(/** @type {HTMLElement} */ (event.currentTarget), shown, (slot) => set(inserted(times, times.path.length, slot))),
  }, '+');

  const backButton = () => made('button', {
    type: 'button', className: 'quiet round', 'aria-pressed': times.back, onclick: () => back(!times.back),
  }, made('span', { 'aria-hidden': true }, '⟳ '), 'and back');

  // Draw parts, unless the same are there; what has the focus keeps it.
  function draw(/** @type {string} */ wanted, /** @type {() => Node[]} */ parts) {
    later = null;
    if (wanted === drawn) return;
    if (isBusy()) { later = () => draw(wanted, parts); return; }
    drawn = wanted;
    const stop = STOPS.map((kind) => ({ kind, index: [...element.querySelectorAll(kind)].indexOf(/** @type {any} */ (document.activeElement)) })).find(({ index }) => index >= 0);
    element.replaceChildren(...parts());
    if (!stop) return;
    const others = element.querySelectorAll(stop.kind);
    /** @type {HTMLElement|null} */ (others[Math.min(stop.index, others.length - 1)] || element.querySelector('.plus'))?.focus();
  }

  return {
    show(next) {
      times = next;
      element.classList.remove('fixed');
      draw(JSON.stringify(times), () => {
        const items = times.path.flatMap((slot, index) => {
          const isLast = index === times.path.length - 1;
          const hasGap = times.path.length > 1 && (!isLast || times.back);
          return hasGap ? [tile(slot, index), gap(index)] : [tile(slot, index)];
        });
        if (times.path.length < MOST_TILES) items.push(plus());
        if (times.path.length > 1) items.push(backButton());
        return items;
      });
    },
    showEnds(ends, text, isBack) {
      times = { ...times, back: isBack };
      element.classList.add('fixed');
      draw(JSON.stringify([ends, text, isBack]), () => {
        const items = ends.map(({ src, name }) => made('div', { className: 'tile' }, made('div', { className: 'face' }, made('img', { src, alt: '' }), made('span', {}, name))));
        const line = made('div', { className: 'gap' }, made('span', { className: 'line' }), made('span', { className: 'unit' }, text));
        line.style.setProperty('--seconds', '3');
        return items.length > 1 ? [items[0], line, items[1], backButton()] : [];
      });
    },
  };
}
