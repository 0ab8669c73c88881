import assert from 'node:assert/strict';
import test from 'node:test';

import { draft, dropDraft, fits, keepDraft } from '../../../editor/ui/modules/slider_draft.js';

const KEPT = { visit: 'v', picture: 'p1', node: 3, moves: { smile: 2 } };

function storage() {
  const held = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value), removeItem: (key) => held.delete(key),
  };
  return held;
}

test('a draft is kept under its name, and dropped', () => {
  const held = storage();
  assert.equal(draft(), null);
  keepDraft(KEPT);
  assert.deepEqual(JSON.parse(held.get('in-domain-editor-draft')), KEPT);
  assert.deepEqual(draft(), KEPT);
  dropDraft();
  assert.equal(draft(), null);
});

test('what is not a draft is none, and no storage is no error', () => {
  const held = storage();
  for (const wrong of ['{', '7', 'null', '{"moves": 3}', '{}']) {
    held.set('in-domain-editor-draft', wrong);
    assert.equal(draft(), null, wrong);
  }
  delete globalThis.sessionStorage;
  keepDraft(KEPT);
  dropDraft();
  assert.equal(draft(), null);
});

test('a draft belongs to its visit, its picture, and the edit it was made on or the next', () => {
  assert.ok(fits(KEPT, { visit: 'v', picture: 'p1', node: 3, parent: 2 }));
  assert.ok(fits(KEPT, { visit: 'v', picture: 'p1', node: 4, parent: 3 }));
  assert.ok(!fits(KEPT, { visit: 'v', picture: 'p1', node: 5, parent: 4 }));
  assert.ok(!fits(KEPT, { visit: 'w', picture: 'p1', node: 3 }));
  assert.ok(!fits(KEPT, { visit: 'v', picture: 'p2', node: 3 }));
  assert.ok(!fits({ ...KEPT, visit: '' }, { visit: '', picture: 'p1', node: 3 }));
});
