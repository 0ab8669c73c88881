// The options of the brush, in a bar over the stage.

import { clamp } from './overlay_geometry.js';
import { keepToItself, made } from './pointers.js';

/**
 * @typedef {'brush' | 'erase' | 'box'} Tool
 * @typedef {{tool: Tool, size: number, soft: number, visible: boolean}} Settings
 *   size: diameter, percent of the square's side; soft: percent of the radius; visible: the tint is shown
 * @typedef {{
 *   changed: () => void, invert: () => void, clear: () => void, bake?: () => void,
 * }} BarActions changed: of the settings
 */

const [THINNEST, THICKEST] = [1, 60];
const MARKUP = `
<div class="overlay-bar at-head">
  <div class="bar-row" role="toolbar" aria-label="Brush">
    <span class="bar-group" role="group" aria-label="Tool">
      <button type="button" data-tool="brush" title="Brush (X swaps)">Brush</button>
      <button type="button" data-tool="erase" title="Erase (X swaps)">Erase</button>
      <button type="button" data-tool="box">Box</button>
    </span>
    <label class="bar-range" title="Size ([ and ])">Size
      <input type="range" name="size" min="${THINNEST}" max="${THICKEST}" step="1"></label>
    <label class="bar-range">Soft <input type="range" name="soft" min="0" max="100" step="1"></label>
    <button type="button" data-act="invert">Invert</button>
    <button type="button" data-act="clear">Clear</button>
    <button type="button" data-act="visible" title="Show the mask (O)"></button>
  </div>
  <div class="bar-row bar-note" hidden>
    <p>Sliders now change only the painted part.</p>
    <button type="button" data-act="bake" title="Make a code of its own for the result">Bake in</button>
  </div>
</div>`;

/**
 * Return a size a step thinner or thicker: a sixth, and at least 1.
 * @param {number} size
 * @param {1 | -1} way
 */
export const nextSize = (size, way) =>
  clamp(Math.round(size + way * Math.max(1, size / 6)), THINNEST, THICKEST);

/**
 * Make the bar.
 * @param {BarActions} actions
 */
export function brushBar(actions) {
  const root = made(MARKUP);
  keepToItself(root);
  /** @type {Settings} */
  const settings = { tool: 'brush', size: 12, soft: 30, visible: true };
  /** @type {Tool} */
  let paints = 'brush'; // what X goes back to
  let share = 0;
  /** @param {string} selector */
  const find = (selector) => /** @type {HTMLElement} */ (root.querySelector(selector));

  function draw() {
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-tool]'))) {
      one.setAttribute('aria-pressed', String(one.dataset.tool === settings.tool));
    }
    for (const name of /** @type {const} */ (['size', 'soft'])) {
      /** @type {HTMLInputElement} */ (find(`[name=${name}]`)).value = String(settings[name]);
    }
    const percent = Math.round(100 * share) || (share ? 1 : 0);
    const toggle = find('[data-act=visible]');
    toggle.textContent = `Mask ${percent}%`;
    toggle.setAttribute('aria-label', `Mask ${percent}%, shown on the picture`);
    toggle.setAttribute('aria-pressed', String(settings.visible));
    find('.bar-note').hidden = !share;
    find('[data-act=bake]').hidden = !actions.bake;
    /** @type {HTMLButtonElement} */ (find('[data-act=clear]')).disabled = !share;
  }

  /** @param {Partial<Settings>} values */
  function set(values) {
    if (values.tool && values.tool !== 'erase') paints = values.tool;
    Object.assign(settings, values);
    draw();
    actions.changed();
  }

  root.addEventListener('input', (event) => {
    const { name, value } = /** @type {HTMLInputElement} */ (event.target);
    set({ [name]: Number(value) });
  });
  root.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (!button) return;
    const { tool, act } = button.dataset;
    if (tool) set({ tool: /** @type {Tool} */ (tool) });
    else if (act === 'visible') set({ visible: !settings.visible });
    else if (act === 'invert') actions.invert();
    else if (act === 'clear') actions.clear();
    else if (act === 'bake') actions.bake?.();
  });
  draw();

  return {
    root,
    /** @type {Readonly<Settings>} */
    settings,
    /** @param {number} part that is painted, 0…1 */
    say(part) {
      share = part;
      draw();
    },
    /**
     * Take a key. Return whether it means something here.
     * @param {string} key
     */
    key(key) {
      if (key === '[') set({ size: nextSize(settings.size, -1) });
      else if (key === ']') set({ size: nextSize(settings.size, 1) });
      else if (key === 'x' || key === 'X') set({ tool: settings.tool === 'erase' ? paints : 'erase' });
      else if (key === 'o' || key === 'O') set({ visible: !settings.visible });
      else return false;
      return true;
    },
  };
}
