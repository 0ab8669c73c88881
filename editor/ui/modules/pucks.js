// Small round handles on the face: pulling one moves sliders.

import { hostPoint, lay, onStage, within } from './overlay_geometry.js';
import { follow, plainKey } from './pointers.js';
import { dragged, lies, pulled, rests, stepped, toShares } from './puck_moves.js';

/**
 * @typedef {import('./overlay_geometry.js').Point} Point
 * @typedef {import('./overlay_geometry.js').Crop} Crop
 * @typedef {import('./overlay_geometry.js').View} View
 * @typedef {import('./puck_moves.js').Part} Part
 * @typedef {import('./puck_moves.js').Pulls} Pulls
 * @typedef {{crop: Crop | null, marks: import('./puck_moves.js').Landmarks | null,
 *   shares: import('./puck_moves.js').Shares, titles?: Record<string, string>}} Face
 *   shares: of the sliders, −1…1; only these sliders have handles; titles: what a person calls them
 */

const LEAST = 110; // CSS px; on a smaller square handles would lie on each other
/** @type {Record<Part, string>} */
const NAMES = { mouth: 'Mouth', nose: 'Nose', sun: 'Light' };
const PARTS = /** @type {Part[]} */ (Object.keys(NAMES));

/**
 * Make the handles over the stage. They are hidden until they are shown.
 * @param {View} view
 * @param {{pulls: () => Pulls, pull: (name: string, share: number) => void, rest?: () => void,
 *   seen?: (visible: boolean) => void}} options
 *   pulls: of the sliders that there are now; pull: called for each slider while a hand moves a handle; rest: the hand let go; seen: H was pressed
 */
export function pucks(view, { pulls, pull, rest, seen }) {
  const root = document.createElement('div');
  root.className = 'overlay pucks';
  root.hidden = true;
  const square = document.createElement('div');
  square.className = 'puck-square';
  root.append(square);
  view.host.append(root);
  /** @type {Face} */
  let face = { crop: null, marks: null, shares: {} };
  let visible = true;
  /** @type {AbortController | null} */
  let shown = null;

  /** Only the sliders that there are. @param {Part} part */
  function axes(part) {
    const known = Object.entries(pulls()[part] || {}).filter(([, name]) =>
      name && name.replace(/^-/, '') in face.shares);
    return /** @type {import('./puck_moves.js').Axes} */ (Object.fromEntries(known));
  }

  /** @param {string} name */
  const title = (name) =>
    face.titles?.[name] || `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;

  /** @param {Part} part */
  const values = (part) => toShares(axes(part), pulled(axes(part), face.shares))
    .map(([name, share]) => `${title(name)} ${Math.round(100 * share) || 0}`);

  function draw() {
    const box = onStage(view, face.crop);
    lay(square, box);
    root.hidden = !shown || !visible || box.side < LEAST;
    const places = rests(face.marks);
    for (const puck of /** @type {NodeListOf<HTMLElement>} */ (square.querySelectorAll('.puck'))) {
      const part = /** @type {Part} */ (puck.dataset.part);
      const at = places[part];
      puck.hidden = !at || !Object.keys(axes(part)).length;
      if (!at || puck.hidden) continue;
      const to = pulled(axes(part), face.shares);
      [puck.style.left, puck.style.top] = lies(part, at, to).map((share) => `${100 * share}%`);
      const text = values(part).join(', ');
      puck.setAttribute('aria-valuenow', String(Math.round(100 * to[axes(part).x ? 0 : 1])));
      puck.setAttribute('aria-valuetext', text);
      puck.dataset.says = text;
      puck.style.setProperty('--upright', `${-box.angle}deg`);
    }
  }

  /** @param {Part} part @param {Point} to */
  function change(part, to) {
    for (const [name, share] of toShares(axes(part), to)) {
      if (share === face.shares[name]) continue;
      face = { ...face, shares: { ...face.shares, [name]: share } };
      pull(name, share);
    }
    draw();
  }

  /** @param {Part} part */
  const pullOf = (part) => pulled(axes(part), face.shares);

  /** @param {Part} part */
  const puckFor = (part) => /** @type {HTMLElement} */ (square.querySelector(`[data-part=${part}]`));

  /** @type {{part: Part, pull: Point, at: Point} | null} */
  let start = null; // where a hand took a handle
  /** @param {PointerEvent} event */
  const pointOf = (event) => within(onStage(view, face.crop), hostPoint(view, event));

  /** Where targets of fingers lie on each other, the nearest handle is meant. @param {Point} at */
  function nearest(at) {
    const places = rests(face.marks);
    /** @param {Part} part */
    const away = (part) => {
      const [x, y] = lies(part, places[part] || at, pullOf(part));
      return Math.hypot(x - at[0], y - at[1]);
    };
    const parts = PARTS.filter((part) => !puckFor(part).hidden);
    return parts.reduce((best, part) => (away(part) < away(best) ? part : best), parts[0]);
  }

  /** Give a pull up: with two fingers the picture is moved. */
  function giveUp() {
    if (start) {
      const { part, pull: before } = start;
      start = null;
      puckFor(part).classList.remove('held');
      change(part, before);
    }
    hand.giveUp();
  }

  const hand = follow(square, {
    down(event, pointers) {
      if (pointers.size > 1) {
        pointers.delete(event.pointerId);
        giveUp();
        return false;
      }
      if (event.pointerType === 'touch' && !event.isPrimary) return false; // the first finger is on the picture
      const at = pointOf(event);
      const part = nearest(at);
      start = { part, pull: pullOf(part), at };
      puckFor(part).focus({ preventScroll: true });
      puckFor(part).classList.add('held');
      return true;
    },
    move(event) {
      const middle = start && rests(face.marks)[start.part];
      if (start && middle) change(start.part, dragged(start.part, start.pull, middle, start.at, pointOf(event)));
    },
    up() {
      if (!start) return;
      const { part, pull: before } = start;
      start = null;
      puckFor(part).classList.remove('held');
      const after = pullOf(part);
      if (after[0] !== before[0] || after[1] !== before[1]) rest?.();
    },
    beside: giveUp,
  });

  /** @param {Part} part */
  function puckOf(part) {
    const puck = document.createElement('div');
    puck.className = 'puck';
    puck.dataset.part = part;
    puck.tabIndex = -1; // by Tab one goes to the sliders, which do the same
    for (const [name, value] of Object.entries({
      role: 'slider', 'aria-label': NAMES[part], 'aria-valuemin': '-100', 'aria-valuemax': '100',
      'aria-roledescription': 'handle',
    })) puck.setAttribute(name, value);
    let moving = false; // by keys, which rest when they are up
    const still = () => {
      if (moving) rest?.();
      moving = false;
    };
    puck.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const to = stepped(pullOf(part), event.key, event.shiftKey);
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      change(part, to);
      moving = true;
    });
    puck.addEventListener('keyup', still);
    puck.addEventListener('blur', still);
    return puck;
  }
  square.addEventListener('dblclick', (event) => {
    event.stopPropagation();
    change(nearest(pointOf(/** @type {PointerEvent} */ (event))), [0, 0]);
    rest?.();
  });
  square.append(...PARTS.map(puckOf));

  function toggle() {
    visible = !visible;
    draw();
    seen?.(visible);
  }

  return {
    /**
     * Show the handles, or what has changed. A handle that a hand holds stays where the hand is.
     * @param {Face} next
     */
    show(next) {
      const held = start ? toShares(axes(start.part), pullOf(start.part)) : [];
      face = { ...next, shares: { ...next.shares, ...Object.fromEntries(held) } };
      if (!shown) {
        shown = new AbortController();
        const { signal } = shown;
        signal.addEventListener('abort', view.onChange(draw));
        document.addEventListener('keydown', (event) => {
          if (plainKey(event) && event.key.toLowerCase() === 'h') toggle();
        }, { signal });
      }
      draw();
    },
    hide() {
      shown?.abort();
      shown = null;
      root.hidden = true;
    },
    /** Show or hide as H does. */
    toggle,
    visible: () => visible,
  };
}
