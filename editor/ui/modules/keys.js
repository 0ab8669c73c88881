// Keys that hold everywhere in Edit. What a component does with a key of its own stays with it.

/** @typedef {{key: string, ctrlKey?: boolean, metaKey?: boolean, shiftKey?: boolean, altKey?: boolean}} Press */

/** What the help tells of the keys. */
export const TOLD = [
  ['1 – 4', 'Tools'],
  ['← →, Shift', 'Slider by 1, by 10'],
  ['↑ ↓', 'Slider before, after'],
  ['Backspace', 'Slider to 0; numbers can be typed'],
  ['Ctrl+Z, Ctrl+Shift+Z', 'Undo, redo'],
  ['C, held', 'See the photo'],
  ['Y, Shift+Y', 'Split, side by side'],
  ['D', 'What has changed'],
  ['E', 'Explore'],
  ['F, 0, 9', 'Face, whole photo, 100%'],
  ['H, O', 'Handles on the face, painted part'],
  ['L', 'Grey around the picture'],
  ['[ ], X', 'Size of the brush, erase'],
  ['Ctrl+S, Ctrl+Shift+S', 'Save, save as'],
  ['Ctrl+O, Ctrl+V', 'Open, paste a photo'],
  ['Ctrl+Shift+C, Ctrl+Shift+V', 'Copy, paste settings'],
  ['?', 'This help'],
];
const TOOLS = ['sliders', 'brush', 'blend', 'patch'];

/**
 * Return what a key asks for: a name and a value to tell, or null.
 * @param {Press} press
 * @param {string} place that is open
 * @param {boolean} [isTyped] it goes into a field that is typed in, which keeps letters, undo, and what it copies and pastes
 * @returns {[string, any] | null}
 */
export function asked(press, place, isTyped = false) {
  const key = press.key.toLowerCase();
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    if (key === 's') return [press.shiftKey ? 'save-as' : 'save', null];
    if (key === 'o' && !press.shiftKey) return ['open-photo', null];
    if (isTyped) return null;
    if (key === 'v' && press.shiftKey && place === 'library') return ['paste-chosen', null];
    if (place !== 'edit') return null;
    if (key === 'z') return [press.shiftKey ? 'press-redo' : 'press-undo', null];
    if (key === 'y') return ['press-redo', null];
    if (key === 'c' && press.shiftKey) return ['copy-settings', null];
    if (key === 'v' && press.shiftKey) return ['paste-settings', null];
    return null;
  }
  if (isTyped) return null;
  if (press.key === '?') return ['help', null];
  if (place !== 'edit') return null;
  if (key === 'e') return ['explore', null];
  const tool = TOOLS[Number(key) - 1];
  return tool ? ['open-tool', tool] : null;
}

/**
 * Return whether keys go into a field that is typed in.
 * @param {EventTarget | null} target
 */
export function typing(target) {
  return target instanceof Element
    && Boolean(target.closest('textarea, select, [contenteditable=true], input:not([type=range], [type=radio], [type=checkbox], [type=button], [type=submit], [type=file])'));
}
