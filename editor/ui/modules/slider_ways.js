// Other ways to a slider: from photos, from directions of other programs, by surprise, from a file of one's own.
import { part } from './slider_sheet_parts.js';

/**
 * @typedef {{ask: (event: string, more?: Record<string, any>, meanwhile?: Record<string, any>) => void,
 *   upload: (file: File) => Promise<{path: string}>, say: (text: string) => void, fail: (text: string) => void}} Tools
 */

export const MOST = 100; // photos of both sides
const DIRECTIONS = /\.(npy|npz|pt|pth|safetensors)$/i; // as the server reads them
const METHODS = ['sefa', 'pca'];
/** @type {Record<string, [string, string]>} */
const SIDES = { folders: ['Has it', 'Has it not'], pairs: ['After', 'Before'] };

/**
 * Say what is wrong with the photos of both sides, or nothing.
 * @param {string} kind "folders" or "pairs"
 * @param {number} first
 * @param {number} second
 */
export function wrongWith(kind, first, second) {
  if (!first || !second) return 'Give photos on both sides.';
  if (first + second > MOST) return `At most ${MOST} photos at once.`;
  if (kind === 'pairs' && first !== second) return `${second} before and ${first} after do not make pairs.`;
  return '';
}

/**
 * Start the buttons under "Other ways".
 * @param {HTMLElement} dialog
 * @param {Tools} tools
 */
export function startWays(dialog, { ask, upload, say, fail }) {
  /** @type {Record<string, File[]>} */
  const files = { first: [], second: [] };
  const learn = /** @type {HTMLButtonElement} */ (part(dialog, '.learn'));
  let way = '';
  let method = 0;

  function showFiles() {
    ['first', 'second'].forEach((side, index) => {
      const drop = part(dialog, `.drop[data-side=${side}]`);
      part(drop, '.what').textContent = (SIDES[way] || SIDES.folders)[index];
      const many = files[side].length;
      part(drop, '.many').textContent = many ? `${many} file${many > 1 ? 's' : ''}` : 'Choose or drop files';
    });
    learn.disabled = Boolean(wrongWith(way, files.first.length, files.second.length));
    learn.title = learn.disabled ? wrongWith(way, files.first.length, files.second.length) : '';
  }

  const look = () => ask('play', { method: METHODS[method++ % METHODS.length] }, { found: [], ofFiles: false });

  /** @param {string} chosen */
  function open(chosen) {
    way = chosen === way ? '' : chosen;
    for (const choice of dialog.querySelectorAll('[data-way]')) {
      choice.setAttribute('aria-expanded', String(/** @type {HTMLElement} */ (choice).dataset.way === way));
    }
    part(dialog, '.pane.files').hidden = way !== 'folders' && way !== 'pairs';
    part(dialog, '.pane.file').hidden = way !== 'file';
    part(dialog, '.pane.surprise').hidden = way !== 'surprise';
    part(dialog, '.pane.mine').hidden = way !== 'mine';
    showFiles();
    if (way === 'surprise' && !part(dialog, '.surprise .found').children.length) look();
  }

  /** @param {File[]} list */
  async function sent(list) {
    const paths = [];
    for (const file of list) {
      say(`Sending ${file.name}…`);
      const { path } = await upload(file);
      paths.push({ path });
    }
    return paths;
  }

  async function learnFrom() {
    learn.disabled = true;
    try {
      const [first, second] = [await sent(files.first), await sent(files.second)];
      ask('upload', { kind: way, first, second }, { working: 'Reading the photos…' });
    } catch {
      fail('The files did not arrive. Try again.');
    }
    showFiles();
  }

  /** @param {File[]} list */
  async function readDirections(list) {
    if (!list.length) return;
    if (way !== 'file') open('file');
    try {
      ask('play', { method: 'files', first: await sent(list) }, { found: [], ofFiles: true, working: 'Reading the files…' });
    } catch {
      fail('The files did not arrive. Try again.');
    }
  }
  const directions = /** @type {HTMLInputElement} */ (part(dialog, '.pane.file input'));
  directions.addEventListener('change', () => {
    readDirections([...(directions.files || [])]);
    directions.value = '';
  });
  // anywhere on the sheet; the fields of photos take what is dropped on them
  dialog.addEventListener('dragover', (event) => event.preventDefault());
  dialog.addEventListener('drop', (event) => {
    event.preventDefault();
    const given = [...(event.dataTransfer?.files || [])];
    const fit = given.filter((one) => DIRECTIONS.test(one.name));
    if (given.length && !fit.length) fail(`${given[0].name} holds no directions. Give .npy, .npz or .pt.`);
    readDirections(fit);
  });

  for (const side of ['first', 'second']) {
    const drop = part(dialog, `.drop[data-side=${side}]`);
    const input = /** @type {HTMLInputElement} */ (part(drop, 'input'));
    input.addEventListener('change', () => { files[side] = [...(input.files || [])]; showFiles(); });
    drop.addEventListener('dragover', (event) => event.preventDefault());
    drop.addEventListener('drop', (event) => {
      event.preventDefault();
      event.stopPropagation();
      files[side] = [...(event.dataTransfer?.files || [])];
      showFiles();
    });
  }
  const file = /** @type {HTMLInputElement} */ (part(dialog, '.open-file input'));
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    if (!chosen) return;
    try {
      const [{ path }] = await sent([chosen]);
      ask('edit', { file: { path } }, { working: '' });
    } catch {
      fail('The file did not arrive. Try again.');
    }
    file.value = '';
  });
  learn.addEventListener('click', learnFrom);
  part(dialog, '.again').addEventListener('click', look);
  for (const choice of dialog.querySelectorAll('[data-way]')) {
    choice.addEventListener('click', () => open(String(/** @type {HTMLElement} */ (choice).dataset.way)));
  }
  showFiles();
}
