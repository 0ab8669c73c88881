// The filmstrip: one tile a picture, and the steps of the shown one unfolded beside it.
import { chosenAfter, nextIndex } from './choosing.js';
import { longPress } from './long_press.js';
import { change, hear, now, tell } from './page_state.js';
import { follow } from './tile_drag.js';

/**
 * @typedef {{id: string, name: string, src: string, at: number}} Picture
 * @typedef {{index: number, label: string, src: string}} Step
 * @typedef {{pictures: Picture[], steps: Step[], picture: string, at: number, undo: boolean, redo: boolean}} Strip
 */

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start({ element, trigger, props, watch }) {
  const list = /** @type {HTMLElement} */ (element.querySelector('.tiles'));
  /** @type {Strip} */
  let strip = { pictures: [], steps: [], picture: '', at: -1, undo: false, redo: false };
  let anchor = '';

  const act = (/** @type {string} */ name, /** @type {number} */ index) => {
    props.value = { chosen: index };
    trigger(name);
  };

  const choose = (/** @type {string} */ id, /** @type {any} */ how) => {
    const all = strip.pictures.map((one) => one.id);
    const before = now().chosen.length || how.touch || !all.includes(strip.picture) ? now().chosen : [strip.picture];
    change({ chosen: chosenAfter(before, all, id, { ...how, anchor: anchor || strip.picture }) });
    if (!how.range) anchor = id;
  };

  const given = (/** @type {Picture} */ picture) => () => {
    const several = now().chosen.includes(picture.id) ? now().chosen : [picture.id];
    return several.flatMap((id) => strip.pictures.filter((one) => one.id === id).map((one) => ({ picture: one.id, node: one.at })));
  };

  function tile(/** @type {string} */ key, /** @type {string} */ src, /** @type {string} */ name, /** @type {string} */ label) {
    const item = document.createElement('div');
    item.setAttribute('role', 'listitem');
    item.dataset.key = key;
    const go = document.createElement('button');
    go.type = 'button';
    go.className = 'go';
    go.tabIndex = -1;
    go.setAttribute('aria-label', label);
    go.title = label;
    const image = document.createElement('img');
    Object.assign(image, { src, alt: '', draggable: false });
    const text = document.createElement('span');
    text.textContent = name;
    go.append(image, text);
    item.append(go);
    return { item, go, image };
  }

  function pictureTile(/** @type {Picture} */ picture) {
    const { item, go, image } = tile(`p:${picture.id}`, picture.src, picture.name, picture.name);
    const isShown = picture.id === strip.picture;
    item.className = isShown ? 'picture shown' : 'picture';
    if (isShown) go.setAttribute('aria-current', 'true');
    go.addEventListener('click', (event) => {
      if (event.altKey) { act('edit', picture.at); return; }
      const [more, range] = [event.ctrlKey || event.metaKey, event.shiftKey];
      if (more || range) { choose(picture.id, { more, range }); return; }
      anchor = picture.id;
      change({ chosen: [] });
      if (!isShown) act('select', picture.at);
    });
    longPress(go, () => choose(picture.id, { more: true, touch: true }));
    draggable(go, image, given(picture));
    return item;
  }

  function stepTile(/** @type {Step} */ step) {
    const text = step.label || 'Start';
    const { item, go, image } = tile(`s:${step.index}`, step.src, text, `Step: ${text}`);
    const isShown = step.index === strip.at;
    item.className = isShown ? 'step shown' : 'step';
    if (isShown) go.setAttribute('aria-current', 'step');
    go.addEventListener('click', (event) => act(event.altKey ? 'edit' : 'select', step.index));
    longPress(go, () => act('edit', step.index));
    draggable(go, image, () => [{ picture: strip.picture, node: step.index }]);
    const compare = document.createElement('button');
    compare.type = 'button';
    compare.className = 'compare';
    compare.tabIndex = -1; // Alt+Enter on the step does the same
    compare.textContent = '⇄';
    compare.title = 'Compare with this step (Alt+click)';
    compare.setAttribute('aria-label', `Compare with: ${text}`);
    compare.addEventListener('click', () => act('edit', step.index));
    item.append(compare);
    return item;
  }

  function draggable(/** @type {HTMLElement} */ go, /** @type {HTMLImageElement} */ image, /** @type {() => any[]} */ items) {
    go.addEventListener('pointerdown', (event) => {
      if (event.button === 0) follow(event, image, items, () => { swallowClick(go); });
    });
  }

  const buttons = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('.go')]);

  // One of the tiles is reached by Tab: what has the focus, or what is shown.
  function rove(/** @type {HTMLElement|null|undefined} */ to) {
    for (const one of buttons()) one.tabIndex = one === to ? 0 : -1;
  }

  function mark() {
    for (const item of list.querySelectorAll('.picture')) {
      const id = (/** @type {HTMLElement} */ (item).dataset.key || '').slice(2);
      item.classList.toggle('chosen', now().chosen.includes(id));
      item.querySelector('.go')?.setAttribute('aria-pressed', String(now().chosen.includes(id)));
    }
  }

  function draw() {
    const active = /** @type {HTMLElement|null} */ (document.activeElement);
    const focused = active && list.contains(active) ? active.closest('[data-key]')?.getAttribute('data-key') : null;
    const items = [];
    for (const picture of strip.pictures) {
      items.push(pictureTile(picture));
      if (picture.id === strip.picture && strip.steps.length > 1) items.push(...strip.steps.map(stepTile));
    }
    list.replaceChildren(...items);
    const again = focused && items.find((item) => item.dataset.key === focused)?.querySelector('.go');
    const shown = list.querySelector('.step.shown') || list.querySelector('.picture.shown');
    rove(/** @type {HTMLElement} */ (again || shown?.querySelector('.go') || buttons()[0]));
    if (again) /** @type {HTMLElement} */ (again).focus({ preventScroll: true });
    if (shown) reveal(/** @type {HTMLElement} */ (shown));
    mark();
  }

  function reveal(/** @type {HTMLElement} */ item) {
    const [left, right] = [item.offsetLeft - list.offsetLeft, item.offsetLeft - list.offsetLeft + item.offsetWidth];
    if (left < list.scrollLeft || right > list.scrollLeft + list.clientWidth) list.scrollLeft = left - list.clientWidth / 2;
  }

  function show() {
    const value = props.value || {};
    if (!Array.isArray(value.pictures)) return;
    strip = value;
    const all = strip.pictures.map((one) => one.id);
    change({ chosen: now().chosen.filter((id) => all.includes(id)) });
    draw();
    tell('undo', Boolean(strip.undo));
    tell('redo', Boolean(strip.redo));
  }

  list.addEventListener('keydown', (event) => {
    const at = buttons().indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = at < 0 ? null : nextIndex(event.key, at, buttons().length);
    if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // arrows would move a slider
    rove(buttons()[next]);
    buttons()[next].focus();
  });
  list.addEventListener('wheel', (event) => {
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    list.scrollLeft += event.deltaY;
    event.preventDefault();
  }, { passive: false });
  element.querySelector('.open').addEventListener('click', () => tell('open-photo'));
  hear('chosen', mark);
  watch('value', () => {
    show();
    document.dispatchEvent(new CustomEvent('idgan:changed'));
  });
  show();
}

// A drag ends with a click on the tile where it began; that is no choice.
function swallowClick(/** @type {HTMLElement} */ element) {
  const swallow = (/** @type {Event} */ event) => { event.stopImmediatePropagation(); event.preventDefault(); };
  element.addEventListener('click', swallow, { capture: true, once: true });
  document.addEventListener('pointerup', () => setTimeout(() => element.removeEventListener('click', swallow, { capture: true })), { once: true });
}
