// The place Animate: player, what to animate, timeline, export. What is set is made at once.
import { change, hear, now } from './page_state.js';
import { lengthText, player } from './player.js';
import { chosenSlots, onOtherDomain } from './slots.js';
import { timeline } from './timeline.js';
import { inserted, lengthOf, stretches, withBack, withLength } from './timeline_times.js';
import { exchange, made, partsOf } from './value_exchange.js';

const PATIENCE_MS = 120; // a hand that sets several things is waited for
const WHOLE_PHOTO = '0';
const capital = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @typedef {import('./slots.js').Slot} Slot */
/** @typedef {import('./timeline_times.js').Times} Times */

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start(handed) {
  const part = partsOf(handed.element);
  const picked = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (handed.element.querySelector(`input[name="${name}"]:checked`)).value;
  const inputs = (/** @type {string} */ name) => /** @type {HTMLInputElement[]} */ ([...handed.element.querySelectorAll(`input[name="${name}"]`)]);
  /** @type {Times} */
  let times = { path: [], gaps: [], back: true };
  let turn = 0;
  let done = 0; // frames of this turn that are here
  let timer = 0;
  let size = '';
  let isLengthHeld = false; // a hand sets it
  /** @type {any} */
  const theirs = { base: null, sliders: [], side: 0, photo: false, ends: [], frames: [], count: 0, seconds: 0, state: 'empty', line: '', bake: null, progress: null };
  const screen = player({ image: part('frame'), button: part('play'), scrub: part('scrub'), time: part('time'), keys: part('player') });
  const isOpen = () => now().place === 'animate';
  const isPeople = () => picked('animate-kind') === 'people';

  const said = () => ({
    kind: picked('animate-kind'), tiles: times.path.map(({ picture, node }) => ({ picture, node: node ?? null })), gaps: stretches(times),
    length: Number(part('length').value), slider: part('slider').value, ease: picked('animate-ease'), back: times.back,
    type: picked('animate-type'), size: Number(part('size').value || 0), turn, done,
  });

  const line = timeline(part('timeline'), {
    shown: () => theirs.base?.picture || '',
    changed: (next, settled) => { times = next; if (settled) set(); else drawLength(); },
    back: (on) => setBack(on),
  });

  function set() {
    turn += 1;
    done = 0;
    draw();
    clearTimeout(timer);
    timer = window.setTimeout(() => send('input'), PATIENCE_MS);
  }

  function setBack(/** @type {boolean} */ on) {
    times = withBack(times, on);
    part('back').checked = on;
    set();
  }

  function receive(/** @type {any} */ value) {
    const late = Number.isInteger(value.turn) && value.turn !== turn;
    if (late) return;
    const frames = Array.isArray(value.frames) ? [...theirs.frames.slice(0, value.from), ...value.frames] : theirs.frames;
    Object.assign(theirs, value, { frames });
    if (Array.isArray(value.frames)) done = frames.length;
    // names and pictures of the tiles; one that is gone is left out
    if (Array.isArray(value.tiles) && isPeople()) {
      const path = times.path.filter((one) => value.tiles.some((/** @type {Slot} */ other) => other.picture === one.picture));
      if (path.length !== times.path.length) times = { ...times, path, gaps: times.gaps.slice(0, path.length) };
      // a tile of a picture, not of one of its steps, stays the picture as it was last edited
      if (value.tiles.length === path.length) times = { ...times, path: value.tiles.map((/** @type {Slot} */ one, /** @type {number} */ i) => ({ ...one, node: path[i].node ?? null })) };
    }
    if (Array.isArray(value.sliders)) showSliders();
    if (['empty', 'error'].includes(value.state)) theirs.frames = [];
    draw();
    screen.show({ frames: theirs.frames, count: theirs.count, seconds: theirs.seconds, loop: times.back });
    if (value.state === 'working') queueMicrotask(() => send('input')); // the others
  }

  function draw() {
    const kind = picked('animate-kind');
    part('slider').disabled = kind !== 'slider';
    if (isPeople()) line.show(times);
    else line.showEnds(ends(), lengthText(Number(part('length').value)), times.back);
    part('timeline-hint').hidden = !isPeople() || times.path.length > 1;
    drawLength();
    drawState();
    drawExport();
  }

  const ends = () => theirs.ends.map((/** @type {string} */ src, /** @type {number} */ i) => ({ src, name: (picked('animate-kind') === 'change' ? ['before', 'after'] : ['−100', '+100'])[i] }));

  function drawLength() {
    if (isPeople() && lengthOf(times) && !isLengthHeld) part('length').value = String(lengthOf(times));
    part('length-said').value = lengthText(Number(part('length').value));
  }

  function drawState() {
    const { state, progress } = theirs;
    handed.element.querySelector('.animate').dataset.state = state;
    part('message').hidden = !['empty', 'error'].includes(state);
    part('said').textContent = ['empty', 'error'].includes(state) ? theirs.line : '';
    part('bake').hidden = state !== 'error' || !theirs.bake;
    const many = chosen().length;
    part('chosen').hidden = state !== 'empty' || !isPeople() || many < 2;
    part('chosen').textContent = `Use the ${many} chosen pictures`;
    part('change').hidden = state !== 'empty' || !isPeople();
    part('progress').hidden = !['working', 'saving'].includes(state);
    part('progress').max = progress?.total || 1;
    part('progress').value = progress?.done || 0;
    part('line').textContent = ['saving', 'done'].includes(state) ? theirs.line : '';
  }

  function drawExport() {
    const type = picked('animate-type');
    const saving = theirs.state === 'saving';
    part('export').textContent = saving ? 'Stop' : `Export ${type}`;
    part('export').disabled = !saving && !theirs.frames.length;
    const scales = theirs.side ? [1, 2, 4, 8].map((scale) => scale * theirs.side) : [];
    const options = scales.map((px) => [String(px), `${px} px`]);
    if (theirs.photo && !isPeople()) options.unshift([WHOLE_PHOTO, 'Whole photo']);
    const have = [...part('size').options].map((/** @type {HTMLOptionElement} */ one) => one.value).join();
    if (have === options.map(([value]) => value).join()) return;
    part('size').replaceChildren(...options.map(([value, text]) => made('option', { value }, text)));
    const usual = options.some(([value]) => value === WHOLE_PHOTO) ? WHOLE_PHOTO : String(4 * theirs.side);
    part('size').value = options.some(([value]) => value === size) ? size : usual;
  }

  function showSliders() {
    const select = /** @type {HTMLSelectElement} */ (part('slider'));
    const names = theirs.sliders.map((/** @type {any} */ one) => one.name).join();
    if ([...select.options].map((one) => one.value).join() === names) return;
    const before = select.value;
    select.replaceChildren(...theirs.sliders.map((/** @type {any} */ one) => made('option', { value: one.name }, capital(one.title))));
    select.value = theirs.sliders.some((/** @type {any} */ one) => one.name === before) ? before : (theirs.sliders.find((/** @type {any} */ one) => one.name === 'smile') || theirs.sliders[0])?.name || '';
  }

  const chosen = chosenSlots(part('chosen'), () => { useChosen(); set(); });
  const useChosen = () => { for (const slot of chosen()) times = inserted(times, times.path.length, slot); };

  const pickKind = (/** @type {string} */ kind) => { for (const one of inputs('animate-kind')) one.checked = one.value === kind; };
  for (const one of inputs('animate-kind')) one.addEventListener('change', () => { theirs.frames = []; theirs.ends = []; size = ''; set(); });
  for (const one of inputs('animate-ease')) one.addEventListener('change', set);
  for (const one of inputs('animate-type')) one.addEventListener('change', () => { drawExport(); send(''); });
  part('slider').addEventListener('change', set);
  part('size').addEventListener('change', () => { size = part('size').value; send(''); });
  part('back').addEventListener('change', () => setBack(part('back').checked));
  part('length').addEventListener('input', () => { isLengthHeld = true; part('length-said').value = lengthText(Number(part('length').value)); });
  part('length').addEventListener('change', () => { isLengthHeld = false; times = withLength(times, Number(part('length').value)); set(); });
  part('change').addEventListener('click', () => { pickKind('change'); set(); });
  part('bake').addEventListener('click', () => { send('edit'); change({ place: 'edit', tool: 'brush' }); });
  part('export').addEventListener('click', () => {
    if (theirs.state === 'saving') { send('clear'); return; }
    part('menu').hidden = true;
    Object.assign(theirs, { state: 'saving', line: 'Exporting…', progress: null });
    draw();
    send('submit');
  });
  part('more').addEventListener('click', () => {
    part('menu').hidden = !part('menu').hidden;
    part('more').setAttribute('aria-expanded', String(!part('menu').hidden));
  });
  const look = () => {
    if (!isOpen()) { screen.pause(); return; }
    if (!times.path.length && isPeople() && chosen().length > 1) useChosen();
    if (theirs.state !== 'saving') set();
  };
  hear('place', look);
  hear('chosen', () => drawState());
  onOtherDomain(() => { times = { ...times, path: [], gaps: [] }; theirs.frames = []; theirs.ends = []; if (isOpen()) set(); else { turn += 1; send(''); } });
  document.addEventListener('idgan:changed', () => { if (isOpen() && !isPeople()) look(); }); // another picture is shown
  const send = exchange(handed, said, receive);
  draw();
  screen.show({ frames: [], count: 0, seconds: 0, loop: true });
  look();
}
