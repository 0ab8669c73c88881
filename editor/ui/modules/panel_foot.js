// The buttons under the sliders: each tells the page its name. And the settings that are copied and pasted.
import { change, hear, now, tell } from './page_state.js';

/** @param {{element: HTMLElement}} handed */
export function start({ element }) {
  element.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('[data-tell]') : null;
    if (button instanceof HTMLElement) tell(button.dataset.tell || '');
  });
  hear('copy-settings', () => {
    change({ copied: { ...now().moves } });
    tell('said', { text: Object.keys(now().moves).length ? 'The settings are copied.' : 'All sliders are at 0; that is copied.' });
  });
  hear('paste-settings', () => {
    const { copied, ranges } = now();
    if (!copied) { tell('said', { text: 'No settings were copied yet: Ctrl+Shift+C copies them.' }); return; }
    change({ moves: Object.fromEntries(Object.entries(copied).filter(([name]) => name in ranges)) });
    tell('rest');
  });
}
