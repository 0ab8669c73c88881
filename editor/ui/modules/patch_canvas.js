// Painting a patch on its source: a small canvas. Its pure part is `stroke`, on levels 0…255.

const SIDE = 128;

/**
 * Paint a round stroke into a mask, in place.
 * @param {Uint8ClampedArray} levels of a square, row by row
 * @param {number} side px
 * @param {{x: number, y: number}} from px
 * @param {{x: number, y: number}} to px
 * @param {number} radius px
 * @param {number} level 255 paints, 0 erases
 */
export function stroke(levels, side, from, to, radius, level) {
  const [left, right] = [Math.min(from.x, to.x) - radius, Math.max(from.x, to.x) + radius];
  const [top, bottom] = [Math.min(from.y, to.y) - radius, Math.max(from.y, to.y) + radius];
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = dx * dx + dy * dy;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(side, Math.ceil(bottom)); y += 1) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(side, Math.ceil(right)); x += 1) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const share = long ? Math.min(1, Math.max(0, (px * dx + py * dy) / long)) : 0;
      if (Math.hypot(px - share * dx, py - share * dy) <= radius) levels[y * side + x] = level;
    }
  }
}

/**
 * Paint on a canvas over a picture.
 * @param {HTMLCanvasElement} canvas
 * @param {{erases: () => boolean, radius: () => number, done: () => void}} how radius: as a share of
 *   the side; done: a stroke has ended
 * @returns {{mask: () => string, clear: () => void}} mask: a grey PNG as a data URI, or ""
 */
export function patchCanvas(canvas, { erases, radius, done }) {
  const levels = new Uint8ClampedArray(SIDE * SIDE);
  const cursor = { x: SIDE / 2, y: SIDE / 2 };
  /** @type {{x: number, y: number}|null} */
  let last = null;
  canvas.width = canvas.height = SIDE;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

  const image = (/** @type {(level: number) => number[]} */ colour) => {
    const pixels = pen.createImageData(SIDE, SIDE);
    levels.forEach((level, i) => pixels.data.set(colour(level), 4 * i));
    return pixels;
  };
  const accent = () => (getComputedStyle(canvas).color.match(/[\d.]+/g) || ['108', '178', '255']).slice(0, 3).map(Number);

  function draw() {
    const colour = accent();
    pen.putImageData(image((level) => [...colour, level * 0.55]), 0, 0);
    if (document.activeElement !== canvas || !canvas.matches(':focus-visible')) return;
    pen.strokeStyle = 'white';
    pen.beginPath();
    pen.arc(cursor.x, cursor.y, radius() * SIDE, 0, 7);
    pen.stroke();
  }

  function at(/** @type {PointerEvent} */ event) {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
  }

  function go(/** @type {{x: number, y: number}} */ to) {
    stroke(levels, SIDE, last || to, to, radius() * SIDE, erases() ? 0 : 255);
    last = to;
    draw();
  }

  canvas.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    go(at(event));
  });
  canvas.addEventListener('pointermove', (event) => { if (last) go(at(event)); });
  const end = () => { if (last) { last = null; done(); } };
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  for (const name of ['focus', 'blur']) canvas.addEventListener(name, draw);
  canvas.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 8 : 3;
    const moves = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] });
    const move = moves[event.key];
    if (move) {
      cursor.x = Math.min(SIDE, Math.max(0, cursor.x + move[0]));
      cursor.y = Math.min(SIDE, Math.max(0, cursor.y + move[1]));
      draw();
    } else if (event.key === ' ') {
      go({ ...cursor });
      end();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    mask() {
      if (!levels.some((level) => level > 0)) return '';
      const whole = document.createElement('canvas');
      whole.width = whole.height = SIDE;
      whole.getContext('2d')?.putImageData(image((level) => [level, level, level, 255]), 0, 0);
      return whole.toDataURL('image/png');
    },
    clear() { levels.fill(0); draw(); },
  };
}
