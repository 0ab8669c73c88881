// The tools of Edit. Switching is a matter of styles alone: no call of the server.
import { change, hear, now } from './page_state.js';

/** @param {{element: HTMLElement}} handed */
export function start({ element }) {
  const buttons = () => [.../** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll('[data-tool]'))];
  const show = () => {
    for (const button of buttons()) {
      const open = button.dataset.tool === now().tool;
      button.setAttribute('aria-pressed', String(open));
      button.tabIndex = open ? 0 : -1;
    }
  };
  element.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('[data-tool]');
    if (button instanceof HTMLElement) change({ tool: button.dataset.tool });
  });
  element.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const shown = buttons().filter((button) => button.offsetParent !== null);
    const at = shown.findIndex((button) => button.dataset.tool === now().tool);
    const next = shown[(at + step + shown.length) % shown.length];
    event.preventDefault();
    change({ tool: next.dataset.tool });
    next.focus();
  });
  hear('tool', show);
  show();
}
