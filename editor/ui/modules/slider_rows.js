// The rows of the slider panel: title, track, number; and the chips that choose one on a telephone.

import { MOST } from './slider_scale.js';

/**
 * @typedef {{name: string, title: string, ends: [string, string] | null, low: number, high: number,
 *   knots: import('./slider_scale.js').Knots, note?: string}} Slider
 *   low and high: ends of the range, as positions; note: of one that is not of this generator.
 * @typedef {{title: string, sliders: Slider[]}} Group
 */

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [content]
 * @param {Record<string, string | number>} [attributes]
 */
export function made(tag, className, content = '', attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = content;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

/**
 * Return where a position lies on a track, as a length of CSS: the thumb's middle stays half a thumb inside.
 * @param {number} place
 * @param {number} low
 * @param {number} high
 */
const along = (place, low = -MOST, high = MOST) => {
  const share = (place - low) / (high - low);
  return `calc(var(--half) + (100% - 2 * var(--half)) * ${share.toFixed(4)})`;
};

/**
 * @param {string} name
 * @param {string} title
 * @param {number} low
 * @param {number} high
 */
function row(name, title, low, high) {
  const node = made('div', 'move', '', { id: `slider-${name}`, 'data-name': name });
  const range = { type: 'range', min: low, max: high, step: 1, value: 0, id: `range-${name}` };
  const number = { type: 'number', min: low, max: high, step: 1, value: 0, 'aria-label': `${title}, number` };
  const track = made('div', 'track');
  track.append(made('input', '', '', range));
  node.append(made('label', '', title, { for: range.id }), track, made('input', '', '', number));
  return node;
}

/**
 * @param {Slider} info
 */
function sliderRow(info) {
  const node = row(info.name, info.title, -MOST, MOST);
  const track = /** @type {HTMLElement} */ (node.querySelector('.track'));
  track.style.setProperty('--low', along(info.low));
  track.style.setProperty('--high', along(info.high));
  for (const [side, place] of [['low', info.low], ['high', info.high]]) {
    track.append(made('i', `mark ${side}`, '', { title: `The measured range ends here (${place})` }));
  }
  if (info.note) {
    const label = /** @type {HTMLElement} */ (node.querySelector('label'));
    label.title = info.note;
    label.append(' ', made('small', 'imported', 'imported'));
  }
  if (info.ends) {
    node.classList.add('two-ended');
    track.append(made('span', 'end low', info.ends[0]), made('span', 'end high', info.ends[1]));
  }
  return node;
}

/**
 * Fill a panel with rows and chips.
 * @param {HTMLElement} panel
 * @param {Group[]} groups
 */
export function build(panel, groups) {
  const chips = made('div', 'chips', '', { role: 'group', 'aria-label': 'Sliders' });
  const nodes = groups.map((group) => {
    const section = made('section', 'group', '', { 'aria-label': group.title });
    const heading = made('h3', 'heading', group.title);
    heading.append(made('button', 'reset', '⟲', { type: 'button', 'aria-label': `Reset ${group.title.toLowerCase()}`, title: 'Reset these' }));
    section.append(heading, ...group.sliders.map(sliderRow));
    for (const info of group.sliders) {
      chips.append(made('button', 'chip', info.title, { type: 'button', 'data-name': info.name, 'aria-pressed': 'false' }));
    }
    return section;
  });
  if (!nodes.length) nodes.push(made('p', 'none', 'There are no sliders yet.'));
  panel.querySelector('.rows')?.replaceChildren(...nodes);
  panel.querySelector('.chips')?.replaceWith(chips);
}

/**
 * Return the two inputs of a row.
 * @param {Element} node
 * @returns {{range: HTMLInputElement, number: HTMLInputElement}}
 */
export function inputs(node) {
  const range = /** @type {HTMLInputElement} */ (node.querySelector('input[type=range]'));
  const number = /** @type {HTMLInputElement} */ (node.querySelector('input[type=number]'));
  return { range, number };
}

/**
 * Show a position in a row. A number that is being typed stays as it is.
 * @param {HTMLElement} node
 * @param {number} place
 * @param {{low: number, high: number} | null} info range as positions; null for a row that has none
 * @param {boolean} typing
 */
export function show(node, place, info, typing) {
  const { range, number } = inputs(node);
  const shown = Math.round(place) || 0;
  const beyond = info !== null && (shown < Math.floor(info.low) || shown > Math.ceil(info.high));
  const [low, high] = [Number(range.min), Number(range.max)];
  const rest = Math.min(Math.max(0, low), high);
  const inside = Math.min(Math.max(shown, low), high);
  if (Number(range.value) !== inside) range.value = String(inside);
  if (!typing && number.value !== String(shown)) number.value = String(shown);
  range.style.setProperty('--from', along(Math.min(rest, inside), low, high));
  range.style.setProperty('--to', along(Math.max(rest, inside), low, high));
  range.setAttribute('aria-valuetext', `${shown}${beyond ? ', beyond the measured range' : ''}`);
  node.classList.toggle('beyond', beyond);
  node.classList.toggle('moved', info !== null && shown !== 0);
}

/**
 * Make one row the chosen one: on a telephone it is the only one that is shown.
 * @param {HTMLElement} panel
 * @param {string} name
 */
export function choose(panel, name) {
  for (const node of panel.querySelectorAll('.move')) {
    node.classList.toggle('chosen', /** @type {HTMLElement} */ (node).dataset.name === name);
  }
  for (const chip of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll('.chip'))) {
    const mine = chip.dataset.name === name;
    chip.setAttribute('aria-pressed', String(mine));
    const line = chip.parentElement;
    if (mine && line) line.scrollLeft = chip.offsetLeft - (line.clientWidth - chip.offsetWidth) / 2;
  }
}
