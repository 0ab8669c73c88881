// The slider panel: what the server says of the sliders, what the hand does, and what the page shares of it.

import { change, hear } from './page_state.js';
import { across, aims } from './slider_aim.js';
import { draft, dropDraft, fits, keepDraft } from './slider_draft.js';
import { showsEnds } from './slider_ends.js';
import { hand } from './slider_hand.js';
import { build, choose, inputs, show } from './slider_rows.js';
import { distance, position } from './slider_scale.js';

export { draft, dropDraft };

/** @type {AbortController | undefined} */
let life; // of the listeners of the last start: the component may be made again

const REST_MS = 400; // an edit is what stands when the hand has left the sliders for so long

/** @typedef {Record<string, number>} Moves distance by slider, in the units of codes */

/**
 * Start the component. Its value from the server: {"groups", "moves", "picture", "node", "parent", "visit",
 * "turn"}, of which all but "moves" may be left out where it has not changed; "turn" is the one
 * that the server was given, so that an answer to an older move never takes back a newer one.
 * @param {{element: HTMLElement, trigger: (name: string) => void, props: {value: any},
 *   watch: (name: string, listener: () => void) => void}} handed
 */
export function start({ element, trigger, props, watch }) {
  const panel = /** @type {HTMLElement} */ (element.querySelector('.panel'));
  life?.abort();
  life = new AbortController();
  const { signal } = life;
  /** @type {Map<string, import('./slider_rows.js').Slider>} */
  const sliders = new Map();
  /** @type {Moves} */
  let moves = {};
  /** @type {{domain?: string, visit?: string, picture?: string, node?: number, parent?: number}} */
  let shown = {};
  let built = '';
  let chosen = '';
  let turn = 0;
  let asked = ''; // what the server was last asked to commit, as a text
  let committed = ''; // what it has
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;

  const text = () => JSON.stringify(Object.entries(moves).sort());
  /** @param {string} name */
  const rowOf = (name) => /** @type {HTMLElement | null} */ (panel.querySelector(`#slider-${CSS.escape(name)}`));
  /** @param {string} name */
  const place = (name) => {
    const info = sliders.get(name);
    return info ? position(info.knots, moves[name] || 0) : 0;
  };
  /** @param {string} name */
  const draw = (name) => {
    const row = rowOf(name);
    if (row) show(row, place(name), sliders.get(name) || null, handed.typing() === name);
  };
  function drawAll() {
    for (const name of sliders.keys()) draw(name);
    marks();
  }
  /** Show which groups and chips have something that was moved. */
  function marks() {
    for (const reset of /** @type {NodeListOf<HTMLButtonElement>} */ (panel.querySelectorAll('.reset'))) {
      reset.disabled = !reset.closest('.group')?.querySelector('.moved');
    }
    for (const chip of /** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll('.chip'))) {
      chip.classList.toggle('moved', (chip.dataset.name || '') in moves);
    }
  }

  /** Let the value of the component say what the hand has set, and on what. */
  function say() {
    const { domain = '', picture = '', node = -1 } = shown;
    props.value = { moves: { ...moves }, turn, domain, picture, node, hand: true };
  }
  /** Hand the sliders to the page, to the tab's own storage, and to whoever reads this component's value. */
  function moved() {
    turn += 1;
    say();
    const { visit = '', picture = '', node = -1 } = shown;
    keepDraft({ visit, picture, node, moves: { ...moves } });
    change({ moves: { ...moves } });
    marks();
  }
  /**
   * @param {string} name
   * @param {number} to
   */
  function set(name, to) {
    const info = sliders.get(name);
    const before = text();
    if (info && to === 0) delete moves[name];
    else if (info && to !== Math.round(position(info.knots, moves[name] || 0))) moves = { ...moves, [name]: distance(info.knots, to) };
    draw(name);
    if (text() === before) return;
    moved();
  }
  function release() {
    clearTimeout(resting);
    if (text() === asked) {
      if (asked === committed) dropDraft(); // the hand came back to what is
      return;
    }
    asked = text();
    say(); // an answer of the server may have taken the place of it meanwhile
    trigger('release');
  }
  /** @param {boolean} [atOnce] */
  function rest(atOnce = false) {
    clearTimeout(resting);
    if (atOnce) release(); else resting = setTimeout(() => { if (!handed.held()) release(); }, REST_MS);
  }
  /** @param {Iterable<string>} names */
  function reset(names) {
    for (const name of names) { delete moves[name]; draw(name); }
    moves = { ...moves };
    moved();
    rest(true);
  }
  /** @param {string} name */
  function pick(name) {
    chosen = name;
    choose(panel, name);
  }

  const handed = hand(panel, signal, {
    place,
    ends: (name) => [sliders.get(name)?.low ?? -Infinity, sliders.get(name)?.high ?? Infinity],
    set,
    shown: draw,
    rest,
    step: (name, by) => {
      const names = [...sliders.keys()];
      const next = names[names.indexOf(name) + by];
      if (next === undefined) return;
      pick(next);
      const row = rowOf(next);
      if (row) inputs(row).range.focus();
    },
  });
  aims(panel, signal, (name) => {
    const info = sliders.get(name);
    return info ? across(moves, name, (place) => distance(info.knots, place)) : [];
  });
  showsEnds(panel, signal, (name) => sliders.get(name)?.ends || ['−100', '+100']);

  panel.addEventListener('focusin', (event) => {
    const row = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest('.move')) : null;
    if (row?.dataset.name && row.dataset.name !== chosen) pick(row.dataset.name);
  });
  panel.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest('button')) : null;
    if (button?.matches('.chip')) pick(button.dataset.name || '');
    if (button?.matches('.reset')) {
      const rows = /** @type {NodeListOf<HTMLElement>} */ (button.closest('.group')?.querySelectorAll('.move'));
      reset([...rows].map((row) => row.dataset.name || ''));
    }
  });

  /** Take up what the hand had set before a reload, where it belongs to what is shown. */
  function takeUp() {
    const kept = draft();
    if (!kept || turn > 0 || kept.visit !== shown.visit) return false;
    const known = Object.entries(kept.moves).filter(([name, value]) => sliders.has(name) && Number.isFinite(value));
    const wanted = Object.fromEntries(known);
    if (!fits(kept, shown)) { dropDraft(); return false; }
    if (JSON.stringify(Object.entries(wanted).sort()) === JSON.stringify(Object.entries(moves).sort())) return false;
    moves = wanted;
    return true;
  }

  function given() {
    const value = props.value;
    if (!value || value.hand) return;
    const key = JSON.stringify(value.groups);
    if (value.groups && key !== built) {
      built = key;
      rebuild(value.groups);
    }
    const otherPicture = 'picture' in value && value.picture !== shown.picture;
    for (const name of /** @type {const} */ (['domain', 'visit', 'picture', 'node', 'parent'])) {
      if (name in value) shown = { ...shown, [name]: value[name] };
    }
    const older = value.turn !== undefined && value.turn !== null && value.turn < turn;
    if (value.moves && (otherPicture || !(older || handed.held()))) {
      handed.drop();
      clearTimeout(resting);
      moves = { ...value.moves };
      committed = asked = text();
      const taken = takeUp();
      if (taken) { moved(); rest(true); } else {
        if (turn > 0 || draft()?.visit === shown.visit) dropDraft();
        change({ moves: { ...moves } });
      }
    } else if (turn > 0) say(); // an event that waits reads what the hand has set, not this answer
    drawAll();
  }
  /**
   * @param {import('./slider_rows.js').Group[]} groups
   */
  function rebuild(groups) {
    sliders.clear();
    for (const info of groups.flatMap((group) => group.sliders)) sliders.set(info.name, info);
    build(panel, groups);
    pick(sliders.has(chosen) ? chosen : sliders.has('smile') ? 'smile' : sliders.keys().next().value || '');
  }

  const ends = [
    hear('moves', (/** @type {Moves} */ wanted) => { // another part of the page moved sliders
      if (JSON.stringify(wanted) === JSON.stringify(moves)) return;
      moves = { ...wanted };
      drawAll();
      moved();
      rest();
    }),
    hear('rest', () => rest(true)),
    hear('resting', () => { clearTimeout(resting); asked = text(); }), // what goes with an undo is no edit of its own
    hear('reset', () => reset([...sliders.keys()])),
  ];
  signal.addEventListener('abort', () => ends.forEach((end) => end()));
  watch('value', given);
  given();
}
