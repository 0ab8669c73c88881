// The timeline: tiles with gaps. A tile is dragged to its place, a gap is dragged or typed to its time.
import { arm, given } from './slots.js';
import { MOST_TILES, inserted, removed, reordered, withGap } from './timeline_times.js';
import { made } from './value_exchange.js';

const REACH = 6; // px before a press becomes a drag
const PX_A_SECOND = 60;

/** @typedef {import('./timeline_times.js').Times} Times */
/** @typedef {import('./slots.js').Slot} Slot */

/**
 * Show a timeline in an element.
 * @param {HTMLElement} element
 * @param {{shown: () => string, changed: (times: Times, settled: boolean) => void, back: (on: boolean) => void}} how
 *   shown: id of the shown picture; settled: no more is to come of the same drag
 * @returns {{show: (times: Times) => void, showEnds: (ends: {src: string, name: string}[], text: string) => void}}
 */
export function timeline(element, { shown, changed, back }) {
  /** @type {Times} */
  let times = { path: [], gaps: [], back: true };
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
    face.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => moveTile(event, face, item, index));
    return item;
  }

  const focusOn = (/** @type {number} */ index) => /** @type {HTMLElement|null} */ (element.querySelectorAll('.face')[index])?.focus();

  function moveTile(/** @type {PointerEvent} */ press, /** @type {HTMLElement} */ face, /** @type {HTMLElement} */ item, /** @type {number} */ index) {
    if (press.button !== 0) return;
    face.setPointerCapture(press.pointerId);
    let moved = false;
    const move = (/** @type {PointerEvent} */ event) => {
      moved ||= Math.abs(event.clientX - press.clientX) > REACH;
      if (moved) item.style.transform = `translateX(${event.clientX - press.clientX}px)`;
    };
    const end = (/** @type {PointerEvent} */ event) => {
      face.removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) face.removeEventListener(name, /** @type {any} */ (end));
      item.style.transform = '';
      if (!moved || event.type === 'pointercancel') return;
      const middles = [...element.querySelectorAll('.tile')].map((one) => one.getBoundingClientRect()).map((box) => box.left + box.width / 2);
      const before = middles.filter((middle, i) => i !== index && middle < event.clientX).length;
      if (before !== index) set(reordered(times, index, before));
    };
    face.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel']) face.addEventListener(name, /** @type {any} */ (end));
  }

  function gap(/** @type {number} */ index) {
    const isBack = index === times.path.length - 1;
    const label = isBack ? 'Seconds back to the first' : `Seconds between ${index + 1} and ${index + 2}`;
    const field = made('input', { type: 'number', min: '0.1', max: '10', step: '0.1', value: times.gaps[index].toFixed(1), 'aria-label': label });
    field.addEventListener('change', () => set(withGap(times, index, field.valueAsNumber)));
    field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => event.stopPropagation());
    const line = made('div', { className: isBack ? 'gap back' : 'gap', title: 'Drag to change the time' }, made('span', { className: 'line' }), field, made('span', { className: 'unit' }, 's'));
    line.style.setProperty('--seconds', String(Math.min(times.gaps[index], 3)));
    line.dataset.slot = '';
    line.addEventListener('give', (/** @type {Event} */ event) => take(event, index + 1));
    line.addEventListener('pointerdown', (/** @type {PointerEvent} */ press) => {
      if (press.button !== 0 || press.target === field) return;
      const before = times.gaps[index];
      line.setPointerCapture(press.pointerId);
      const to = (/** @type {PointerEvent} */ event) => withGap(times, index, before + (event.clientX - press.clientX) / PX_A_SECOND);
      const move = (/** @type {PointerEvent} */ event) => {
        times = to(event);
        field.value = times.gaps[index].toFixed(1);
        line.style.setProperty('--seconds', String(Math.min(times.gaps[index], 3)));
        changed(times, false);
      };
      const end = () => {
        line.removeEventListener('pointermove', move);
        for (const name of ['pointerup', 'pointercancel']) line.removeEventListener(name, end);
        if (times.gaps[index] !== before) changed(times, true);
      };
      line.addEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) line.addEventListener(name, end);
    });
    return line;
  }

  const plus = () => made('button', {
    type: 'button', className: 'plus', 'aria-label': 'Add a picture', title: 'Drop a picture here; or press, then click a picture of the strip',
    onclick: (/** @type {MouseEvent} */ event) => arm(/** @type {HTMLElement} */ (event.currentTarget), shown, (slot) => set(inserted(times, times.path.length, slot))),
  }, '+');

  const backButton = () => made('button', {
    type: 'button', className: 'quiet round', 'aria-pressed': times.back, onclick: () => back(!times.back),
  }, made('span', { 'aria-hidden': true }, '⟳ '), 'and back');

  return {
    show(next) {
      times = next;
      const face = [...element.querySelectorAll('.face')].indexOf(/** @type {any} */ (document.activeElement));
      const items = times.path.flatMap((slot, index) => {
        const isLast = index === times.path.length - 1;
        const hasGap = times.path.length > 1 && (!isLast || times.back);
        return hasGap ? [tile(slot, index), gap(index)] : [tile(slot, index)];
      });
      if (times.path.length < MOST_TILES) items.push(plus());
      if (times.path.length > 1) items.push(backButton());
      element.classList.remove('fixed');
      element.replaceChildren(...items);
      if (face >= 0) focusOn(Math.min(face, times.path.length - 1));
    },
    showEnds(ends, text) {
      const items = ends.map(({ src, name }) => made('div', { className: 'tile' }, made('div', { className: 'face' }, made('img', { src, alt: '' }), made('span', {}, name))));
      const line = made('div', { className: 'gap' }, made('span', { className: 'line' }), made('span', { className: 'unit' }, text));
      line.style.setProperty('--seconds', '3');
      element.classList.add('fixed');
      element.replaceChildren(...(items.length > 1 ? [items[0], line, items[1], backButton()] : []));
      element.querySelector('.round')?.setAttribute('aria-pressed', String(times.back));
    },
  };
}
