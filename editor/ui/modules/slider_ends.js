// Small pictures of both ends of a slider, beside the panel: what will it do, before the drag.

import { hear, tell } from './page_state.js';
import { made } from './slider_rows.js';

const PATIENCE_MS = 200; // that the pointer has to rest on a track
const GAP_PX = 20; // between the pictures and the rows

/**
 * Ask for the pictures when a slider's track is pointed at or has the keyboard's focus, and show them.
 * Who makes them hears `ends` with the slider's name, and tells `ends-pictures`: {name, low, high}, addresses
 * of the two pictures.
 * @param {HTMLElement} panel
 * @param {AbortSignal} signal ends it
 * @param {(name: string) => [string, string]} words what to write under the pictures
 */
export function showsEnds(panel, signal, words) {
  const box = made('div', 'ends', '', { role: 'tooltip', id: 'slider-ends' });
  box.hidden = true;
  panel.append(box);
  let wanted = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  const hide = () => {
    clearTimeout(waiting);
    wanted = '';
    box.hidden = true;
  };
  /** @param {string} name */
  const want = (name) => {
    if (name === wanted) return;
    hide();
    wanted = name;
    waiting = setTimeout(() => tell('ends', name), PATIENCE_MS);
  };
  /** @param {EventTarget | null} target */
  const named = (target) => target instanceof Element && target.closest('.track')
    ? /** @type {HTMLElement | null} */ (target.closest('.move'))?.dataset.name || '' : '';

  panel.addEventListener('pointerover', (event) => {
    const name = event.pointerType === 'mouse' && !event.buttons ? named(event.target) : '';
    if (name) want(name);
  });
  panel.addEventListener('pointerout', (event) => {
    if (event.pointerType === 'mouse' && named(event.relatedTarget) !== wanted) hide();
  });
  panel.addEventListener('focusin', (event) => {
    const name = event.target instanceof Element && event.target.matches(':focus-visible') ? named(event.target) : '';
    if (name) want(name); else hide();
  });
  panel.addEventListener('focusout', hide);
  panel.addEventListener('pointerdown', hide);
  panel.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });
  addEventListener('scroll', hide, { capture: true, passive: true, signal });

  const end = hear('ends-pictures', ({ name, low, high }) => {
    const row = panel.querySelector(`#slider-${CSS.escape(name)}`);
    if (name !== wanted || !row) return;
    const place = row.getBoundingClientRect();
    const texts = words(name);
    box.replaceChildren(...[low, high].map((source, index) => {
      const figure = made('figure', '');
      figure.append(made('img', '', '', { src: source, alt: '' }), made('figcaption', '', texts[index]));
      return figure;
    }));
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    if (place.left < width + GAP_PX) { hide(); return; } // no room beside the panel
    box.style.left = `${place.left - width - GAP_PX}px`;
    box.style.top = `${Math.max(8, Math.min(place.top + place.height / 2 - height / 2, innerHeight - height - 8))}px`;
  });
  signal.addEventListener('abort', end);
}
