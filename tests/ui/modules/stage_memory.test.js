import assert from 'node:assert/strict';
import test from 'node:test';

import { frameOf, viewOf } from '../../../editor/ui/modules/stage_memory.js';

test('what was kept is of its photo alone', () => {
  const view = { key: 'a', mode: 'free', transform: { scale: 2, x: -3, y: 4 } };
  assert.deepEqual(viewOf(view, 'a'), view);
  assert.equal(viewOf(view, 'b'), null);
  assert.equal(viewOf(view, ''), null);
  const frame = { key: 'a', crop: { x: 0.5, y: 0.5, side: 1, angle: 0 } };
  assert.deepEqual(frameOf(frame, 'a'), frame.crop);
  assert.equal(frameOf(frame, 'b'), null);
});

test('what makes no sense is nothing', () => {
  for (const found of [null, 1, 'x', {}, { key: 'a' }, { key: 'a', mode: 'free', transform: { scale: 0, x: 0, y: 0 } }, { key: 'a', mode: 'free', transform: { scale: 1, x: null, y: 0 } }]) {
    assert.equal(viewOf(found, 'a'), null);
    assert.equal(frameOf(found, 'a'), null);
  }
});
