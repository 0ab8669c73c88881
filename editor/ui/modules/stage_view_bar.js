// The stage's foot: fit, 100%, face, zoom, full screen, and their keys.

import { percentOf, scaleOf } from './view_transform.js';
import { forStage } from './viewer_gestures.js';

const STEP = 1.25;
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

/**
 * Make a toolbar one stop of the Tab key, whose buttons the arrow keys walk. Return what sees to it that the stop
 * can be seen.
 * @param {HTMLElement} bar
 */
function oneStop(bar) {
  const all = /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll('button')]);
  const there = () => all.filter((one) => !one.disabled && one.offsetParent);
  /** @param {HTMLButtonElement | undefined} stop */
  const set = (stop) => { for (const one of all) one.tabIndex = one === stop ? 0 : -1; };
  bar.addEventListener('focusin', (event) => set(all.find((one) => one === event.target)));
  bar.addEventListener('keydown', (event) => {
    const list = there();
    const at = list.findIndex((one) => one === event.target);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: list.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    list[(next + list.length) % list.length].focus();
  });
  return () => {
    const list = there();
    if (!list.some((one) => one.tabIndex === 0)) set(list[0]);
  };
}
