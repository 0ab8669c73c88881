import assert from 'node:assert/strict';
import test from 'node:test';

const found = new Set();
globalThis.document = Object.assign(new EventTarget(), { querySelector: (selector) => (found.has(selector) ? {} : null) });
class Field extends EventTarget {
  closest() { return this; }
}
globalThis.Element = Field;
const { endsByEscape } = await import('../../../editor/ui/modules/escape.js');

const standing = new Set();
const ended = [];
for (const name of ['hints', 'proposal', 'comparison']) { // in whatever order they come
  endsByEscape(name, () => { if (standing.has(name)) ended.push(name); return standing.delete(name); });
}

/** Press a key, and return what ended by it. */
function press(key = 'Escape', { target = globalThis.document, ...values } = {}) {
  ended.length = 0;
  const event = Object.assign(new Event('keydown', { cancelable: true }), { key, ...values });
  Object.defineProperty(event, 'target', { value: target });
  globalThis.document.dispatchEvent(event);
  return [[...ended], event.defaultPrevented];
}

test('one press ends one thing: the comparison, then the proposal, then the hints', () => {
  for (const name of ['hints', 'proposal', 'comparison']) standing.add(name);
  assert.deepEqual(press(), [['comparison'], true]);
  assert.deepEqual(press(), [['proposal'], true]);
  assert.deepEqual(press('Escape', { repeat: true }), [[], false]);
  assert.deepEqual(press(), [['hints'], true]);
  assert.deepEqual(press(), [[], false]);
});

test('what closes a dialogue or a popover ends nothing else', () => {
  standing.add('hints');
  for (const selector of ['dialog[open]', ':popover-open']) {
    found.add(selector);
    assert.deepEqual(press(), [[], false]);
    found.delete(selector);
  }
  assert.deepEqual(press('Enter'), [[], false]);
  assert.deepEqual(press('Escape', { target: new Field() }), [[], false]); // a text that is typed
  assert.deepEqual(press(), [['hints'], true]);
});
