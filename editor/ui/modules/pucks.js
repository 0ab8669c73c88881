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

/**
 * Make the handles over the stage. They are hidden until they are shown.
 * @param {View} view
 * @param {{pulls: Pulls, pull: (name: string, share: number) => void, rest?: () => void,
 *   seen?: (visible: boolean) => void}} options
 *   pull: called for each slider while a hand moves a handle; rest: the hand let go; seen: H was pressed
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
  /** @type {Part | null} */
  let holding = null;
  let visible = true;
  /** @type {AbortController | null} */
  let shown = null;

  /** Only the sliders that there are. @param {Part} part */
  function axes(part) {
    const known = Object.entries(pulls[part] || {}).filter(([, name]) =>
      name && name.replace(/^-/, '') in face.shares);
    return /** @type {import('./puck_moves.js').Axes} */ (Object.fromEntries(known));
  }

  /** @param {string} name */
  const title = (name) => face.titles?.[name] || name.replaceAll('_', ' ');

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
  function puckOf(part) {
    const puck = document.createElement('div');
    puck.className = 'puck';
    puck.dataset.part = part;
    puck.tabIndex = 0;
    for (const [name, value] of Object.entries({
      role: 'slider', 'aria-label': NAMES[part], 'aria-valuemin': '-100', 'aria-valuemax': '100',
      'aria-roledescription': 'handle',
    })) puck.setAttribute(name, value);
    /** @type {{pull: Point, at: Point}} */
    let start = { pull: [0, 0], at: [0, 0] };
    /** @param {PointerEvent} event */
    const at = (event) => within(onStage(view, face.crop), hostPoint(view, event));
    follow(puck, {
      down(event, pointers) {
        if (pointers.size > 1 || (holding && holding !== part)) return false;
        puck.focus({ preventScroll: true });
        puck.classList.add('held');
        holding = part;
        start = { pull: pulled(axes(part), face.shares), at: at(event) };
        return true;
      },
      move(event) {
        const middle = rests(face.marks)[part];
        if (middle) change(part, dragged(part, start.pull, middle, start.at, at(event)));
      },
      up() {
        holding = null;
        puck.classList.remove('held');
        const now = pulled(axes(part), face.shares);
        if (now[0] !== start.pull[0] || now[1] !== start.pull[1]) rest?.();
      },
    });
    puck.addEventListener('dblclick', (event) => {
      event.stopPropagation();
      change(part, [0, 0]);
      rest?.();
    });
    puck.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const to = stepped(pulled(axes(part), face.shares), event.key, event.shiftKey);
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      change(part, to);
      moving = true;
    });
    let moving = false; // by keys, which rest when they are up
    const still = () => {
      if (moving) rest?.();
      moving = false;
    };
    puck.addEventListener('keyup', still);
    puck.addEventListener('blur', still);
    return puck;
  }
  square.append(...Object.keys(pulls).map((part) => puckOf(/** @type {Part} */ (part))));

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
      const held = holding ? toShares(axes(holding), pulled(axes(holding), face.shares)) : [];
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
