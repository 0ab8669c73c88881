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

test('other keys are left to others', () => {
  assert.equal(asked({ key: '3' }, 'library'), null);
  assert.equal(asked({ key: '5' }, 'edit'), null);
  assert.equal(asked({ key: '0' }, 'edit'), null);
  assert.equal(asked(ctrl('c'), 'edit'), null);
  assert.equal(asked(ctrl('v'), 'edit'), null);
  assert.equal(asked(ctrl('z'), 'library'), null);
  assert.equal(asked({ key: 's', ctrlKey: true, altKey: true }, 'edit'), null);
});
