// The parts of the sheet "New slider" beside its pictures.
import { advice, effectText, filled, levelText } from './slider_marks.js';

const STOPS = ['−100', '−50', '0', '+50', '+100'];

/**
 * Return a part of the markup.
 * @param {Element} root
 * @param {string} selector
 */
export const part = (root, selector) => /** @type {HTMLElement} */ (root.querySelector(selector));

/**
 * @param {string} text
 * @param {string} label for screen readers
 * @param {() => void} press
 * @param {string} [kind] class
 */
function button(text, label, press, kind = 'quiet') {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', className: kind, textContent: text });
  made.setAttribute('aria-label', label);
  made.addEventListener('click', press);
  return made;
}

/**
 * Do something where what is shown is not what was drawn last, so that no focus is lost.
 * @param {HTMLElement} root
 * @param {any} value
 * @param {() => Element[]} children
 */
function redraw(root, value, children) {
  const key = JSON.stringify(value);
  if (root.dataset.drawn === key) return;
  root.dataset.drawn = key;
  const places = [...root.querySelectorAll('button, input')];
  const at = places.indexOf(/** @type {Element} */ (document.activeElement));
  root.replaceChildren(...children());
  if (at >= 0) /** @type {HTMLElement | undefined} */ ([...root.querySelectorAll('button, input')][at])?.focus();
}

/**
 * Show how far the marks have come.
 * @param {HTMLElement} dialog
 * @param {import('./new_slider.js').Sheet} sheet
 */
export function drawStanding(dialog, { counts, accuracy, level, more }) {
  part(dialog, '.counts').textContent = `${counts[0]} ✓  ${counts[1]} ✕`;
  part(dialog, '.counts').setAttribute('aria-label', `${counts[0]} have it, ${counts[1]} have it not`);
  const bar = part(dialog, '.bar');
  const share = accuracy === null ? 0 : Math.round(100 * accuracy);
  bar.setAttribute('aria-valuenow', String(share));
  bar.setAttribute('aria-valuetext', levelText(level, accuracy));
  bar.dataset.level = level;
  part(bar, 'i').style.width = `${filled(accuracy)}%`;
  part(dialog, '.level').textContent = levelText(level, accuracy);
  part(dialog, '.advice').textContent = advice(counts, level, more);
}

/**
 * Show what it does to the shown picture.
 * @param {HTMLElement} root
 * @param {string[]} sources
 */
export function drawStrip(root, sources) {
  redraw(root, sources, () => STOPS.map((stop, i) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.textContent = stop;
    const image = document.createElement(sources[i] ? 'img' : 'div');
    if (sources[i]) Object.assign(image, { src: sources[i], alt: `Your picture at ${stop}`, draggable: false });
    figure.append(caption, image);
    return figure;
  }));
}

/**
 * Show what it moves besides, each to be held.
 * @param {HTMLElement} root
 * @param {import('./new_slider.js').Sheet['effects']} effects
 * @param {(name: string) => void} hold
 */
export function drawEffects(root, effects, hold) {
  redraw(root, effects, () => {
    if (!effects.length) return [];
    const title = document.createElement('h3');
    title.textContent = 'Also moves';
    return [title, ...effects.map((effect) => {
      const row = document.createElement('div');
      const text = document.createElement('span');
      text.textContent = effectText(effect);
      const held = button('Hold', `Hold ${effect.title}`, () => hold(effect.name), 'hold');
      held.setAttribute('aria-pressed', String(effect.held));
      row.append(text, held);
      return row;
    })];
  });
}

/**
 * @typedef {{title: string, sources: string[], name?: string, note?: string, doubt?: string}} Found
 *   name: to begin with; note: where it is from; doubt: what does not fit.
 */

/**
 * Show directions that were discovered or are of files, each to be named and added.
 * @param {HTMLElement} root
 * @param {Found[]} found
 * @param {(row: number, name: string) => void} add
 */
export function drawFound(root, found, add) {
  if (!found.length) delete root.dataset.count;
  const shown = Number(root.dataset.count || 0);
  const first = found.length ? `${found[0].title} ${found[0].sources[0] || ''}` : '';
  if (shown === found.length && (!shown || root.dataset.first === first)) return;
  if (!shown || root.dataset.first !== first) root.replaceChildren();
  root.dataset.count = String(found.length);
  root.dataset.first = first;
  for (const [index, { title, sources, name: begun, note, doubt }] of found.entries()) { // names that were begun stay
    if (index < root.children.length) continue;
    const row = document.createElement('div');
    row.className = 'found-row';
    sources.forEach((src, i) => {
      const image = document.createElement('img');
      Object.assign(image, { src, alt: `${title} at ${STOPS[i]}` });
      row.append(image);
    });
    const name = document.createElement('input');
    Object.assign(name, { type: 'text', placeholder: 'Name it', maxLength: 80 });
    name.setAttribute('aria-label', `Name of direction ${index + 1}`);
    const press = button('Add', `Add direction ${index + 1}`, () => add(index, name.value.trim()), 'add-row');
    name.value = begun || '';
    press.disabled = !begun;
    name.addEventListener('input', () => { press.disabled = !name.value.trim(); });
    name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !press.disabled) press.click(); });
    row.append(name, press);
    for (const [kind, text] of [['note', note], ['doubt', doubt]]) {
      if (!text) continue;
      const said = document.createElement('p');
      Object.assign(said, { className: kind, textContent: text });
      row.append(said);
    }
    root.append(row);
  }
}

/**
 * List the visitor's own sliders.
 * @param {HTMLElement} root
 * @param {{name: string, title: string}[]} mine
 * @param {boolean} shared
 * @param {(event: string, name: string) => void} ask
 */
export function drawMine(root, mine, shared, ask) {
  redraw(root, [mine, shared], () => {
    if (!mine.length) {
      const none = document.createElement('li');
      none.textContent = 'None yet.';
      return [none];
    }
    return mine.map(({ name, title }) => {
      const line = document.createElement('li');
      const text = document.createElement('span');
      text.textContent = title;
      line.append(text, button('Export', `Export ${title}`, () => ask('download', name)));
      if (!shared) line.append(button('For everyone', `Give ${title} to everyone here`, () => ask('copy', name)));
      line.append(button('Remove', `Remove ${title}`, () => ask('delete', name)));
      return line;
    });
  });
}
