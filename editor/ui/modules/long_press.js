// A finger that rests on something, which is what a telephone has in place of Ctrl.

const LONG_MS = 500;
const REACH = 8; // px that a resting finger may move

/**
 * Call a function when a finger rests on an element. The click that would follow is swallowed.
 * @param {HTMLElement} element
 * @param {() => void} pressed
 */
export function longPress(element, pressed) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  let swallow = false;
  /** @type {[number, number]} */
  let start = [0, 0];
  const stop = () => clearTimeout(timer);
  element.addEventListener('pointerdown', (event) => {
    swallow = false;
    if (event.pointerType === 'mouse') return;
    start = [event.clientX, event.clientY];
    timer = setTimeout(() => { swallow = true; pressed(); }, LONG_MS);
  });
  element.addEventListener('pointermove', (event) => {
    if (Math.hypot(event.clientX - start[0], event.clientY - start[1]) > REACH) stop();
  });
  for (const name of ['pointerup', 'pointercancel']) element.addEventListener(name, stop);
  element.addEventListener('contextmenu', (event) => { if (swallow) event.preventDefault(); });
  element.addEventListener('click', (event) => {
    if (!swallow) return;
    swallow = false;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, { capture: true });
}
