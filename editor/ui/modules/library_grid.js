// The library: all pictures as tiles, and what is done with several.
import { chosenAfter, nextIndex } from './choosing.js';
import { takeHome } from './kept_file.js';
import { photosInTurn, takeFiles } from './library_files.js';
import { filters, progressLine, projectLine } from './library_text.js';
import { rename, tileOf, waitingTile } from './library_tile.js';
import { menuOf } from './menu.js';
import { change, hear, now, tell } from './page_state.js';
import { lastWish } from './save_wish.js';
import './toasts.js';

/**
 * @typedef {import('./library_text.js').Tile} Tile
 * @typedef {{open: string, pictures: Tile[], domains: {name: string, title: string}[], shown: string,
 *   progress: import('./library_text.js').Progress|null}} Library
 */

const STORED = 'in-domain-editor-project';
/** @type {string[]} names of values that are kept when a newer value lacks them */
const KEPT = ['open', 'pictures', 'domains', 'shown', 'progress'];

/** @returns {{name: string, time: number|null}} */
function storedProject() {
  try {
    const { name = '', time = null } = JSON.parse(sessionStorage.getItem(STORED) || '{}');
    return { name: String(name), time: typeof time === 'number' ? time : null };
  } catch { return { name: '', time: null }; }
}

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start({ element, trigger, props, upload, watch }) {
  const root = /** @type {HTMLElement} */ (element.querySelector('.library'));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const grid = find('.grid');
  /** @type {Library} */
  const state = { open: '', pictures: [], domains: [], shown: '', progress: null };
  /** @type {string[]} */
  let chosen = [];
  let anchor = '';
  let filter = '';
  let loading = '';
  let picking = false; // by long press: each tap turns one round
  let told = '';
  /** @type {{name: string, time: number|null}|null} */
  let other = null; // the project before the last opening, which an undo brings back
  let late = false; // something came while a name was written

  const send = (/** @type {string} */ event, /** @type {any} */ value = {}) => { props.value = value; trigger(event); };
  const inTurn = photosInTurn((given) => send('upload', { given }));
  const visible = () => state.pictures.filter((one) => !filter || one.domain === filter);
  const keys = () => visible().map((one) => one.key);
  const buttons = () => /** @type {HTMLElement[]} */ ([...grid.querySelectorAll('.go')]);
  const itemOf = (/** @type {string} */ key) => /** @type {HTMLElement|undefined} */ ([...grid.children].find((one) => /** @type {HTMLElement} */ (one).dataset.key === key));

  function mark() {
    for (const item of /** @type {HTMLElement[]} */ ([...grid.querySelectorAll('[data-key]')])) {
      const on = chosen.includes(item.dataset.key || '');
      item.classList.toggle('chosen', on);
      item.classList.toggle('shown', item.dataset.key === state.shown);
      item.querySelector('.go')?.setAttribute('aria-pressed', String(on));
    }
    const count = chosen.length;
    find('.count').textContent = count ? `${count} selected` : '';
    find('.export').textContent = count ? `Export ${count}…` : 'Export…';
    const able = ['.paste', '.export', '.more'].map((name) => /** @type {HTMLButtonElement} */ (find(name)));
    const isLost = !count && able.some((one) => one === document.activeElement);
    for (const one of able) one.disabled = !count;
    if (isLost) (buttons().find((one) => one.tabIndex === 0) || find('.add')).focus({ preventScroll: true });
  }

  function choose(/** @type {string[]} */ next) {
    chosen = next.filter((key) => keys().includes(key));
    if (!chosen.length) picking = false;
    change({ chosen: state.pictures.filter((one) => one.domain === state.open && chosen.includes(one.key)).map((one) => one.id) });
    mark();
  }

  function letGo() {
    const count = inTurn.drop();
    if (count) tell('said', { text: `${count} more ${count === 1 ? 'photo was' : 'photos were'} left out.` });
    draw();
  }
  const edit = (/** @type {string} */ key) => { send('select', { chosen: [key] }); change({ place: 'edit' }); };
  const remove = () => { if (chosen.length) send('delete', { chosen }); };
  const paste = (/** @type {any} */ moves = null) => send('apply', moves ? { chosen, moves } : { chosen });
  const exported = () => {
    const wanted = chosen;
    tell('save-many', { count: wanted.length, done: (/** @type {any} */ wish) => send('download', { chosen: wanted, wish: { ...lastWish(), ...wish, name: '' } }) });
  };
  function renameOne(/** @type {string} */ key) {
    const [item, tile] = [itemOf(key), state.pictures.find((one) => one.key === key)];
    if (!item || !tile) return;
    rename(item, tile.name, (name) => {
      if (late) draw();
      if (name) send('input', { rename: { key, name } });
    });
  }

  function tile(/** @type {Tile} */ one) {
    return tileOf(one, {
      edit: () => edit(one.key),
      hold: () => { picking = true; choose(chosenAfter(chosen, keys(), one.key, { more: true })); },
      choose: (event) => {
        const how = { more: picking || event.ctrlKey || event.metaKey, range: event.shiftKey, anchor };
        choose(chosenAfter(chosen, keys(), one.key, how));
        if (!event.shiftKey) anchor = one.key;
        rove(one.key);
      },
    });
  }

  // One of the tiles is reached by Tab.
  function rove(/** @type {string} */ key) {
    const to = (itemOf(key) || grid.querySelector('[data-key]'))?.querySelector('.go');
    for (const one of buttons()) one.tabIndex = one === to ? 0 : -1;
  }

  function drawFilters() {
    const offered = filters(state.pictures, state.domains);
    if (!offered.some((one) => one.name === filter)) filter = '';
    find('.domains').replaceChildren(...offered.map(({ name, title, count }) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', textContent: `${title} ${count}` });
      button.setAttribute('aria-pressed', String(name === filter));
      button.addEventListener('click', () => { filter = name; draw(); choose(chosen); });
      return button;
    }));
  }

  function draw() {
    late = Boolean(grid.querySelector('.rename'));
    if (late) return; // its end draws
    drawFilters();
    const active = document.activeElement;
    const focused = active && grid.contains(active) ? active.closest('[data-key]')?.getAttribute('data-key') || '' : '';
    const at = [...grid.children].findIndex((one) => one.getAttribute('data-key') === focused);
    const read = state.progress?.saving ? [] : state.progress?.waiting || [];
    const waiting = [...read, ...inTurn.names];
    grid.replaceChildren(...visible().map(tile), ...waiting.map((name, index) => waitingTile(name, index === 0 && read.length > 0)));
    const again = focused && (itemOf(focused) ? focused : keys()[Math.min(at, keys().length - 1)]); // beside one that is gone
    rove(again || anchor);
    if (again) /** @type {HTMLElement|null|undefined} */ (itemOf(again)?.querySelector('.go'))?.focus({ preventScroll: true });
    else if (focused) find('.add').focus();
    find('.empty').hidden = grid.childElementCount > 0;
    const busy = Boolean(state.progress) && !state.progress?.saving && !state.progress?.pasting;
    find('.line').textContent = loading || (state.progress ? progressLine(state.progress, inTurn.names.length) : '');
    find('.stop').hidden = !busy;
    /** @type {HTMLButtonElement} */ (find('.add')).disabled = Boolean(loading) || Boolean(state.progress);
    if (!busy) /** @type {HTMLButtonElement} */ (find('.stop')).disabled = false;
    const { name, time } = storedProject();
    find('.which').textContent = projectLine(name, time);
    mark();
  }

  function remember(/** @type {string} */ name, /** @type {number|null} */ time) {
    try { sessionStorage.setItem(STORED, JSON.stringify({ name, time })); } catch { /* private mode */ }
  }

  // What is said once, whichever event's value brings it.
  function say(/** @type {any} */ value) {
    const { said, saved } = value;
    if (!said || said.turn === told) return;
    told = said.turn;
    if (saved) takeHome(saved.file, saved.name);
    if (saved?.project) remember(saved.name, Date.now());
    const { name, time } = storedProject();
    if (value.project) remember(value.project, null);
    else if (value.back && other) remember(other.name, other.time);
    if (value.project || (value.back && other)) other = { name, time };
    else if (said.undo) other = null; // a removal: its undo is of the same project
    const actions = [];
    if (said.undo) actions.push({ title: 'Undo', run: () => send('undo') });
    if (said.added?.length) {
      filter = '';
      draw();
      choose(said.added);
      actions.push({ title: 'Paste settings', run: () => { choose(said.added); paste(now().copied); } });
      actions.push({ title: 'Export', run: () => { choose(said.added); exported(); } });
    }
    tell('said', { text: said.text, actions, bad: Boolean(said.bad), stay: Boolean(said.stay) });
  }

  function show() {
    const value = props.value || {};
    for (const name of KEPT) if (name in value) Object.assign(state, { [name]: value[name] });
    say(value);
    if ('progress' in value) inTurn.works(Boolean(state.progress));
    draw();
    choose(chosen);
  }

  menuOf(/** @type {HTMLButtonElement} */ (find('.paste')), () => [
    { title: 'Of the shown picture', run: () => paste() },
    { title: 'Copied settings', keys: 'Ctrl+Shift+V', off: !now().copied, run: () => paste(now().copied) },
  ]);
  menuOf(/** @type {HTMLButtonElement} */ (find('.more')), () => [
    { title: 'Edit', keys: 'Enter', off: chosen.length !== 1, run: () => edit(chosen[0]) },
    { title: 'Rename', keys: 'F2', off: chosen.length !== 1, run: () => renameOne(chosen[0]) },
    { title: 'Remove', keys: 'Del', run: remove },
    { title: 'Select all', keys: 'Ctrl+A', run: () => choose(keys()) },
  ]);
  find('.export').addEventListener('click', exported);
  find('.stop').addEventListener('click', () => { /** @type {HTMLButtonElement} */ (find('.stop')).disabled = true; send('stop'); letGo(); });
  find('.save-project').addEventListener('click', () => send('submit'));
  find('.forget').addEventListener('click', () => send('clear'));
  takeFiles(root, upload, (event, given) => { if (event === 'upload') inTurn.give(given); else send(event, { given }); draw(); }, (text) => { loading = text; draw(); });

  grid.addEventListener('keydown', (event) => {
    const at = buttons().indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const item = /** @type {HTMLElement|null} */ (document.activeElement?.closest('[data-key]'));
    const key = item?.dataset.key;
    if (at < 0 || !key) return;
    const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
    const next = event.altKey || event.ctrlKey || event.metaKey ? null : nextIndex(event.key, at, buttons().length, columns);
    const modified = event.ctrlKey || event.metaKey;
    if (next !== null) {
      const to = buttons()[next];
      rove(/** @type {HTMLElement} */ (to.closest('[data-key]')).dataset.key || '');
      to.focus();
      if (event.shiftKey) choose(chosenAfter(chosen, keys(), keys()[next], { range: true, anchor: anchor || key }));
    } else if (event.key === 'Enter') edit(key);
    else if (event.key === ' ') choose(chosenAfter(chosen, keys(), key, { more: true }));
    else if (event.key === 'F2') renameOne(key);
    else if (event.key === 'Delete') { if (!chosen.includes(key)) choose([key]); remove(); }
    else if (modified && event.key.toLowerCase() === 'a') choose(keys());
    else if (event.key === 'Escape') choose([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  hear('chosen', (ids) => {
    const others = chosen.filter((key) => !state.pictures.some((one) => one.key === key && one.domain === state.open));
    const here = ids.map((/** @type {string} */ id) => state.pictures.find((one) => one.domain === state.open && one.id === id)?.key).filter(Boolean);
    chosen = [...others, ...here].filter((key) => keys().includes(key));
    mark();
  });
  hear('paste-chosen', () => {
    if (!chosen.length) tell('said', { text: 'Choose pictures first.' });
    else if (!now().copied) tell('said', { text: 'Copy settings first: Ctrl+Shift+C in Edit.' });
    else paste(now().copied);
  });
  hear('place', (place) => { if (place === 'library') trigger('focus'); });
  watch('value', show);
  show();
  if (now().place === 'library') trigger('focus');
}
