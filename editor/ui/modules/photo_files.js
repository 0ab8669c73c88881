// Photos that a visitor gives: dropped anywhere, pasted anywhere, chosen, taken.

import { hear, now } from './page_state.js';
import { typing } from './viewer_gestures.js';

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
  const kind = KINDS.find((one) => (type ? one.type.test(type) : one.suffix.test(name)));
  return kind ? `${shown} is ${kind.is}. ${READ}` : '';
}

/**
 * Return the first file that may be a photo, or else why the first is none.
 * @param {Iterable<File>} files
 * @returns {{file: File | null, why: string}}
 */
export function chosen(files) {
  const all = [...files];
  const file = all.find((one) => !refusal(one)) || null;
  return { file, why: file || !all.length ? '' : refusal(all[0]) };
}

/**
 * Hear of every photo that is given.
 * @param {HTMLElement} element of the stage, with `[data-open]`, `[data-paste]`, and inputs of files
 * @param {(file: File) => void} give
 * @param {(why: string) => void} refuse
 */
export function listenForPhotos(element, give, refuse) {
  /** @param {Iterable<File>} files */
  const take = (files) => {
    const { file, why } = chosen(files);
    if (file) give(file);
    else if (why) refuse(why);
  };
  const input = /** @type {HTMLInputElement} */ (element.querySelector('input.open'));
  const open = () => input.click();
  hear('open-photo', open); // of other parts of the page
  for (const each of element.querySelectorAll('input[type=file]')) {
    const own = /** @type {HTMLInputElement} */ (each);
    own.addEventListener('change', () => { take(own.files || []); own.value = ''; });
  }
  for (const button of element.querySelectorAll('[data-open]')) button.addEventListener('click', open);
  listenForDrops(element, take);

  document.addEventListener('paste', (event) => {
    if (now().place !== 'edit' || typing(event.target)) return;
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
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
 * @param {HTMLElement} element
 * @param {(files: Iterable<File>) => void} take
 */
function listenForDrops(element, take) {
  /** @param {DragEvent} event */
  const ours = (event) => !event.defaultPrevented && now().place === 'edit' && event.dataTransfer?.types.includes('Files')
    && !(event.target instanceof Element && event.target.closest('dialog, [data-drop]'));
  let ending = 0;
  /** @param {boolean} on */
  const mark = (on) => element.classList.toggle('dropping', on);
  document.addEventListener('dragover', (event) => {
    if (!ours(event)) return;
    event.preventDefault();
    clearTimeout(ending); // it is told every 50 ms while the file is over the page
    ending = window.setTimeout(mark, 200, false);
    mark(true);
  });
  document.addEventListener('drop', (event) => {
    mark(false);
    if (!ours(event)) return;
    event.preventDefault();
    take(event.dataTransfer?.files || []);
  });
}
