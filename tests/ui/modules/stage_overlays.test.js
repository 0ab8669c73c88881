import assert from 'node:assert/strict';
import test from 'node:test';

import { nextSize } from '../../../editor/ui/modules/brush_bar.js';
import { boxLabel, nearest } from '../../../editor/ui/modules/faces.js';

test('a brush grows and shrinks by a sixth, at least by 1, within its bounds', () => {
  assert.equal(nextSize(12, 1), 14);
  assert.equal(nextSize(12, -1), 10);
  assert.equal(nextSize(2, -1), 1);
  assert.equal(nextSize(1, -1), 1);
  assert.equal(nextSize(58, 1), 60);
});

test('boxes are called by what is shown and counted', () => {
  assert.equal(boxLabel('face', 1, 3), 'Face 2 of 3');
});

test('the shown face is the box that lies nearest, if any does', () => {
  const found = [{ x: 0.2, y: 0.3, side: 0.2, angle: 0 }, { x: 0.7, y: 0.3, side: 0.25, angle: 3 }];
  assert.equal(nearest(found, { x: 0.69, y: 0.31, side: 0.3, angle: 0 }), 1);
  assert.equal(nearest(found, { x: 0.45, y: 0.9, side: 0.2, angle: 0 }), -1);
  assert.equal(nearest(found, null), -1);
  assert.equal(nearest([], found[0]), -1);
});
