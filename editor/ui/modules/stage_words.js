// What the stage says: its states in words, and the parts of it that show them.

import { READ } from './photo_files.js';

/**
 * @typedef {{domain: string, title: string, subject: string}} Suggestion  a domain that fits the photo better
 * @typedef {'empty' | 'frame' | 'working' | 'done' | 'error'} State
 * @typedef {{
 *   picture: string, node: number, number: number, version: string, name: string, resolution: number, subject: string, subjects: string[],
 *   photo: import('./stage_photo.js').Photo | null, crop: import('./composite.js').Crop | null,
 *   reference: string, after: string, mask: string, composed: string,
 *   faces: (import('./composite.js').Crop & {confidence: number, picture: string})[], marks: Record<string, [number, number]> | null,
 *   moves: Record<string, number>, state: State, line: string, notice?: string, likeness: string, advice: string,
 *   progress: {done: number, total: number, seconds: number} | null, turn: number, examples: string[], visit: string,
 *   domain: string, before: string, others: import('./stage_photo.js').Other[], compare: boolean, suggest: Suggestion | null,
 * }} StageValue  as `editor.ui.components.stage` describes it
 */

/** @type {StageValue} */
export const NOTHING = {
  picture: '', node: 0, number: 0, version: '', name: '', resolution: 0, subject: '', subjects: [], photo: null, crop: null, reference: '',
  after: '', mask: '', composed: '', faces: [], marks: null, moves: {}, state: 'empty', line: '', likeness: '', advice: '',
  progress: null, turn: 0, examples: [], visit: '', domain: '', before: '', others: [], compare: false, suggest: null,
};

/**
 * Say what is being done.
 * @param {Pick<StageValue, 'line' | 'progress'>} value
 */
export function workingLine({ line, progress }) {
  if (line) return line;
  if (!progress || !(progress.seconds > 0)) return 'Refining likeness…';
  const seconds = Math.max(1, Math.round(progress.seconds));
  return `Refining likeness… about ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`;
}

/**
 * Say how like the picture is, and what that means where it is a warning.
 * @param {string} likeness
 * @returns {{text: string, warning: string}}
 */
export function likenessLine(likeness) {
  if (!likeness) return { text: '', warning: '' };
  const warns = likeness === 'fair' || likeness === 'poor';
  return { text: `Likeness: ${likeness}${warns ? '. ' : ''}`, warning: warns ? 'Small details will drift.' : '' };
}

/**
 * Say what went wrong, and what can be read.
 * @param {string} line
 */
export const errorLine = (line) => (/cannot be read/.test(line) && !line.includes('JPEG') ? `${line} ${READ}` : line);

/**
 * Say what the empty stage takes.
 * @param {string[]} subjects such as "face"
 * @param {string} host that serves the page
 */
export function takesLine(subjects, host) {
  const text = subjects.filter(Boolean).join(' or ');
  const parts = [text && text[0].toUpperCase() + text.slice(1), /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host) && 'stays on this computer'];
  return parts.filter(Boolean).join(' · ');
}

/**
 * Describe the picture to who does not see it.
 * @param {StageValue} value
 */
export function description({ name, subject, moves, photo, picture, state }) {
  if (!picture || state === 'empty') return 'No picture yet';
  const moved = Object.entries(moves).filter(([, by]) => by).map(([slider, by]) => `${slider} ${by > 0 ? '+' : '−'}${Math.abs(by).toFixed(1)}`);
  const what = name || `A ${subject || 'picture'}`;
  return `${what}${photo ? '' : ', generated'}${moved.length ? `, edited: ${moved.join(', ')}` : ', not edited'}`;
}

/**
 * Return whether a photo is shown that can be turned and framed anew.
 * @param {StageValue} value
 */
export const isTurnable = ({ photo, picture, crop, state }) => Boolean(photo && picture && crop) && state !== 'frame' && state !== 'empty';

/**
 * Show a state in words.
 * @param {HTMLElement} element of the stage
 * @param {StageValue} value
 * @param {(index: number) => void} tried an example is chosen
 */
export function sayState(element, value, tried) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const { state } = value;
  const working = state === 'working';
  element.dataset.state = state;
  find('.empty .for').textContent = takesLine(value.subjects.length ? value.subjects : [value.subject], location.hostname);
  showTries(find('.tries'), value.examples, tried);
  const asking = find('.asking');
  asking.hidden = state !== 'frame';
  find('.asking p').textContent = value.line || `Is this the ${value.subject || 'part'}? Drag the frame onto it.`;
  find('.asking .primary').textContent = `Use this ${value.subject || 'part'}`;

  const { text, warning } = likenessLine(value.likeness);
  const known = !working && state !== 'frame' && Boolean(value.picture);
  find('.says').setAttribute('aria-live', working ? 'off' : 'polite'); // no countdown is read out
  setText(find('.says span'), working ? workingLine(value) : known ? text : '');
  setText(find('.says .more'), known ? warning : '');
  find('.says').classList.toggle('warns', known && warning !== '');
  find('.stop').hidden = !working || !value.picture && !value.progress;
  find('.advice-open').hidden = !known || !text || warning !== '' || !(value.advice || value.reference);
  find('.model-open').hidden = !known || !(warning || !text) || !value.reference || !value.photo;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll('.of-photo'))) part.hidden = !isTurnable(value);
  find('.size').textContent = value.photo ? `${value.photo.width}×${value.photo.height}` : '';
  find('.advice p').textContent = value.advice || 'Small details may drift; what is not edited stays the photo’s own.';
  find('.advice figure').hidden = !value.reference;
  const model = /** @type {HTMLImageElement} */ (find('.advice img'));
  if (value.reference && model.getAttribute('src') !== value.reference) model.src = value.reference;

  const refine = find('.refine');
  refine.hidden = !working;
  const { done, total } = value.progress || { done: 0, total: 0 };
  refine.classList.toggle('unknown', !total);
  /** @type {HTMLElement} */ (refine.firstElementChild).style.width = total ? `${Math.min(100, (100 * done) / total)}%` : '';
  if (state === 'error') notice(element, errorLine(value.line || 'This did not work. Try again.'));
}

/**
 * Show a sentence over the picture, or take it away.
 * @param {HTMLElement} element of the stage
 * @param {string} text
 */
export function notice(element, text) {
  const bar = /** @type {HTMLElement} */ (element.querySelector('.notice'));
  bar.hidden = !text;
  setText(/** @type {HTMLElement} */ (bar.querySelector('p')), text);
}

/** Change a text only where it is another, so that it is read aloud once. @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {HTMLElement} box
 * @param {string[]} examples
 * @param {(index: number) => void} tried
 */
function showTries(box, examples, tried) {
  const key = examples.map((one) => `${one.length} ${one.slice(-24)}`).join();
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.hidden = !examples.length;
  box.querySelector('.row')?.replaceChildren(...examples.map((source, index) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', onclick: () => tried(index) });
    button.setAttribute('aria-label', `Try example ${index + 1}`);
    button.append(Object.assign(new Image(), { src: source, alt: '', draggable: false }));
    return button;
  }));
}
