// Photos that a visitor gives: dropped anywhere, pasted anywhere, chosen, taken.

import { typing } from './keys.js';
import { change, hear, now, tell } from './page_state.js';

export const READ = 'Photos: JPEG, PNG, WebP, HEIC, AVIF, TIFF.';
const PHOTO = /\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|avif|heic|heif)$/i; // browsers know no type for some of these
const KINDS = [
  { is: 'a video', type: /^video\//, suffix: /\.(mp4|mov|avi|mkv|webm|m4v|3gp)$/i },
  { is: 'a sound', type: /^audio\//, suffix: /\.(mp3|wav|m4a|flac|ogg)$/i },
  { is: 'a PDF', type: /^application\/pdf$/, suffix: /\.pdf$/i },
  { is: 'a drawing', type: /^image\/svg/, suffix: /\.svgz?$/i },
  { is: 'an archive', type: /^application\/(zip|x-(7z|rar|tar).*|gzip)$/, suffix: /\.(zip|7z|rar|tar|gz)$/i },
  { is: 'a document', type: /^(text\/|application\/(msword|rtf|json|vnd\.))/, suffix: /\.(txt|docx?|xlsx?|pptx?|rtf|html?|csv|json|md)$/i },
];
const MOST_BYTES = 100 * 2 ** 20; // as the server's media.images

/**
 * Say in a sentence why a file is no photo, or return an empty text. Where it cannot be told, the server will.
 * @param {{name: string, type: string, size: number}} file
 * @returns {string}
 */
export function refusal({ name, type, size }) {
  const shown = name.length > 60 ? `${name.slice(0, 40)}…${name.slice(-15)}` : name || 'This file';
  if (!size) return `${shown} is empty.`;
  if (size > MOST_BYTES) return `${shown} is larger than 100 MB. Make it smaller first.`;
  if (PHOTO.test(name)) return '';
  const kind = KINDS.find((one) => one.type.test(type) || one.suffix.test(name));
  return kind ? `${shown} is ${kind.is}. ${READ}` : '';
}

/**
 * Say what becomes of files: one photo is opened; several, and saved settings, are for the library.
 * @param {Iterable<File>} files
 * @returns {{file: File | null, many: File[], why: string}} why: of the first that is no photo
 */
export function chosen(files) {
  const all = [...files];
  const photos = all.filter((one) => !refusal(one));
  const wrong = all.find((one) => refusal(one));
  const forLibrary = photos.length > 1 || photos.some((one) => /\.npz$/i.test(one.name)); // it opens settings as well
  return { file: photos.length === 1 && !forLibrary ? photos[0] : null, many: forLibrary ? all : [], why: wrong ? refusal(wrong) : '' };
}

/**
 * Hear of every photo that is given: dropped or pasted anywhere, chosen, taken. It is opened in Edit; what is given
 * to the library stays there.
 * @param {HTMLElement} element of the stage, with `[data-open]`, `[data-paste]`, and inputs of files
 * @param {(file: File) => void} give
 * @param {(why: string) => void} refuse
 */
export function listenForPhotos(element, give, refuse) {
  /** @param {Iterable<File>} files */
  const take = (files) => {
    const looks = [...files].find((one) => /\.json$/i.test(one.name)); // as Save gives them
    if (looks && [...files].length === 1) { tell('bring-looks', looks); return; }
    const { file, many, why } = chosen(files);
    if (many.length) {
      tell('add-photos', many);
      const what = many.length > 1 ? `the ${many.length} files` : many[0].name;
      if (now().place !== 'library') tell('said', { text: `The library reads ${what}.` });
      change({ place: 'library' });
      return;
    }
    if (!file && !why) return;
    change({ place: 'edit' });
    if (!file) { refuse(why); return; }
    give(file);
    if (why) tell('said', { text: why, bad: true });
  };
  /** @param {Iterable<File>} files */
  const given = (files) => { if (now().place === 'library') tell('add-photos', [...files]); else take(files); };
  const input = /** @type {HTMLInputElement} */ (element.querySelector('input.open'));
  const open = () => input.click();
  hear('open-photo', open); // of other parts of the page
  for (const each of element.querySelectorAll('input[type=file]')) {
    const own = /** @type {HTMLInputElement} */ (each);
    own.addEventListener('change', () => { take(own.files || []); own.value = ''; });
  }
  for (const button of element.querySelectorAll('[data-open]')) button.addEventListener('click', open);
  listenForDrops(element, given);

  document.addEventListener('paste', (event) => {
    if (typing(event.target) || document.querySelector('dialog[open]')) return;
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    given(files);
  });
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (element.querySelectorAll('[data-paste]'))) {
    button.hidden = !navigator.clipboard?.read; // only a page of localhost or https has it
    button.addEventListener('click', async () => {
      try {
        take(await pasted());
      } catch {
        refuse('The browser does not let the page read the clipboard. Press Ctrl+V instead.');
      }
    });
  }
}

/** @returns {Promise<File[]>} */
async function pasted() {
  const files = [];
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((one) => one.startsWith('image/'));
    if (type) files.push(new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type }));
  }
  if (!files.length) throw new Error('no picture');
  return files;
}

/**
 * Let files be dropped anywhere. What a part of the page has not taken itself never makes the browser leave the page.
 * @param {HTMLElement} element of the stage, which is marked
 * @param {(files: Iterable<File>) => void} take
 */
function listenForDrops(element, take) {
  /** @param {DragEvent} event */
  const free = (event) => !event.defaultPrevented && event.dataTransfer?.types.includes('Files');
  const isOver = () => Boolean(document.querySelector('dialog[open]')); // what lies under it takes nothing
  let ending = 0;
  /** @param {boolean} on */
  const mark = (on) => element.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    if (!free(event)) return;
    event.preventDefault();
    if (isOver()) {
      /** @type {DataTransfer} */ (event.dataTransfer).dropEffect = 'none';
      return;
    }
    clearTimeout(ending); // it is told every 50 ms while the file is over the page
    ending = window.setTimeout(mark, 200, false);
    mark(true);
  });
  document.addEventListener('drop', (event) => {
    mark(false);
    if (!free(event)) return;
    event.preventDefault();
    if (!isOver()) take(event.dataTransfer?.files || []);
  });
}
