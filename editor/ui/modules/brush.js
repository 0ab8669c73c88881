// Painting on the picture, inside its square. A stroke's end tells the mask.

import { brushBar } from './brush_bar.js';
import { levels, maskUri, tint } from './mask_pictures.js';
import { blank, box, inverted, painted as share, Paintings, SIDE, stroke } from './mask_painting.js';
import { clamp, hostPoint, lay, onStage, placed, within } from './overlay_geometry.js';
import { follow, made, plainKey } from './pointers.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').View} View
 * @typedef {{crop: Crop | null, mask: string, picture: string}} Painting
 *   mask: grey PNG data URI or ""; picture: text that changes where another picture is shown
 */

const TINT = 0.4;
const [STEP, FAR] = [SIDE / 64, SIDE / 16]; // of the arrow keys, px
const MARKUP = `
<div class="overlay brush" hidden>
  <canvas class="brush-canvas" width="${SIDE}" height="${SIDE}" tabindex="0" role="application"
    aria-label="Painted part. Drag to paint. With the keyboard: arrows move the brush, space paints."></canvas>
  <div class="brush-ring" hidden></div>
  <p class="overlay-says" role="status"></p>
</div>`;

/**
 * Make the brush over the stage. It is hidden until it is shown.
 * @param {View} view
 * @param {{painted: (uri: string) => void, bake?: () => void}} actions
 *   painted: "" where nothing is; bake: "Bake in" was pressed
 */
export function brush(view, { painted, bake }) {
  const root = made(MARKUP);
  const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector('canvas'));
  const ring = /** @type {HTMLElement} */ (root.querySelector('.brush-ring'));
  const says = /** @type {HTMLElement} */ (root.querySelector('.overlay-says'));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const bar = brushBar({ changed, invert, clear, bake });
  root.append(bar.root);
  view.host.append(root);

  const known = new Paintings();
  let grey = blank();
  /** What was there before the stroke. @type {import('./mask_painting.js').Grey | null} */
  let held = null;
  /** @type {{first: Point, last: Point}} */
  let line = { first: [0, 0], last: [0, 0] };
  /** @type {Point} */
  let cursor = [SIDE / 2, SIDE / 2];
  let byKeys = false; // what moves the cursor
  let [space, used] = [false, false]; // Space is down, and has done something
  let turn = 0; // counts what was painted and what came, so that nothing old covers what is newer
  /** @type {Crop | null} */
  let crop = null;
  /** @type {string | null} */
  let picture = null;
  /** @type {AbortController | null} */
  let shown = null;

  const tip = () => {
    const { size, soft, tool } = bar.settings;
    return { radius: (size / 200) * SIDE, soft: soft / 100, erase: tool === 'erase' };
  };

  /** @param {import('./mask_painting.js').Area} [area] */
  const draw = (area) => tint(pen, grey, bar.settings.visible ? TINT : 0, area);

  function place() {
    const square = onStage(view, crop);
    lay(canvas, square);
    const [x, y] = placed(square, [cursor[0] / SIDE, cursor[1] / SIDE]);
    const side = (bar.settings.tool === 'box' ? 0.02 : bar.settings.size / 100) * square.side;
    ring.style.width = ring.style.height = `${side}px`;
    ring.style.left = `${x}px`;
    ring.style.top = `${y}px`;
  }

  function changed() {
    draw();
    place();
  }

  function commit() {
    turn += 1;
    const uri = maskUri(grey);
    known.add(uri, grey);
    tell();
    painted(uri);
  }

  function tell() {
    bar.say(share(grey));
  }

  /** @param {import('./mask_painting.js').Grey} next */
  function put(next) {
    grey = next;
    draw();
    commit();
  }

  function invert() { put(inverted(grey)); }
  function clear() { put(blank()); }

  /** @param {Point} to */
  function paint(to) {
    if (bar.settings.tool === 'box' && held) {
      grey.set(held);
      box(grey, line.first, to, tip());
      draw();
    } else draw(stroke(grey, line.last, to, tip()));
    line = { ...line, last: to };
  }

  /** @param {PointerEvent} event @returns {Point} px of the mask */
  function at(event) {
    const [u, v] = within(onStage(view, crop), hostPoint(view, event));
    return [u * SIDE, v * SIDE];
  }

  /** @param {Point} to @param {boolean} keys */
  function point(to, keys) {
    cursor = to;
    byKeys = keys;
    ring.hidden = false;
    place();
  }

  /** Give a stroke up: with two fingers the picture is moved, not painted. */
  function giveUp() {
    if (held) grey.set(held);
    held = null;
    draw();
    ring.hidden = true;
    hand.giveUp();
  }

  function up() {
    if (!held) return;
    const same = grey.every((value, i) => value === held?.[i]);
    held = null;
    if (!same) commit();
  }

  const hand = follow(canvas, {
    down(event, pointers) {
      used = true;
      if (space) return false; // Space and a drag move the picture
      if (pointers.size > 1) {
        pointers.delete(event.pointerId);
        giveUp();
        return false;
      }
      canvas.focus({ preventScroll: true });
      const now = at(event);
      point(now, false);
      held = grey.slice();
      line = { first: now, last: now };
      if (bar.settings.tool !== 'box') paint(now);
      return true;
    },
    move(event) {
      for (const one of event.getCoalescedEvents?.() || []) if (held) paint(at(one));
      if (held) paint(at(event));
    },
    up,
    beside: giveUp,
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'touch' || held) point(at(event), false);
  });
  canvas.addEventListener('dblclick', (event) => event.stopPropagation());
  canvas.addEventListener('pointerleave', () => { if (!byKeys) ring.hidden = true; });
  canvas.addEventListener('focus', () => { if (canvas.matches(':focus-visible') && !held) point(cursor, true); });
  canvas.addEventListener('blur', () => {
    ring.hidden = true;
    up();
  });

  canvas.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? FAR : STEP;
    /** @type {Record<string, Point>} */
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const by = moves[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const from = cursor;
    point([clamp(cursor[0] + by[0], 0, SIDE), clamp(cursor[1] + by[1], 0, SIDE)], true);
    if (!space) return;
    used = true;
    held ||= grey.slice();
    draw(stroke(grey, from, cursor, tip()));
  });
  canvas.addEventListener('keyup', (event) => {
    if (event.key !== ' ' || !space || !byKeys || (used && !held)) return;
    held = null;
    draw(stroke(grey, cursor, cursor, tip()));
    says.textContent = bar.settings.tool === 'erase' ? 'Erased' : 'Painted';
    commit();
  });

  /** @param {string} uri */
  async function take(uri) {
    turn += 1;
    const mine = turn;
    const given = await levels(uri);
    if (turn !== mine || held || known.know(given.grey, given.side)) return;
    known.clear();
    known.add(uri, given.grey);
    grey = given.grey;
    draw();
    tell();
  }

  function listen() {
    shown = new AbortController();
    const { signal } = shown;
    signal.addEventListener('abort', view.onChange(place));
    document.addEventListener('keydown', (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') known.forgetOlder();
      if (event.key === ' ' && !event.repeat) [space, used] = [true, false];
      if (event.key === ' ' && event.target === canvas) event.preventDefault(); // the viewer has heard it
      if (plainKey(event) && bar.key(event.key)) event.preventDefault();
    }, { signal });
    document.addEventListener('keyup', (event) => { if (event.key === ' ') space = false; }, { signal });
    window.addEventListener('blur', () => { space = false; }, { signal });
    document.addEventListener('click', (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest?.('button');
      if (button && !root.contains(button)) known.forgetOlder();
    }, { signal });
  }

  return {
    /** The options, whose height the viewer may keep free. */
    bar: bar.root,
    /**
     * Show the brush, or what has changed: a mask that is an answer to an older stroke is not taken.
     * @param {Painting} painting
     */
    show(painting) {
      crop = painting.crop;
      root.hidden = false;
      if (!shown) listen();
      place();
      if (painting.picture !== picture) { // nothing of the other picture stays
        picture = painting.picture;
        held = null;
        known.clear();
        grey = blank();
        changed();
        tell();
      }
      if (painting.mask !== known.newest) take(painting.mask);
    },
    hide() {
      root.hidden = true;
      if (held) { // a stroke that has not ended was never told
        grey.set(held);
        draw();
      }
      held = null;
      space = false;
      shown?.abort();
      shown = null;
    },
    focus: () => canvas.focus({ preventScroll: true }),
  };
}
