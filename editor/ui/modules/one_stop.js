// A row of buttons that is one stop of the Tab key.

/**
 * Make a row of buttons one stop of the Tab key, whose buttons the arrow keys walk. Return what sees to it that there is
 * one stop, after its buttons have changed.
 * @param {HTMLElement} bar
 */
export function oneStop(bar) {
  const all = () => /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll('button')]);
  const there = () => all().filter((one) => !one.disabled && one.offsetParent);
  /** @param {HTMLButtonElement | undefined} stop */
  const set = (stop) => { for (const one of all()) one.tabIndex = one === stop ? 0 : -1; };
  bar.addEventListener('focusin', (event) => set(all().find((one) => one === event.target)));
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
    if (list.filter((one) => one.tabIndex === 0).length !== 1) set(list[0]);
  };
}
