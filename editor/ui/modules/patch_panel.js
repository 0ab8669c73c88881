// The tool Patch: where a patch comes from, what it is, what it is put on; the stage drags it.
import { hear, tell } from './page_state.js';
import { patchCanvas } from './patch_canvas.js';
import { proposals } from './proposals.js';
import { onOtherDomain, slotRow } from './slots.js';
import { exchange, made, partsOf } from './value_exchange.js';

const MOST = 4;

/** @typedef {import('./slots.js').Slot} Slot */

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start(handed) {
  const part = partsOf(handed.element);
  /** @type {{source: Slot|null, on: Slot[], kind: string, offset: number[], result: number, turn: number}} */
  const mine = { source: null, on: [], kind: 'face', offset: [0, 0], result: 0, turn: 0 };
  /** @type {{base: Slot|null, square: string, kinds: {name: string, title: string, mask: string}[], working: boolean}} */
  const theirs = { base: null, square: '', kinds: [], working: false };
  let painted = ''; // a grey PNG as a data URI
  let erases = false;
  let isPlaced = false; // the stage shows the patch
  const proposal = proposals('patch', (standing) => { part('keep').disabled = !standing || theirs.working; });
  const shown = () => theirs.base?.picture || '';
  const size = /** @type {HTMLInputElement} */ (part('size'));
  const steps = /** @type {HTMLInputElement} */ (part('steps'));

  const bare = (/** @type {Slot} */ { picture, node }) => ({ picture, node: node ?? null });
  const said = () => ({
    source: mine.source && bare(mine.source), on: mine.on.map(bare), kind: mine.kind, mask: mine.kind === 'paint' ? painted : '',
    offset: mine.offset, steps: Number(steps.value), result: mine.result, turn: mine.turn,
  });

  const showSource = slotRow(part('source'), {
    most: 1, label: 'Take a patch from', hint: 'Drop a picture', shown,
    changed: (list) => { mine.source = list[0] || null; theirs.square = ''; wipe(); set(); },
  });
  const showOn = slotRow(part('on'), {
    most: MOST - 1, label: 'Put on', fixed: true, shown, changed: (list) => { mine.on = list; set(); },
  });
  const paint = patchCanvas(part('canvas'), {
    erases: () => erases,
    radius: () => Number(size.value) / 200,
    done: () => { painted = paint.mask(); set(); },
  });

  const mask = () => (mine.kind === 'paint' ? painted : theirs.kinds.find((one) => one.name === mine.kind)?.mask || '');

  // Tell the stage which patch lies over the picture, and where.
  function place() {
    const there = proposal.open() && theirs.square && mask() && !proposal.standing() && !theirs.working;
    if (!there && !isPlaced) return;
    isPlaced = Boolean(there);
    tell('patch', there ? { picture: theirs.square, mask: mask(), offset: mine.offset } : null);
  }

  function draw() {
    showSource(mine.source ? [mine.source] : []);
    showOn(mine.on, -1, theirs.base);
    drawKinds();
    part('painting').hidden = mine.kind !== 'paint' || !theirs.square;
    if (part('square').getAttribute('src') !== theirs.square) part('square').src = theirs.square;
    const ready = Boolean(mine.source && mask());
    part('run').hidden = theirs.working;
    part('run').disabled = !ready;
    part('working').hidden = !theirs.working;
    part('keep').disabled = !proposal.standing() || theirs.working;
    part('hint').textContent = hint(ready);
  }

  function hint(/** @type {boolean} */ ready) {
    if (theirs.working) return '';
    if (!mine.source) return 'Drop the picture that has what you want.';
    if (!ready) return 'Paint the patch on it.';
    return proposal.standing() ? 'Compare on the stage. Esc drops it.' : 'Drag the patch on the stage, then blend it in.';
  }

  function drawKinds() {
    const kinds = [...theirs.kinds, { name: 'paint', title: 'Paint' }];
    const have = [...part('kinds').querySelectorAll('button')].map((one) => one.dataset.kind);
    if (have.join() !== kinds.map((one) => one.name).join()) {
      part('kinds').replaceChildren(...kinds.map(({ name, title }) => made('button', {
        type: 'button', 'data-kind': name, onclick: () => { if (mine.kind !== name) { mine.kind = name; set(); } },
      }, title)));
    }
    for (const one of part('kinds').querySelectorAll('button')) one.setAttribute('aria-pressed', String(one.dataset.kind === mine.kind));
  }

  // What was set makes what is there of no use, and what is on its way.
  function set(event = 'input') {
    mine.turn += 1;
    if (theirs.working) { theirs.working = false; send('clear'); }
    proposal.set(null);
    clearResults();
    draw();
    place();
    send(event);
  }

  function receive(/** @type {any} */ value) {
    const late = Number.isInteger(value.turn) && value.turn !== mine.turn;
    if (value.base !== undefined) theirs.base = value.base;
    if (value.usual !== undefined && !Number.isInteger(value.turn)) steps.value = value.usual;
    if (Array.isArray(value.kinds)) theirs.kinds = value.kinds;
    if (theirs.kinds.length && mine.kind !== 'paint' && !theirs.kinds.some((one) => one.name === mine.kind)) mine.kind = theirs.kinds[0].name;
    if (!late && value.square !== undefined) theirs.square = value.square;
    if (!late && value.source !== undefined) mine.source = value.source;
    if (!late && Array.isArray(value.on)) mine.on = value.on;
    if (!late && value.state !== undefined) theirs.working = value.state === 'working';
    if (!late && value.progress !== undefined) showProgress(value.progress);
    if (!late && Array.isArray(value.results)) showResults(value.results, value.names || []);
    if (!late && value.proposal !== undefined) proposal.set(value.proposal?.picture === shown() ? value.proposal : null);
    if (proposal.standing() && proposal.standing()?.picture !== shown()) proposal.set(null);
    draw();
    place();
  }

  function showProgress(/** @type {{done: number, total: number, seconds: number|null}|null} */ progress) {
    part('bar').max = progress?.total || 1;
    part('bar').value = progress?.done || 0;
    const left = progress?.seconds;
    part('left').textContent = left === null || left === undefined ? 'Blending it in…' : `Blending it in… about ${Math.max(1, Math.ceil(left))} s`;
  }

  // Of several pictures each result is shown; a click makes it the one that the stage shows.
  function showResults(/** @type {string[]} */ sources, /** @type {string[]} */ names) {
    part('results').hidden = sources.length < 2;
    if (mine.result >= sources.length) mine.result = 0;
    const many = sources.length < 2 ? [] : sources;
    const row = part('results');
    while (row.children.length > many.length) row.lastElementChild.remove();
    many.forEach((src, index) => {
      const button = row.children[index] || row.appendChild(resultButton(index)); // a hand may be about to press it
      button.firstElementChild.src = src;
      button.title = names[index];
      button.setAttribute('aria-label', `Result on ${names[index]}`);
      button.setAttribute('aria-pressed', String(index === mine.result));
    });
  }

  const resultButton = (/** @type {number} */ index) => made('button', {
    type: 'button', className: 'result',
    onclick: () => {
      mine.result = index;
      for (const [i, one] of [...part('results').children].entries()) one.setAttribute('aria-pressed', String(i === index));
      send('select');
    },
  }, made('img', { alt: '' }));

  function clearResults() {
    mine.result = 0;
    showResults([], []);
  }

  part('run').addEventListener('click', () => {
    mine.result = 0;
    theirs.working = true;
    showProgress(null);
    draw();
    place();
    send('apply');
  });
  part('stop').addEventListener('click', () => send('clear'));
  part('keep').addEventListener('click', () => { part('keep').disabled = true; clearResults(); send('submit'); });
  const wipe = () => { paint.clear(); painted = ''; };
  part('clear').addEventListener('click', () => { wipe(); set(); });
  for (const name of ['brush', 'erase']) {
    part(name).addEventListener('click', () => {
      erases = name === 'erase';
      part('brush').setAttribute('aria-pressed', String(!erases));
      part('erase').setAttribute('aria-pressed', String(erases));
    });
  }
  const showSteps = () => { part('steps-said').value = steps.value; };
  steps.addEventListener('input', showSteps);
  steps.addEventListener('change', () => send(''));
  hear('patch-moved', (/** @type {any} */ moved) => {
    if (!Array.isArray(moved) || moved.length !== 2 || !moved.every(Number.isFinite)) return;
    mine.offset = moved.map((share) => Math.min(1, Math.max(-1, share)));
    send('');
  });
  const look = () => { place(); if (proposal.open() && !theirs.working) send('expand'); };
  hear('tool', look);
  hear('place', look);
  hear('proposal', () => { place(); draw(); });
  onOtherDomain(() => {
    Object.assign(mine, { source: null, on: [] });
    theirs.square = '';
    wipe();
    set(proposal.open() ? 'input' : '');
  });
  document.addEventListener('idgan:changed', look); // another picture is shown, or this one otherwise
  const send = exchange(handed, said, receive);
  showSteps();
  draw();
  look();
}
