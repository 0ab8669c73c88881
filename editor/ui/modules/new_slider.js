// The sheet "New slider": what it knows, what it asks the server, and what it does with answers.
import { hear } from './page_state.js';
import { drawCards } from './slider_cards.js';
import { drawEffects, drawFound, drawMine, drawStanding, drawStrip, part } from './slider_sheet_parts.js';
import { DOUBLE_MS, heldAfter, isEnough, marksOf, withMark } from './slider_marks.js';
import { startWays } from './slider_ways.js';

/**
 * @typedef {import('./slider_marks.js').Picture} Picture
 * @typedef {{element: HTMLElement, trigger: (event: string) => void, props: {value: any},
 *   upload: (file: File) => Promise<{path: string}>, watch: (name: string, fn: () => void) => void}} Handed
 * @typedef {{domain: string, subject: string, items: Picture[], counts: [number, number], accuracy: number | null,
 *   level: import('./slider_marks.js').Level, more: number, can: boolean, preview: string[],
 *   effects: {name: string, title: string, share: number, held: boolean}[],
 *   found: import('./slider_sheet_parts.js').Found[], ofFiles: boolean, mine: {name: string, title: string}[], shared: boolean,
 *   working: string, said: string, problem: string, hold: string[], late: Picture[], asked: boolean,
 *   learning: boolean, pending: boolean}} Sheet
 */

const SETTLED_MS = DOUBLE_MS + 50; // after the last mark: the second tap of two changes it
const PAUSE_MS = 350; // in which a click that was meant for the pictures before is not counted

/** @type {Sheet} */
const EMPTY = {
  domain: '', subject: 'picture', items: [], counts: [0, 0], accuracy: null, level: 'not yet', more: 5,
  can: false, preview: [], effects: [], found: [], ofFiles: false, mine: [], shared: false, working: '', said: '',
  problem: '', hold: [], late: [], asked: false, learning: false, pending: false,
};

/**
 * Return what is left of holds and effects when own sliders were removed.
 * @param {Sheet} sheet
 * @param {{mine?: {name: string}[], effects?: any}} value of an answer
 * @returns {Partial<Sheet>}
 */
function without(sheet, value) {
  if (!value.mine || value.effects) return {};
  const names = value.mine.map((one) => one.name);
  const gone = sheet.mine.map((one) => one.name).filter((one) => !names.includes(one));
  return {
    hold: sheet.hold.filter((one) => !gone.includes(one)),
    effects: sheet.effects.filter((one) => !gone.includes(one.name)),
  };
}

/**
 * Start the sheet.
 * @param {Handed} handed
 */
export function start({ element, trigger, props, upload, watch }) {
  const dialog = /** @type {HTMLDialogElement} */ (element.querySelector('dialog'));
  const name = /** @type {HTMLInputElement} */ (part(dialog, '.name'));
  const add = /** @type {HTMLButtonElement} */ (part(dialog, '.add'));
  let sheet = { ...EMPTY };
  /** @type {Map<string, Record<string, any>>} */
  const waiting = new Map();
  let paused = 0;
  const cards = part(dialog, '.cards');
  function pause() {
    cards.dataset.fresh = 'true';
    window.clearTimeout(paused);
    paused = window.setTimeout(() => { delete cards.dataset.fresh; }, PAUSE_MS);
  }
  let timer = 0;

  /** @param {Partial<Sheet>} values */
  const put = (values) => { sheet = { ...sheet, ...values }; draw(); };

  /**
   * Ask the server for something.
   * @param {string} event
   * @param {Record<string, any>} [more]
   * @param {Partial<Sheet>} [meanwhile]
   */
  const ask = (event, more = {}, meanwhile = {}) => {
    const later = sheet.pending;
    put({ problem: '', said: '', pending: true, ...meanwhile });
    if (later) { // one question at a time: an answer takes the place of what was asked
      waiting.set(event, more);
      return;
    }
    props.value = { page: true, domain: sheet.domain, hold: sheet.hold, ...more };
    trigger(event);
  };

  const next = () => ask('input', { marks: marksOf(sheet.items, sheet.late) }, { asked: true, learning: true, late: [] });

  /** @param {string} id @param {import('./slider_marks.js').Mark} mark */
  const mark = (id, mark) => {
    if (cards.dataset.fresh) return;
    const items = withMark(sheet.items, id, mark);
    const changed = items.filter((item) => item.id === id);
    put({ items, late: sheet.asked ? [...sheet.late.filter((item) => item.id !== id), ...changed] : [] });
    window.clearTimeout(timer);
    timer = window.setTimeout(() => { if (dialog.open && !sheet.asked && isEnough(sheet.items)) next(); }, SETTLED_MS);
  };

  /** @param {string} other */
  const hold = (other) => {
    put({ hold: heldAfter(sheet.hold, other) });
    ask('apply');
  };

  function draw() {
    drawCards(cards, sheet.items, sheet.subject, sheet.learning, mark);
    drawStanding(dialog, sheet);
    drawStrip(part(dialog, '.stops'), sheet.preview);
    drawEffects(part(dialog, '.effects'), sheet.effects, hold);
    /** @param {number} row @param {string} title */
    const keep = (row, title) => ask('select', { row, name: title });
    drawFound(part(dialog, '.surprise .found'), sheet.ofFiles ? [] : sheet.found, keep);
    drawFound(part(dialog, '.pane.file .found'), sheet.ofFiles ? sheet.found : [], keep);
    drawMine(part(dialog, '.list'), sheet.mine, sheet.shared, (event, own) => ask(event, { own }));
    part(dialog, '.said').textContent = sheet.working || sheet.said;
    part(dialog, '.problem').textContent = sheet.problem;
    add.disabled = !sheet.can || sheet.pending || !name.value.trim();
    add.title = sheet.can ? 'Name it first' : 'It must be right on 65% of pictures that it did not learn from';
    if (!add.disabled) add.removeAttribute('title');
    dialog.toggleAttribute('data-learning', sheet.learning);
  }

  function answered() {
    const value = props.value;
    if (!value || typeof value !== 'object' || value.page) return;
    const answer = { ...value, problem: value.problem || '' };
    if (value.items) {
      if (sheet.items.length) pause();
      Object.assign(answer, { asked: false, learning: false, late: sheet.late });
    }
    if (value.problem) Object.assign(answer, { asked: false, learning: false, working: '' });
    put({ ...answer, ...without(sheet, value), pending: Boolean(value.working) });
    if (value.items) part(dialog, '.sheet-body').scrollTo({ top: 0 });
    if (value.added) dialog.close();
    const [first] = waiting;
    if (sheet.pending || !first) return;
    waiting.delete(first[0]);
    ask(first[0], first[1]);
  }

  function open() {
    if (dialog.open) return;
    sheet = { ...EMPTY };
    waiting.clear();
    name.value = '';
    dialog.showModal();
    name.focus();
    ask('expand', {}, { learning: true });
  }

  startWays(dialog, {
    ask,
    upload,
    say: (working) => put({ working, problem: '', said: '' }),
    fail: (problem) => put({ problem, working: '', pending: false }),
  });
  name.addEventListener('input', draw);
  name.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !add.disabled) add.click(); });
  add.addEventListener('click', () => ask('submit', { name: name.value.trim() }));
  part(dialog, '.close').addEventListener('click', () => dialog.close());
  part(dialog, '.others').addEventListener('click', () => { if (!sheet.asked || !sheet.learning) next(); });
  part(dialog, '.over').addEventListener('click', () => ask('clear', {}, { hold: [], learning: true, late: [] }));
  dialog.addEventListener('close', () => trigger('collapse'));
  // keys of the page behind must not act while the sheet is open
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  watch('value', answered);
  hear('new-slider', open);
  dialog.dataset.ready = 'true';
}
