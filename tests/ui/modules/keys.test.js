import assert from 'node:assert/strict';
import test from 'node:test';

import { asked } from '../../../editor/ui/modules/keys.js';

const ctrl = (key, shiftKey = false) => ({ key, ctrlKey: true, shiftKey });

test('keys ask for what the help tells', () => {
  assert.deepEqual(asked(ctrl('s'), 'library'), ['save', null]);
  assert.deepEqual(asked(ctrl('S', true), 'edit'), ['save-as', null]);
  assert.deepEqual(asked(ctrl('z'), 'edit'), ['press-undo', null]);
  assert.deepEqual(asked(ctrl('Z', true), 'edit'), ['press-redo', null]);
  assert.deepEqual(asked(ctrl('o'), 'edit'), ['open-photo', null]);
  assert.deepEqual(asked({ key: '3' }, 'edit'), ['open-tool', 'blend']);
  assert.deepEqual(asked({ key: '?', shiftKey: true }, 'animate'), ['help', null]);
});

test('a field that is typed in keeps its own keys', () => {
  for (const press of [ctrl('V', true), ctrl('C', true), ctrl('z'), ctrl('y'), { key: 'e' }, { key: '?' }, { key: '2' }]) {
    assert.notEqual(asked(press, 'edit'), null);
    assert.equal(asked(press, 'edit', true), null, press.key);
  }
  assert.deepEqual(asked(ctrl('s'), 'edit', true), ['save', null]);
  assert.deepEqual(asked(ctrl('o'), 'edit', true), ['open-photo', null]);
});

test('the library pastes settings onto what is chosen', () => {
  assert.deepEqual(asked(ctrl('V', true), 'library'), ['paste-chosen', null]);
  assert.deepEqual(asked(ctrl('V', true), 'edit'), ['paste-settings', null]);
  assert.equal(asked(ctrl('V', true), 'animate'), null);
});

test('other keys are left to others', () => {
  assert.equal(asked({ key: '3' }, 'library'), null);
  assert.equal(asked({ key: '5' }, 'edit'), null);
  assert.equal(asked({ key: '0' }, 'edit'), null);
  assert.equal(asked(ctrl('c'), 'edit'), null);
  assert.equal(asked(ctrl('v'), 'edit'), null);
  assert.equal(asked(ctrl('z'), 'library'), null);
  assert.equal(asked({ key: 's', ctrlKey: true, altKey: true }, 'edit'), null);
});
