// Looks as pictures of what they do to the shown one. Hover: try; click: set the sliders; strength after it.
import { explores } from './explore.js';
import { pictures } from './live_pictures.js';
import { cleanName, lookOf, MOST, movesOf, read, renamed, same } from './look_values.js';
import { oneStop } from './one_stop.js';
import { change, hear, now, tell } from './page_state.js';

/** @typedef {import('./look_values.js').Look} Look */

const KEY = 'in-domain-editor-looks';
const BLANK = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'; // nothing, until the picture is made
const SOON_MS = 300; // after the picture has changed

/** @returns {Record<string, Look[]>} own looks by domain */
function kept() {
  try { return JSON.parse(localStorage.getItem(KEY) || '{}') || {}; } catch { return {}; }
}
/** @param {Record<string, Look[]>} all */
function keep(all) {
  try { localStorage.setItem(KEY, JSON.stringify(all)); } catch { tell('said', { text: 'This browser keeps nothing here; take the look home as a file.' }); }
}

/** @param {{element: HTMLElement, props: any, watch: Function}} handed */
export function start({ element, props, watch }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const strength = /** @type {HTMLInputElement} */ (find('.strength input'));
  const file = /** @type {HTMLInputElement} */ (find('.files input'));
  const field = /** @type {HTMLInputElement} */ (find('.naming input'));
  /** @type {Look | null} */
  let chosen = null;
  let made = ''; // of which picture the thumbnails are
  let renaming = ''; // the own look whose name is being written; none for a new one
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const stop = oneStop(find('.row'));
  const value = () => props.value || { domain: '', looks: [], ranges: {} };
  const own = () => (kept()[value().domain] || []).filter((look) => look && typeof look.sliders === 'object');
  const all = () => [...value().looks, ...own()].slice(0, MOST);
  const share = () => Number(strength.value) / 100;
  const mark = () => {
    const on = chosen && same(movesOf(chosen, value().ranges, share()), now().moves) ? chosen.name : '';
    for (const button of element.querySelectorAll('.look')) button.setAttribute('aria-pressed', String(button instanceof HTMLElement && button.dataset.name === on));
    find('.strength').hidden = !on;
    /** @type {HTMLButtonElement} */ (find('.rename')).disabled = !own().some((look) => look.name === chosen?.name);
  };

  /** @param {Look} look @param {boolean} removable */
  function tile(look, removable) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'look';
    button.dataset.name = look.name;
    button.append(Object.assign(document.createElement('img'), { src: BLANK, alt: '', draggable: false }), Object.assign(document.createElement('span'), { textContent: look.name }));
    const tried = (/** @type {boolean} */ on) => tell('try', on ? movesOf(look, value().ranges) : null);
    button.addEventListener('pointerenter', (event) => { if (event.pointerType === 'mouse') tried(true); });
    button.addEventListener('pointerleave', () => tried(false));
    button.addEventListener('click', () => {
      tried(false);
      chosen = look;
      strength.value = '100';
      find('.strength output').textContent = '100';
      change({ moves: movesOf(look, value().ranges) });
      tell('rest');
      mark();
    });
    if (!removable) return button;
    const box = document.createElement('div');
    box.className = 'own';
    const drop = Object.assign(document.createElement('button'), { type: 'button', className: 'drop', textContent: 'Remove' });
    drop.setAttribute('aria-label', `Remove the look ${look.name}`);
    drop.addEventListener('click', () => { keep({ ...kept(), [value().domain]: own().filter((one) => one.name !== look.name) }); show(); find('.keep').focus(); });
    box.append(button, drop);
    return box;
  }

  function show() {
    change({ ranges: value().ranges });
    const count = value().looks.length;
    find('.row').replaceChildren(...all().map((look, index) => tile(look, index >= count)));
    made = '';
    mark();
    draw();
  }
  function draw() {
    const stage = now().stage;
    const shown = stage.version && stage.state !== 'empty' && stage.state !== 'frame';
    find('.looks').hidden = !shown || !Object.keys(value().ranges).length;
    stop();
    clearTimeout(timer);
    if (stage.picture !== made.split(' ')[0]) for (const image of element.querySelectorAll('.look img')) image.setAttribute('src', BLANK); // never another's face
    if (!shown || made === `${stage.picture} ${stage.version}`) return;
    timer = setTimeout(async () => {
      const wanted = `${stage.picture} ${stage.version}`;
      const images = [...element.querySelectorAll('.look img')];
      const uris = await pictures(all().map((look) => movesOf(look, value().ranges)));
      if (wanted !== `${now().stage.picture} ${now().stage.version}`) return;
      made = uris.every(Boolean) ? wanted : '';
      uris.forEach((uri, index) => { if (uri && images[index]) images[index].setAttribute('src', uri); });
    }, SOON_MS);
  }

  /** @param {Look[]} looks */
  function add(looks) {
    const names = new Set(looks.map((look) => look.name));
    const left = own().filter((look) => !names.has(look.name));
    keep({ ...kept(), [value().domain]: [...left, ...looks].slice(-MOST) });
    show();
    find('.row').lastElementChild?.scrollIntoView({ inline: 'nearest', block: 'nearest' }); // the new one
  }
  /** Ask for the name of a new look, or for another name. @param {string} old */
  function ask(old) {
    renaming = old;
    find('.naming').hidden = false;
    find('.naming button').textContent = old ? 'Rename' : 'Keep';
    field.value = old;
    field.focus();
    field.select();
  }
  find('.keep').addEventListener('click', () => {
    if (!Object.keys(now().moves).length) { tell('said', { text: 'Move a slider first; then keep it as a look.' }); return; }
    ask('');
  });
  find('.rename').addEventListener('click', () => ask(chosen?.name || ''));
  find('.naming').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = cleanName(field.value);
    if (!name) return;
    if (!renaming) add([lookOf(name, now().moves, value().ranges)]);
    else {
      keep({ ...kept(), [value().domain]: renamed(own(), renaming, name) });
      if (chosen?.name === renaming) chosen = { ...chosen, name };
      show();
    }
    find('.naming').hidden = true;
    find(renaming ? '.rename' : '.keep').focus();
  });
  field.addEventListener('keydown', (event) => { if (event.key === 'Escape') find('.naming').hidden = true; });
  find('.more').addEventListener('click', () => {
    find('.files').hidden = !find('.files').hidden;
    find('.more').setAttribute('aria-expanded', String(!find('.files').hidden));
  });
  find('.export').addEventListener('click', () => {
    const text = JSON.stringify({ domain: value().domain, looks: own() }, null, 2);
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(new Blob([text], { type: 'application/json' })), download: `looks ${value().domain}.json` });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  find('.import').addEventListener('click', () => file.click());
  /** @param {File | undefined} given */
  async function bring(given) {
    const found = given && given.size < 65536 ? read(await given.text()) : null;
    if (!found) tell('said', { text: 'This is no file of looks.' });
    else if (found.domain && found.domain !== value().domain) tell('said', { text: `These looks are of “${found.domain}”; open that first.` });
    else add(found.looks);
  }
  file.addEventListener('change', () => {
    const given = file.files?.[0];
    file.value = '';
    bring(given);
  });
  hear('bring-looks', bring); // a file of them was dropped on the page
  strength.addEventListener('input', () => {
    find('.strength output').textContent = strength.value;
    if (chosen) change({ moves: movesOf(chosen, value().ranges, share()) });
  });
  strength.addEventListener('change', () => tell('rest'));
  explores(() => ({ ranges: value().ranges, titles: value().titles || {}, ends: value().ends || {} }));
  hear('moves', mark);
  hear('stage', draw);
  watch('value', show);
  show();
}
