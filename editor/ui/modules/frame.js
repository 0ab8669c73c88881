// The frame by which a face is shown to the editor: dragged, resized, turned, by hand and by keys.

import { moved, pinched, resized, scaled, stepped, turned, turnSide } from './frame_moves.js';
import { bounded, hostPoint, lay, onStage, WHOLE } from './overlay_geometry.js';
import { follow, keepToItself, made } from './pointers.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').View} View
 * @typedef {Record<string, Point>} Marks "left_eye", "right_eye", "mouth" (as seen), shares of the square
 * @typedef {{
 *   changed?: (crop: Crop) => void, use?: (crop: Crop) => void, cancel?: () => void, subject?: string,
 *   asks?: boolean,
 * }} FrameOptions changed: called at every move; subject: what the domain shows, "face"; asks: false leaves
 *   the question and its buttons to someone else
 */

const AWAY = 34; // of the turn handle from the edge, CSS px
const WHEEL = 800; // of a wheel's way makes the frame e times larger
const MARKUP = `
<div class="overlay frame" hidden>
  <div class="frame-ground"></div>
  <div class="frame-square" tabindex="0" role="group">
    <span class="frame-mark eye" data-name="left_eye"></span>
    <span class="frame-mark eye" data-name="right_eye"></span>
    <span class="frame-mark mouth" data-name="mouth"></span>
    <span class="frame-arm"><span class="frame-turn" aria-hidden="true"></span></span>
    <span class="frame-corner" data-corner="0"></span><span class="frame-corner" data-corner="1"></span>
    <span class="frame-corner" data-corner="2"></span><span class="frame-corner" data-corner="3"></span>
  </div>
  <div class="overlay-bar at-foot" role="group">
    <p class="frame-question"></p>
    <button type="button" class="primary" data-act="use"></button>
    <button type="button" data-act="cancel">Cancel</button>
  </div>
  <p class="overlay-says" role="status"></p>
</div>`;

/**
 * Make a frame over the stage. It is hidden until it is shown.
 * @param {View} view
 * @param {FrameOptions} [options]
 */
export function frame(view, { changed, use, cancel, subject = 'face', asks = true } = {}) {
  const root = made(MARKUP);
  /** @param {string} selector */
  const find = (selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const [square, arm, bar] = [find('.frame-square'), find('.frame-arm'), find('.overlay-bar')];
  /** @type {Crop} */
  let crop = { ...WHOLE };
  /** @type {(() => void) | null} */
  let end = null;
  let held = false;
  /** What the hand began with. @type {{crop: Crop, points: Point[], corner: number, turn: boolean}} */
  let start = { crop, points: [], corner: -1, turn: false };
  view.host.append(root);
  bar.hidden = !asks;
  keepToItself(bar);

  function draw() {
    const box = onStage(view, crop);
    lay(square, box);
    const { clientWidth: width, clientHeight: height } = view.host;
    arm.style.transform = `rotate(${turnSide(box, { width, height }, AWAY)}deg)`;
    square.style.setProperty('--upright', `${-crop.angle}deg`);
  }

  /** @param {Crop} next */
  function change(next) {
    crop = next;
    draw();
    changed?.({ ...crop });
  }

  /** @param {string} name */
  function word(name) {
    find('.frame-question').textContent = `Is this the ${name}? Drag the frame onto it.`;
    find('[data-act=use]').textContent = `Use this ${name}`;
    bar.setAttribute('aria-label', `Is this the ${name}?`);
    square.setAttribute('aria-label', `Frame around the ${name}. Arrow keys move it, plus and minus`
      + ' resize it, square brackets turn it; with Shift further. Enter uses it.');
  }

  /** @param {Map<number, PointerEvent>} pointers @returns {Point[]} px of the photo */
  const points = (pointers) =>
    [...pointers.values()].slice(0, 2).map((one) => view.toPhoto(hostPoint(view, one)));

  /** @param {Map<number, PointerEvent>} pointers */
  const rebase = (pointers) => { start = { ...start, crop, points: points(pointers) }; };

  const hand = {
    /** @param {PointerEvent} event @param {Map<number, PointerEvent>} pointers */
    down(event, pointers) {
      const target = /** @type {HTMLElement} */ (event.target);
      const ground = target.matches('.frame-ground');
      if (bar.contains(target)) return false;
      if (ground && pointers.size < 2) return false; // the picture is moved, not the frame
      if (!ground) square.focus({ preventScroll: true });
      const corner = pointers.size === 1 ? Number(target.dataset.corner ?? -1) : -1;
      start = { ...start, corner, turn: pointers.size === 1 && target.matches('.frame-turn') };
      rebase(pointers);
      held = true;
      return true;
    },
    /** @param {PointerEvent} event @param {Map<number, PointerEvent>} pointers */
    move(event, pointers) {
      const photo = view.photo();
      const [from, to] = [start.points, points(pointers)];
      if (to.length === 2 && from.length === 2) {
        change(pinched(start.crop, photo, [from[0], from[1]], [to[0], to[1]]));
      } else if (start.turn) change(turned(start.crop, photo, from[0], to[0], event.shiftKey));
      else if (start.corner >= 0) {
        change(resized(start.crop, photo, start.corner, from[0], to[0], event.altKey));
      } else change(moved(start.crop, photo, from[0], to[0]));
    },
    /** @param {PointerEvent} _event @param {Map<number, PointerEvent>} pointers */
    up(_event, pointers) {
      start = { ...start, corner: -1, turn: false };
      rebase(pointers);
      held = pointers.size > 0;
    },
  };
  follow(root, hand);

  square.addEventListener('wheel', (event) => {
    event.preventDefault();
    event.stopPropagation();
    change(scaled(crop, Math.exp(-event.deltaY / WHEEL)));
  }, { passive: false });
  square.addEventListener('dblclick', (event) => event.stopPropagation());
  square.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = stepped(crop, view.photo(), event.key, event.shiftKey);
    if (next) {
      change(next);
      find('.overlay-says').textContent = `Size ${Math.round(100 * crop.side)} percent of the photo's`
        + ` shorter edge, turned ${Math.round(crop.angle)} degrees`;
    } else if (event.key === 'Enter') use?.({ ...crop });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    cancel?.();
  });
  bar.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button?.dataset.act === 'use') use?.({ ...crop });
    if (button?.dataset.act === 'cancel') cancel?.();
  });

  return {
    /** What is asked, for one more line or button. */
    bar,
    /**
     * Show the frame, or move it. While a hand holds it, it stays where the hand is.
     * @param {Crop | null} next
     * @param {Marks | null} [marks]
     * @param {string} [name] what the domain shows, where it has changed
     */
    show(next, marks = null, name = subject) {
      if (!held) crop = bounded(next || WHOLE);
      word(name);
      for (const mark of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('.frame-mark'))) {
        const place = (marks || {})[mark.dataset.name || ''];
        mark.hidden = !place;
        if (place) [mark.style.left, mark.style.top] = place.map((share) => `${100 * share}%`);
      }
      root.hidden = false;
      end ||= view.onChange(draw);
      draw();
    },
    hide() {
      root.hidden = true;
      held = false;
      end?.();
      end = null;
    },
    /** @returns {Crop} */
    crop: () => ({ ...crop }),
    focus: () => square.focus({ preventScroll: true }),
  };
}
