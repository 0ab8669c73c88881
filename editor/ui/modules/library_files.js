// Files that are given to the library: by its buttons, or dropped on it.
import { MOST_PHOTOS, sorted } from './library_text.js';
import { hear, tell } from './page_state.js';

/**
 * @typedef {{path: string, name: string}} Given
 * @typedef {(event: string, given: Given[]) => void} Send
 */

/**
 * Photos that are given while others are read: they wait, and are sent when those have been.
 * @param {(given: Given[]) => void} send
 */
export function photosInTurn(send) {
  /** @type {Given[][]} */
  let held = [];
  let busy = false;
  const go = () => {
    const next = held.shift();
    if (next) send(next);
  };
  return {
    /** @param {Given[]} given */
    give(given) { held.push(given); if (!busy) go(); },
    /** @param {boolean} now whether a job of the library is at work, as its newest value says */
    works(now) { busy = now; if (!busy) go(); },
    /** Names of those that wait. */
    get names() { return held.flat().map((one) => one.name.replace(/\.[^.]*$/, '')); },
    /** Let them go. @returns {number} how many they were */
    drop() { const count = held.flat().length; held = []; return count; },
  };
}

/**
 * Listen for files.
 * @param {HTMLElement} root of the library
 * @param {(file: File) => Promise<{path: string}>} upload
 * @param {Send} send with "upload" for photos, "expand" for a project
 * @param {(text: string) => void} line says how far the upload is
 */
export function takeFiles(root, upload, send, line) {
  const take = async (/** @type {File[]} */ files) => {
    const { photos, project, left } = sorted(files);
    if (left) tell('said', { text: `${MOST_PHOTOS} photos go at once; ${left} were left out.`, bad: true });
    const wanted = project && !photos.length ? [project] : photos;
    /** @type {Given[]} */
    const given = [];
    for (const [index, file] of wanted.entries()) {
      line(wanted.length > 1 ? `Loading ${index + 1} of ${wanted.length}` : 'Loading');
      try {
        given.push({ path: (await upload(file)).path, name: file.name });
      } catch (error) {
        tell('said', { text: `${file.name} could not be taken: ${/** @type {Error} */ (error).message}.`, bad: true });
      }
    }
    line('');
    if (given.length) send(wanted[0] === project ? 'expand' : 'upload', given);
  };
  hear('add-photos', take); // that were given elsewhere
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll('input[type=file]'))) {
    input.addEventListener('change', () => {
      const files = [...(input.files || [])];
      input.value = ''; // so that the same file can be given again
      take(files);
    });
  }
  for (const button of root.querySelectorAll('[data-picks]')) {
    const input = root.querySelector(`input.${/** @type {HTMLElement} */ (button).dataset.picks}`);
    button.addEventListener('click', () => /** @type {HTMLInputElement} */ (input).click());
  }
  const hasFiles = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types || [])].includes('Files');
  root.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    root.classList.add('dropping');
  });
  root.addEventListener('dragleave', (event) => {
    if (!root.contains(/** @type {Node|null} */ (event.relatedTarget))) root.classList.remove('dropping');
  });
  root.addEventListener('drop', (event) => {
    root.classList.remove('dropping');
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation(); // it is not the stage's
    take([...(event.dataTransfer?.files || [])]);
  });
}
