// The tool Blend: a base, pictures to take from, three sliders, and the grid of all combinations.
import { hear } from './page_state.js';
import { proposals } from './proposals.js';
import { added, chosenSlots, onOtherDomain, slotRow } from './slots.js';
import { exchange, made, partsOf } from './value_exchange.js';

const MOST = 6;

/** @typedef {import('./slots.js').Slot} Slot */

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start(handed) {
  const part = partsOf(handed.element);
  const sliders = /** @type {HTMLInputElement[]} */ ([...handed.element.querySelectorAll('input[type=range]')]);
  /** @type {{from: Slot[], bases: Slot[], style: number, cell: any, turn: number}} */
  const mine = { from: [], bases: [], style: 0, cell: null, turn: 0 };
  /** @type {Slot|null} */
  let base = null;
  const dialog = /** @type {HTMLDialogElement} */ (part('grid'));
  const proposal = proposals('blend', (standing) => { part('keep').disabled = !standing; });
  const shown = () => base?.picture || '';

  const bare = (/** @type {Slot} */ { picture, node }) => ({ picture, node: node ?? null });
  const said = () => ({
    from: mine.from.map(bare), bases: mine.bases.map(bare), style: mine.style, cell: mine.cell, turn: mine.turn,
    strengths: sliders.map((slider) => Number(slider.value)),
  });

  const showFrom = slotRow(part('from'), {
    most: MOST, label: 'Take from', hint: 'Drop a picture', shown,
    changed: (list) => { mine.from = list; mine.style = Math.max(0, list.length - 1); set(); },
    pick: (index) => { mine.style = index; set(); },
  });
  const showBases = slotRow(part('base'), {
    most: MOST - 1, label: 'Base', fixed: true, shown,
    changed: (list) => { mine.bases = list; set(); },
  });

  function draw() {
    showFrom(mine.from, mine.style);
    showBases(mine.bases, -1, base);
    part('combine').disabled = part('save').disabled = !mine.from.length;
    const many = chosen().length;
    part('chosen').hidden = !many;
    part('chosen').textContent = many === 1 ? 'Use the chosen picture' : `Use the ${many} chosen pictures`;
  }

  function set() {
    mine.turn += 1;
    draw();
    send('input');
  }

  function receive(/** @type {any} */ value) {
    const late = Number.isInteger(value.turn) && value.turn !== mine.turn;
    if (value.turn === undefined) mine.turn += 1; // the server sets the lists; no answer that is late undoes it
    if (value.base !== undefined) base = value.base;
    if (!late) for (const name of /** @type {const} */ (['from', 'bases'])) if (Array.isArray(value[name])) mine[name] = value[name];
    if (!late && Number.isInteger(value.style)) mine.style = value.style;
    if (value.grid) showGrid(value.grid);
    if (value.proposal !== undefined) proposal.set(mine.from.length ? value.proposal : null);
    if (proposal.standing() && proposal.standing()?.picture !== shown()) proposal.set(null);
    draw();
  }

  function showGrid(/** @type {{rows: string[][], whole: boolean}} */ grid) {
    const bases = [base, ...mine.bases];
    const head = made('tr', {}, made('td'), ...mine.from.map((one) => made('th', { scope: 'col' }, picture(one))));
    const rows = grid.rows.map((cells, row) => made('tr', {}, made('th', { scope: 'row' }, picture(bases[row])), ...cells.map((src, column) => {
      const label = `${bases[row]?.name || 'base'} with ${mine.from[column]?.name || 'picture'}`;
      const button = made('button', { type: 'button', className: 'cell', title: label, 'aria-label': label, onclick: () => choose(row, column) },
        made('img', { src, alt: '' }));
      return made('td', {}, button);
    })));
    part('table').replaceChildren(head, ...rows);
    part('making').hidden = grid.whole;
  }

  const picture = (/** @type {Slot|null} */ slot) => made('img', { src: slot?.src || '', alt: slot?.name || '' });

  // A cell of the shown base is the proposal; one of another base shows that one first.
  function choose(/** @type {number} */ row, /** @type {number} */ column) {
    dialog.close();
    mine.style = column;
    mine.cell = { row, column };
    if (row === 0) { set(); return; }
    mine.turn += 1;
    send('select');
    if (base) mine.bases = mine.bases.map((one, index) => (index === row - 1 ? /** @type {Slot} */ (base) : one));
    send('');
  }

  const chosen = chosenSlots(part('chosen'), () => {
    const next = chosen().reduce((list, slot) => added(list, slot, MOST), mine.from);
    if (next === mine.from) return;
    mine.from = next;
    mine.style = next.length - 1;
    set();
  });
  sliders.forEach((slider) => {
    const read = () => { /** @type {any} */ (slider.nextElementSibling).value = slider.value; };
    slider.addEventListener('input', () => { read(); mine.turn += 1; send('input'); });
    slider.addEventListener('dblclick', () => { slider.value = slider.defaultValue; read(); set(); });
    read();
  });
  part('combine').addEventListener('click', () => {
    part('table').replaceChildren();
    part('making').hidden = false;
    if (!dialog.open) dialog.showModal();
    send('apply');
  });
  part('save').addEventListener('click', () => send('download'));
  part('close').addEventListener('click', () => dialog.close());
  part('keep').addEventListener('click', () => { part('keep').disabled = true; send('submit'); });
  const look = () => { if (proposal.open()) send('expand'); };
  hear('tool', look);
  hear('place', look);
  hear('chosen', draw);
  onOtherDomain(() => {
    Object.assign(mine, { from: [], bases: [], style: 0, turn: mine.turn + 1 });
    proposal.set(null);
    draw();
    send(proposal.open() ? 'input' : '');
  });
  document.addEventListener('idgan:changed', look); // another picture is shown, or this one otherwise
  const send = exchange(handed, said, receive);
  draw();
  look();
}
