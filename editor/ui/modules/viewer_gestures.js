// What hands do to the viewer: wheel, drag, two fingers, double click, keys.

import { typing } from './keys.js';
import { now as shared } from './page_state.js';
import { pinched, scaledAt } from './view_transform.js';

/**
 * @typedef {import('./viewer.js').Viewer} Viewer
 * @typedef {import('./view_transform.js').Point} Point
 * @typedef {import('./view_transform.js').Transform} Transform
 * @typedef {{drag: (x: number) => boolean, hold: (on: boolean) => void}} Hooks
 *   drag: a pointer is pressed and moves at such a place of the host; true if that was for the divider;
 *   hold: a finger rests on the picture, or is lifted.
 * @typedef {{kind: 'press' | 'pan' | 'divide' | 'pinch', from: Transform, at: Point, fingers: [Point, Point] | null}} Grip
 */

const SLACK = 4; // CSS px that a click may move
const HOLD_MS = 350;
const OWN = 'button, a, input, label, select, textarea, [role=slider], [role=toolbar], [popover]';

/**
 * Say whether a key belongs to the stage: no text field has it, no dialogue is open, Edit is shown.
 * @param {KeyboardEvent} event
 */
export const forStage = (event) => !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey
  && shared().place === 'edit' && !typing(event.target) && !document.querySelector('dialog[open]');

/**
 * @param {Viewer} view
 * @param {Hooks} hooks
 */
export function listenToHands(view, hooks) {
  const { element } = view;
  /** @type {Map<number, Point>} */
  const fingers = new Map();
  /** @type {Grip | null} */
  let grip = null;
  let space = false;
  let resting = 0;

  /** @param {{clientX: number, clientY: number}} event @returns {Point} */
  const within = (event) => {
    const rect = element.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };
  /** A point in the box under it. @param {Point} point @returns {Point} */
  const inBox = ([x, y]) => {
    const under = view.boxes().findLast((box) => x >= box.left && y >= box.top) || view.boxes()[0];
    return [x - under.left, y - under.top];
  };
  const roomy = () => {
    const { width, height } = view.boxes()[0];
    const scale = view.scale() * 0.999;
    return view.photo().width * scale > width || view.photo().height * scale > height;
  };
  const rest = () => {
    clearTimeout(resting);
    if (resting < 0) hooks.hold(false);
    resting = 0;
  };
  /** Hear of a pointer until it is lifted, wherever that is. @param {number} id */
  const capture = (id) => {
    try { element.setPointerCapture(id); } catch { /* it is lifted already */ }
  };
  /** @param {Grip['kind']} kind @param {Point} at */
  const take = (kind, at) => {
    grip = { kind, at, from: view.transform(), fingers: null };
    element.classList.toggle('panning', kind === 'pan');
  };

  /** No pointer does anything any more. */
  function letGo() {
    fingers.clear();
    grip = null;
    rest();
    element.classList.remove('panning');
  }
  /** @param {PointerEvent} event */
  function end(event) {
    const lifted = fingers.delete(event.pointerId);
    if (!fingers.size) letGo();
    else if (lifted) grip = null; // one that is left does nothing more; with another they begin anew
  }

  function pinch() {
    rest();
    const two = /** @type {[Point, Point]} */ ([...fingers.values()].slice(0, 2).map(inBox));
    if (grip?.kind !== 'pinch') {
      take('pinch', two[0]);
      if (grip) grip.fingers = two;
      for (const id of fingers.keys()) capture(id); // what an overlay took and gave up may be lifted outside
    } else view.set(pinched(grip.from, /** @type {[Point, Point]} */ (grip.fingers), two));
  }

  element.addEventListener('pointerdown', (event) => { // also of what an overlay takes: a second finger may come
    if (event.pointerType === 'touch' && event.isPrimary) letGo(); // no other finger is down
    if (event.pointerType === 'touch' && view.photo().width) fingers.set(event.pointerId, within(event));
    if (fingers.size === 2) { event.stopPropagation(); pinch(); }
  }, true);
  element.addEventListener('pointerdown', (event) => {
    if (fingers.size > 1 || !view.photo().width) return;
    const pan = space || event.button === 1;
    const target = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || (!pan && (event.button !== 0 || target.closest(OWN)))) return;
    if (event.button === 1) event.preventDefault();
    const at = within(event);
    capture(event.pointerId);
    if (!pan && hooks.drag(at[0])) take('divide', at);
    else take(pan ? 'pan' : 'press', at);
    if (event.pointerType === 'touch' && grip?.kind === 'press') {
      resting = window.setTimeout(() => { resting = -1; grip = null; hooks.hold(true); }, HOLD_MS);
    }
  });
  element.addEventListener('pointermove', (event) => {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, within(event));
    if (fingers.size === 2) { pinch(); return; }
    if (!grip || grip.kind === 'pinch') return;
    if (!event.buttons) { end(event); return; } // it was lifted where nothing told of it
    const at = within(event);
    const [dx, dy] = [at[0] - grip.at[0], at[1] - grip.at[1]];
    if (grip.kind === 'press') {
      if (Math.hypot(dx, dy) < SLACK) return;
      rest();
      if (!roomy()) { grip = null; return; }
      take('pan', grip.at);
    }
    if (grip.kind === 'divide') hooks.drag(at[0]);
    else view.set({ ...grip.from, x: grip.from.x + dx, y: grip.from.y + dy });
  });
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel'])) element.addEventListener(name, end);
  element.addEventListener('lostpointercapture', (event) => {
    if (event.target === element) end(event); // not of an overlay that has given its finger to the viewer
  });

  element.addEventListener('wheel', (event) => {
    if (!view.photo().width) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    view.zoom(view.scale() * Math.exp(-pixels / (event.ctrlKey ? 100 : 400)), inBox(within(event)));
  }, { passive: false });
  element.addEventListener('dblclick', (event) => {
    if (!view.photo().width || /** @type {Element} */ (event.target).closest(OWN)) return;
    if (view.mode() !== 'fit') view.look('fit');
    else if (view.hasFace()) view.look('face');
    else view.set(scaledAt(view.transform(), inBox(within(event)), 1 / view.ratio()));
  });
  element.addEventListener('contextmenu', (event) => { if (resting) event.preventDefault(); });
  for (const name of ['gesturestart', 'gesturechange']) element.addEventListener(name, (event) => event.preventDefault());

  document.addEventListener('keydown', (event) => {
    if (event.key !== ' ' || !forStage(event)) return;
    const target = /** @type {Element | null} */ (event.target);
    if (target?.closest('button, a, input, summary, [role=button], [role=slider]')) return;
    event.preventDefault();
    space = true;
    element.classList.add('grab');
  });
  const leave = () => { space = false; element.classList.remove('grab'); };
  document.addEventListener('keyup', (event) => { if (event.key === ' ') leave(); });
  window.addEventListener('blur', leave);
  element.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (!step || event.target !== element || !forStage(event)) return;
    event.preventDefault();
    const { scale, x, y } = view.transform();
    view.set({ scale, x: x + step[0], y: y + step[1] });
  });
}
