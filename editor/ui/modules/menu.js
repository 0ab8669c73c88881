// A button with a menu below it.

/**
 * Let a button open the menu that follows it.
 * @param {HTMLButtonElement} button
 * @param {() => {title: string, keys?: string, off?: boolean, run: () => void}[]} entries what the menu
 *   has when it is opened
 */
export function menuOf(button, entries) {
  const menu = /** @type {HTMLElement} */ (button.nextElementSibling);
  button.setAttribute('aria-haspopup', 'menu');
  button.setAttribute('aria-expanded', 'false');
  menu.setAttribute('role', 'menu');
  menu.hidden = true;

  const items = () => /** @type {HTMLButtonElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);
  const outside = (/** @type {Event} */ event) => {
    const on = /** @type {Node} */ (event.target);
    if (!menu.contains(on) && !button.contains(on)) close();
  };
  function close(back = false) {
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
    if (back) button.focus();
  }
  function open() {
    menu.replaceChildren(...entries().map(({ title, keys = '', off = false, run }) => {
      const item = document.createElement('button');
      Object.assign(item, { type: 'button', tabIndex: -1, disabled: off });
      item.setAttribute('role', 'menuitem');
      const key = document.createElement('kbd');
      key.textContent = keys;
      item.append(title, key);
      item.addEventListener('click', () => { close(true); run(); });
      return item;
    }));
    menu.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', outside, true);
    items().find((one) => !one.disabled)?.focus();
  }

  button.addEventListener('click', () => (menu.hidden ? open() : close()));
  menu.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') close(true);
    if (event.key === 'Tab') close();
    const able = items().filter((one) => !one.disabled);
    const step = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 })[event.key];
    if (!step || !able.length) return;
    event.preventDefault();
    const at = able.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    able[(at + step + able.length) % able.length].focus();
  });
}
