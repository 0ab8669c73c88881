// Before and after: held, split, side by side, as a difference. What each shows, and the keys and marks of it.

import { endsByEscape } from './escape.js';
import { hear } from './page_state.js';
import { forStage } from './viewer_gestures.js';

/**
 * @typedef {import('./viewer.js').Viewer} Viewer
 * @typedef {import('./viewer.js').Box} Box
 * @typedef {import('./composite_webgl.js').Pane} Pane
 * @typedef {'off' | 'split' | 'side' | 'difference'} Way
 * @typedef {{way: Way, held: boolean, at: number}} Comparison
 *   held: only what was before is shown; at: where the divider is, as a share of the photo's width.
 */

const PIXELS_SEEN = 3; // from this scale on, pixels of a photo are shown as squares

/**
 * Return what is drawn where.
 * @param {Comparison} comparison
 * @param {{boxes: Box[], transform: import('./composite.js').Transform, width: number, ratio: number, alone: boolean}} lies
 *   boxes and transform in CSS px; width of the photo; ratio: pixels of the canvas per CSS px; alone: a small
 *   picture without a photo, which is always smooth
 * @returns {Pane[]}
 */
export function panesOf({ way, held, at }, { boxes, transform, width, ratio, alone }) {
  const smooth = alone || transform.scale * ratio < PIXELS_SEEN;
  /** @param {Box} box @param {Pane['show']} show @param {number} [from] @param {number} [to] @returns {Pane} */
  const pane = (box, show, from = 0, to = box.width) => {
    const [left, top] = [Math.round((box.left + from) * ratio), Math.round(box.top * ratio)];
    return {
      left,
      top,
      width: Math.round((box.left + to) * ratio) - left,
      height: Math.round((box.top + box.height) * ratio) - top,
      transform: { // on whole pixels, so that at 100% they are the photo's own
        scale: transform.scale * ratio,
        x: Math.round((box.left + transform.x) * ratio),
        y: Math.round((box.top + transform.y) * ratio),
      },
      show,
      smooth,
    };
  };
  if (held) return boxes.map((box) => pane(box, 'before'));
  if (way === 'side' && boxes.length > 1) return [pane(boxes[0], 'before'), pane(boxes[1], 'after')];
  if (way === 'split') {
    const x = Math.min(boxes[0].width, Math.max(0, transform.x + at * width * transform.scale));
    return [pane(boxes[0], 'before', 0, x), pane(boxes[0], 'after', x)].filter((one) => one.width > 0);
  }
  return boxes.map((box) => pane(box, way === 'difference' ? 'difference' : 'after'));
}

/**
 * Follow the keys, the buttons `[data-compare]` and the divider of a stage.
 * @param {HTMLElement} element of the stage
 * @param {() => Viewer} view
 * @returns {{now: () => Comparison, drag: (x: number) => boolean, hold: (on: boolean) => void, name: (text: string) => void, begin: () => void, place: () => void}}
 *   begin: show both, if they are not shown yet; drag: the divider is pulled to this place of the host; name: of what was before; place: divider and tags anew
 */
export function comparison(element, view) {
  /** @type {Comparison} */
  const now = { way: 'off', held: false, at: 0.5 };
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const [divider, before, after] = ['.divider', '.tag.before', '.tag.after'].map(find);
  let named = 'Before';

  function place() {
    const { width } = view().photo();
    const split = now.way === 'split' && !now.held && width > 0;
    divider.hidden = !split;
    divider.style.left = `${view().toScreen([now.at * width, 0])[0]}px`;
    divider.setAttribute('aria-valuenow', String(Math.round(100 * now.at)));
    const both = now.way === 'split' || now.way === 'side';
    before.hidden = !width || !(now.held || both);
    before.textContent = named;
    after.hidden = !width || now.held || now.way === 'off';
    after.textContent = now.way === 'difference' ? 'What changed' : 'After';
    const [first, last] = [view().boxes()[0], view().boxes()[view().boxes().length - 1]];
    before.style.left = `${first.left + 12}px`;
    after.style.right = now.way === 'split' || now.way === 'difference' ? '12px' : 'auto';
    after.style.left = now.way === 'side' ? `${last.left + 12}px` : 'auto';
    after.style.top = `${last.top + 12}px`;
    element.classList.toggle('splitting', split);
    for (const button of element.querySelectorAll('[data-compare]')) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-compare') === now.way));
    }
  }

  /** @param {Partial<Comparison>} values */
  function set(values) {
    Object.assign(now, values);
    view().twice(now.way === 'side');
    view().told();
  }
  /** @param {Way} way */
  const toggle = (way) => set({ way: now.way === way ? 'off' : way });
  /** @param {number} at */
  const divide = (at) => set({ at: Math.min(1, Math.max(0, at)) });
  /** @param {boolean} on */
  const hold = (on) => { if (now.held !== on) set({ held: on }); };

  hear('compare', (on) => hold(Boolean(on)));
  window.addEventListener('blur', () => hold(false));
  document.addEventListener('keydown', (event) => {
    if (!forStage(event) || event.repeat || !view().photo().width) return;
    const key = event.key.toLowerCase();
    if (key === 'c') hold(true);
    else if (key === 'y') toggle(event.shiftKey ? 'side' : 'split');
    else if (key === 'd') toggle('difference');
  });
  endsByEscape('comparison', (event) => {
    if (now.way === 'off' || !forStage(event) || !view().photo().width) return false;
    set({ way: 'off' });
    return true;
  });
  document.addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'c') hold(false); });
  for (const button of element.querySelectorAll('[data-compare]')) {
    button.addEventListener('click', () => toggle(/** @type {Way} */ (button.getAttribute('data-compare'))));
  }
  divider.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    divide(now.at + step);
  });
  return {
    now: () => now,
    hold,
    drag: (x) => {
      if (now.way !== 'split' || now.held) return false;
      divide(view().toPhoto([x, 0])[0] / view().photo().width);
      return true;
    },
    name: (text) => { named = text; },
    begin: () => { if (now.way === 'off') set({ way: 'split' }); },
    place,
  };
}
