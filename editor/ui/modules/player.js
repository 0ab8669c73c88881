// Plays frames as they arrive, again and again, and lets a hand drag through them.

/**
 * Return which frame is shown at a time.
 * @param {number} seconds since the start
 * @param {{count: number, arrived: number, seconds: number, loop: boolean}} film count: of all frames;
 *   arrived: so many are there; loop: the last frame is followed by the first
 * @returns {number} index
 */
export function frameAt(seconds, { count, arrived, seconds: whole, loop }) {
  if (arrived < 1 || !(whole > 0)) return 0;
  const steps = loop ? count : Math.max(count - 1, 1);
  const share = Math.min(Math.max(seconds / whole, 0), 1);
  return Math.min(loop ? Math.floor(share * steps + 1e-9) : Math.round(share * steps), arrived - 1);
}

/**
 * Write a time, as in "0:01.3".
 * @param {number} seconds
 * @returns {string}
 */
export function clock(seconds) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  const rest = tenths % 600;
  return `${Math.floor(tenths / 600)}:${String(Math.floor(rest / 10)).padStart(2, '0')}.${rest % 10}`;
}

/**
 * Write a length, as in "3 s" or "2.5 s".
 * @param {number} seconds
 * @returns {string}
 */
export const lengthText = (seconds) => `${Math.round(seconds * 10) / 10} s`;

/**
 * Make a player of its parts.
 * @param {{image: HTMLImageElement, button: HTMLButtonElement, scrub: HTMLInputElement, time: HTMLElement,
 *   keys: HTMLElement}} parts keys: where keys are heard
 * @returns {{show: (film: {frames: string[], count: number, seconds: number, loop: boolean}) => void, pause: () => void}}
 */
export function player({ image, button, scrub, time, keys }) {
  const film = { frames: /** @type {string[]} */ ([]), count: 0, arrived: 0, seconds: 0, loop: true };
  let at = 0; // seconds
  let isPlaying = false;
  let last = 0; // when the time was counted, ms
  let asked = false; // a picture of the browser is on its way

  function draw() {
    const src = film.frames[frameAt(at, film)];
    if (src && image.getAttribute('src') !== src) image.src = src;
    scrub.value = String(at);
    time.textContent = `${clock(at)} / ${lengthText(film.seconds)}`;
  }

  function tick(/** @type {number} */ now) {
    asked = false;
    if (!isPlaying || !image.isConnected) return;
    if (image.offsetParent) {
      const there = film.arrived < film.count ? (film.seconds * film.arrived) / film.count : film.seconds;
      at += (now - last) / 1000;
      if (at >= there) at = there > 0 ? at % there : 0;
      draw();
    }
    last = now;
    ask();
  }

  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(tick);
  }

  function play(/** @type {boolean} */ on) {
    isPlaying = on && film.arrived > 0;
    button.textContent = isPlaying ? '❚❚' : '▶';
    button.setAttribute('aria-label', isPlaying ? 'Pause' : 'Play');
    last = performance.now();
    if (isPlaying) ask();
  }

  function jump(/** @type {number} */ seconds) {
    play(false);
    at = Math.min(Math.max(seconds, 0), film.seconds);
    draw();
  }

  button.addEventListener('click', () => play(!isPlaying));
  scrub.addEventListener('input', () => jump(Number(scrub.value)));
  keys.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !film.arrived) return;
    const frame = film.seconds / Math.max(film.count, 1);
    const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: at - frame, ArrowRight: at + frame, Home: 0, End: film.seconds });
    if (event.key === ' ' && event.target !== button) play(!isPlaying);
    else if (event.key in steps) jump(steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    show({ frames, count, seconds, loop }) {
      const fresh = !film.arrived && frames.length > 0;
      Object.assign(film, { frames, count, seconds, loop, arrived: frames.length });
      at = Math.min(at, seconds);
      scrub.max = String(seconds);
      scrub.step = String(seconds / Math.max(count, 1) || 0.1);
      scrub.disabled = button.disabled = !frames.length;
      if (!frames.length) { at = 0; play(false); image.removeAttribute('src'); }
      if (fresh && !matchMedia('(prefers-reduced-motion: reduce)').matches) play(true);
      draw();
    },
    pause: () => play(false),
  };
}
