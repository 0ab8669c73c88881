// The stage: holds what the server says of the shown picture, and shows it; hears the sliders, and asks for them live.

import { comparison } from './compare.js';
import { change, hear, now, tell } from './page_state.js';
import { listenForPhotos } from './photo_files.js';
import { following } from './stage_following.js';
import { GIVEN, painter } from './stage_pictures.js';
import { viewBar } from './stage_view_bar.js';
import { description, errorLine, isTurnable, NOTHING, notice, sayState } from './stage_words.js';
import { layOver } from './stage_overlays.js';
import { viewer } from './viewer.js';

/**
 * @typedef {import('./stage_words.js').StageValue} StageValue
 * @typedef {import('./stage_following.js').Live} Live
 * @typedef {{
 *   element: HTMLElement, trigger: (event: string) => void, props: {value: any}, server: any,
 *   upload: (file: File) => Promise<{path: string}>, watch: (name: string, listener: () => void) => void,
 *   live?: Live, kind?: 'webgl' | 'canvas',
 * }} Handed  of Gradio; live and kind of drawing: in place of the stage's own
 * @typedef {{
 *   element: HTMLElement, view: import('./viewer.js').View, value: () => StageValue,
 *   onValue: (listener: () => void) => () => void, send: (event: string, values: Record<string, unknown>) => void,
 *   compose: () => import('./composite.js').Pixels, kind: () => string, ready: () => Promise<void>, live: Live | null,
 * }} Stage
 *   onValue: call when the value is another; send: put values into what the server gets, and trigger an event;
 *   compose: the shown edit in the photo, at its own size; ready: when all that was wished is shown.
 */

const NO_STEP = { src: '', name: '' };
const ANSWER_MS = 2000; // so long a photo waits for the answer to the one before
const UNSHOWN = 'The picture cannot be shown. Reload the page.';
const ELSEWHERE = 'That step is of another picture. Show that picture to compare with its steps.';

/** Called with the stage when it starts: what lies over the picture. @type {((stage: Stage) => void)[]} */
export const overlays = [];

/**
 * @param {Handed} handed
 * @returns {Promise<Stage>}
 */
export async function start(handed) {
  const { props, trigger, upload, watch } = handed;
  const element = /** @type {HTMLElement} */ (handed.element.querySelector('.stage'));
  const pane = /** @type {HTMLElement} */ (element.querySelector('.view'));
  /** @type {StageValue} */
  let value = NOTHING;
  let before = NO_STEP; // what is compared with
  let proposal = NO_STEP; // of another tool, shown in place of the edit
  let showing = Promise.resolve();
  let wish = /** @type {Record<string, unknown>} */ ({ own: true }); // what was sent last
  let answered = () => {}; // a value came that is not of what was before
  /** @type {import('./composite.js').Crop | null} */
  let frame = null;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const compared = comparison(element, () => view);
  const view = viewer(pane, compared);
  const pictures = painter(pane, view, compared.now, { kind: handed.kind, lost: (again) => shows(again()) });
  viewBar(element, view);
  view.onChange(compared.place);
  const live = handed.live || await liveOf(handed.server, () => value);

  /** @param {string} event @param {Record<string, unknown>} values */
  function send(event, values) {
    const { picture, node, version, turn, domain } = value;
    wish = { picture, node, version, turn, domain, ...values, own: true };
    props.value = wish;
    trigger(event);
  }

  /** Let what is being shown be waited for. @param {Promise<void>} done */
  function shows(done) { showing = done.catch(() => notice(element, UNSHOWN)); }

  /** Show the edit's picture, or another of the same picture. @param {import('./stage_following.js').Shown} [shown] */
  function show({ uri, mixed } = { uri: '' }) {
    const { photo, crop, reference, composed, others } = value;
    const picture = proposal.src || uri;
    const old = before.src || (photo ? '' : value.before);
    const sources = { photo, crop, reference, after: picture || value.after, before: old, composed: picture ? '' : composed, others, mixed: proposal.src ? null : mixed || null };
    const nothing = value.state === 'empty' ? { photo: null, reference: '', after: '' } : {}; // a generated picture waits unseen
    shows(pictures.show({ ...sources, ...nothing }));
  }

  function say() {
    const { picture, version, state, domain } = value;
    pictures.describe(description(value));
    sayState(element, value, (index) => send('submit', { example: index }));
    change({ stage: { picture, version, state, domain, turnable: isTurnable(value) } });
    for (const listener of [...listeners]) listener();
  }

  /** Frame, comparison and proposal were of what was before. */
  function forget() {
    frame = null;
    before = NO_STEP;
    proposal = NO_STEP;
    compared.name('Before');
    element.classList.remove('proposing');
  }

  /** Compare with a step that the server gives. @param {{picture: string, after: string, name?: string}} step */
  function compareWith({ picture, after, name = '' }) {
    if (picture !== value.picture) { notice(element, ELSEWHERE); return; }
    notice(element, '');
    tell('before', { src: after, name });
    compared.begin();
  }

  function hearValue() {
    const next = props.value;
    if (!next || next.own) return;
    props.value = wish; // an event of several calls reads it again for each, whatever came meanwhile
    if (next.compare) { compareWith(next); return; }
    // of a photo that another has followed, or made of an older state of the visit than what is shown
    if ((next.visit ?? value.visit) === value.visit && (next.turn < value.turn || next.number < value.number)) return;
    answered();
    former = null;
    const old = value;
    const another = typeof next.picture === 'string' && next.picture !== value.picture;
    if (next.state && next.state !== 'error') notice(element, next.notice ? errorLine(next.notice) : '');
    value = { ...(typeof next.picture === 'string' ? { ...NOTHING, examples: value.examples, subjects: value.subjects } : value), ...next };
    if (another) hand.drop();
    if (another || value.photo?.key !== old.photo?.key) forget(); // photos that wait for their frame are no pictures yet
    else if (value.state !== 'frame') frame = null;
    if (another) show();
    else hand.told(now().moves, old.version !== value.version);
    say();
  }

  const hand = following(live, {
    value: () => value,
    show,
    begin: () => { // the first slider takes up the generated picture
      value = { ...value, state: 'done' };
      show();
      say();
    },
    prepare: pictures.prepare,
  });

  /** @type {StageValue | null} */
  let former = null; // what was shown before the photo that is being opened
  /** @param {string} why */
  function back(why) {
    if (!former) return;
    value = former;
    former = null;
    show();
    say();
    notice(element, why);
  }

  let given = 0; // photos so far
  let sent = Promise.resolve(); // those before: they come to the server in their order
  /** @param {File} file */
  async function give(file) {
    const number = given += 1;
    const old = value;
    former ||= old;
    if (proposal.src) tell('proposal', null);
    forget();
    const { examples, subject, subjects, visit, domain, number: made } = old;
    // of the next turn: what still comes of the photo before is not shown any more
    const opening = { turn: old.turn + 1, state: /** @type {const} */ ('working'), line: `Opening ${file.name}…`, progress: null };
    value = { ...old, ...opening };
    notice(element, '');
    sayState(element, { ...NOTHING, ...opening, examples }, () => {});
    change({ stage: { picture: '', version: '', state: 'working', domain } }); // what was shown is not edited any more
    const [before, taken] = [sent, upload(file)];
    const mine = taken.then(async ({ path }) => { await before; send('upload', { given: { path, name: file.name } }); });
    sent = mine.then(() => new Promise((done) => { answered = done; setTimeout(done, ANSWER_MS); }), () => {});
    const own = await preview(file);
    if (own && number === given && value.line === opening.line) {
      value = { ...NOTHING, ...opening, examples, subject, subjects, visit, domain, number: made, photo: own };
      show();
      say();
    } else own?.image?.close();
    try {
      await mine;
    } catch {
      const why = `${file.name} could not be sent. Try again.`;
      if (number === given) back(why);
      notice(element, why);
    }
  }

  listenForPhotos(element, give, (why) => notice(element, why));
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll('[data-send]'))) {
    button.addEventListener('click', () => {
      const event = button.dataset.send || '';
      const { quarters } = button.dataset;
      send(event, event === 'release' ? { frame: frame || value.crop } : quarters ? { quarters: Number(quarters) } : {});
    });
  }
  document.addEventListener('keydown', (event) => { // of the frame, where nothing else has the focus
    if (event.target !== document.body || event.defaultPrevented || element.dataset.state !== 'frame' || now().place !== 'edit') return;
    const wanted = { Enter: 'release', Escape: 'clear' }[event.key];
    if (wanted) /** @type {HTMLElement | null} */ (element.querySelector(`[data-send=${wanted}]`))?.click();
  });
  element.querySelector('.notice .close')?.addEventListener('click', () => notice(element, ''));
  hear('refused', () => back('The photo was not opened. Try again in a minute.'));
  hear('frame', (crop) => { frame = crop; });
  hear('turn-photo', (quarters) => send('retry', { quarters }));
  hear('frame-anew', () => send('option_select', {}));
  hear('moves', hand.follow);
  hear('aim', hand.ahead);
  hear('try', (moves) => hand.follow(moves || now().moves)); // for as long as a pointer rests on a look
  hear('before', (step) => {
    before = step || NO_STEP;
    compared.name(before.name ? `Before: ${before.name}` : 'Before');
    show();
  });
  hear('proposal', (made) => {
    proposal = made ? { src: made.after, name: made.label || '' } : NO_STEP;
    element.classList.toggle('proposing', proposal.src !== '');
    show();
  });

  /** @type {Stage} */
  const stage = {
    element,
    view,
    value: () => value,
    onValue: (listener) => { listeners.add(listener); return () => { listeners.delete(listener); }; },
    send,
    compose: () => pictures.compose(),
    kind: () => pictures.kind(),
    ready: () => showing,
    live,
  };
  for (const lay of [layOver, ...overlays]) lay(stage);
  watch('value', hearValue);
  say();
  hearValue();
  return stage;
}

/**
 * Return the live path, or null where the server has none.
 * @param {any} server
 * @param {() => StageValue} value
 * @returns {Promise<Live | null>}
 */
async function liveOf(server, value) {
  if (!server?.live) return null;
  const name = './live.js';
  const { live } = await import(name);
  return live(server, () => ({ visit: value().visit, picture: value().picture, version: value().version }));
}

/**
 * Decode a file as the browser can, or return null: the server may know it.
 * @param {File} file
 * @returns {Promise<import('./stage_pictures.js').Photo | null>}
 */
async function preview(file) {
  try {
    const image = await createImageBitmap(file);
    const { width, height } = image;
    return { url: '', width, height, key: `${GIVEN} ${file.name} ${file.lastModified}`, file, image };
  } catch {
    return null;
  }
}
