// The stage's foot: fit, 100%, face, zoom, full screen, and their keys.

import { oneStop } from './one_stop.js';
import { percentOf, scaleOf } from './view_transform.js';
import { forStage } from './viewer_gestures.js';

const STEP = 1.25;
const NARROW = [1000, 860, 760, 560, 520]; // widths of the stage below which something has no room, px
const GROUNDS = ['', '20', '50', '90']; // greys around the picture, in percent; at first the theme's

/**
 * @param {HTMLElement} element of the stage
 * @param {import('./viewer.js').Viewer} view
 */
export function viewBar(element, view) {
  const zoom = /** @type {HTMLInputElement} */ (element.querySelector('input.zoom'));
  const full = /** @type {HTMLElement} */ (element.querySelector('.full'));
  const looks = /** @type {NodeListOf<HTMLButtonElement>} */ (element.querySelectorAll('[data-look]'));
  const steps = /** @type {NodeListOf<HTMLButtonElement>} */ (element.querySelectorAll('[data-zoom]'));

  new ResizeObserver(() => {
    element.dataset.narrow = NARROW.filter((width) => element.clientWidth <= width).join(' ');
  }).observe(element);
  view.onChange(() => {
    const there = view.photo().width > 0;
    element.classList.toggle('bare', !there);
    view.element.tabIndex = there ? 0 : -1;
    for (const button of looks) {
      const look = button.dataset.look;
      button.disabled = !there || (look === 'face' && !view.hasFace());
      const actual = look === 'actual' && Math.abs(view.scale() * view.ratio() - 1) < 1e-3;
      button.setAttribute('aria-pressed', String(there && (look === view.mode() || actual)));
    }
    for (const button of steps) button.disabled = !there;
    zoom.disabled = !there;
    zoom.value = String(percentOf(view.scale(), view.limits()));
    zoom.setAttribute('aria-valuetext', `${Math.round(100 * view.scale() * view.ratio())}%`);
    zoom.title = `Zoom ${Math.round(100 * view.scale() * view.ratio())}%`;
  });
  for (const button of looks) {
    button.addEventListener('click', () => view.look(/** @type {'fit' | 'actual' | 'face'} */ (button.dataset.look)));
  }
  for (const button of steps) {
    button.addEventListener('click', () => view.zoom(view.scale() * STEP ** Number(button.dataset.zoom)));
  }
  zoom.addEventListener('input', () => view.zoom(scaleOf(Number(zoom.value), view.limits())));

  full.hidden = !document.fullscreenEnabled;
  full.addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen()));
  document.addEventListener('fullscreenchange', () => full.setAttribute('aria-pressed', String(document.fullscreenElement === element)));

  document.addEventListener('keydown', (event) => {
    if (!forStage(event) || (event.shiftKey && event.key !== '+') || !view.photo().width) return;
    const digits = event.target instanceof Element && event.target.matches('input, [role=slider]'); // they are typed into a slider
    const key = event.key.toLowerCase();
    if (key === 'f') view.look('face');
    else if (key === 'l') element.dataset.ground = GROUNDS[(GROUNDS.indexOf(element.dataset.ground || '') + 1) % GROUNDS.length];
    else if (digits) return;
    else if (key === '0') view.look('fit');
    else if (key === '9') view.look('actual');
    else if (key === '+' || key === '=') view.zoom(view.scale() * STEP);
    else if (key === '-') view.zoom(view.scale() / STEP);
    else return;
    event.preventDefault();
  });
  const bar = /** @type {HTMLElement} */ (element.querySelector('.tools'));
  view.onChange(oneStop(bar));
  const popover = /** @type {HTMLElement} */ (element.querySelector('.advice'));
  popover.addEventListener('toggle', () => {
    const opener = [...element.querySelectorAll('[popovertarget]')].find((each) => /** @type {HTMLElement} */ (each).offsetWidth);
    const at = (opener || element).getBoundingClientRect();
    popover.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - popover.offsetWidth - 8))}px`;
    popover.style.top = `${Math.max(8, at.top - popover.offsetHeight - 8)}px`;
  });
}
