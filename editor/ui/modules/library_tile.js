// One tile of the library: picture, name, mark, doubt; and its name edited in place.
import { longPress } from './long_press.js';

/** @typedef {import('./library_text.js').Tile} Tile */

/**
 * Return a tile.
 * @param {Tile} tile
 * @param {{choose: (event: MouseEvent) => void, hold: () => void, edit: () => void}} does
 * @returns {HTMLElement}
 */
export function tileOf(tile, { choose, hold, edit }) {
  const item = document.createElement('div');
  item.className = 'tile';
  item.dataset.key = tile.key;
  item.setAttribute('role', 'listitem');
  const go = document.createElement('button');
  Object.assign(go, { type: 'button', className: 'go', tabIndex: -1, title: `${tile.name} (double click: edit)` });
  go.setAttribute('aria-label', tile.name);
  const image = document.createElement('img');
  Object.assign(image, { src: tile.src, alt: '', draggable: false });
  const name = document.createElement('span');
  name.className = 'name';
  name.textContent = tile.name;
  go.append(image, name);
  go.addEventListener('click', choose);
  go.addEventListener('dblclick', edit);
  longPress(go, hold);
  item.append(go);
  if (tile.doubt) {
    const doubt = document.createElement('button');
    Object.assign(doubt, { type: 'button', className: 'doubt', textContent: '!', title: `${tile.doubt}.` });
    doubt.setAttribute('aria-label', `${tile.name}: ${tile.doubt}`);
    doubt.addEventListener('click', edit);
    item.append(doubt);
  }
  return item;
}

/**
 * Return the place of a picture that is still being read.
 * @param {string} name
 * @param {boolean} now it is this one's turn
 */
export function waitingTile(name, now) {
  const item = document.createElement('div');
  item.className = now ? 'tile waiting now' : 'tile waiting';
  item.setAttribute('role', 'listitem');
  const blank = document.createElement('div');
  blank.className = 'blank';
  const label = document.createElement('span');
  label.className = 'name';
  label.textContent = name;
  item.append(blank, label);
  return item;
}

/**
 * Let a tile's name be written. Enter and leaving take it, Escape leaves the old one.
 * @param {HTMLElement} item
 * @param {string} old
 * @param {(name: string) => void} ended called with the name, or with none where it stays as it was
 */
export function rename(item, old, ended) {
  const field = document.createElement('input');
  Object.assign(field, { type: 'text', className: 'rename', value: old, maxLength: 60 });
  field.setAttribute('aria-label', 'Name');
  const go = /** @type {HTMLElement} */ (item.querySelector('.go'));
  let isOver = false;
  const end = (/** @type {boolean} */ take) => {
    if (isOver) return;
    isOver = true;
    const name = field.value.trim();
    const focused = document.activeElement === field;
    field.remove();
    if (focused) go.focus();
    ended(take && name !== old ? name : '');
  };
  field.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter' || event.key === 'Escape') { event.preventDefault(); end(event.key === 'Enter'); }
  });
  field.addEventListener('blur', () => end(true));
  item.append(field);
  field.focus();
  field.select();
}
