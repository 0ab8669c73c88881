import assert from 'node:assert/strict';
import test from 'node:test';

import { clock, frameAt, lengthText } from '../../../editor/ui/modules/player.js';

test('a loop shows each frame as long, its last one before the first again', () => {
  const film = { count: 4, arrived: 4, seconds: 2, loop: true };
  assert.deepEqual([0, 0.49, 0.5, 1, 1.99, 2].map((t) => frameAt(t, film)), [0, 0, 1, 2, 3, 3]);
});

test('without a loop the ends are the first and the last frame', () => {
  const film = { count: 5, arrived: 5, seconds: 1, loop: false };
  assert.deepEqual([0, 0.25, 0.5, 1, 7, -1].map((t) => frameAt(t, film)), [0, 1, 2, 4, 4, 0]);
});

test('what has not arrived is not shown', () => {
  assert.equal(frameAt(2, { count: 8, arrived: 3, seconds: 2, loop: true }), 2);
  assert.equal(frameAt(1, { count: 8, arrived: 0, seconds: 2, loop: true }), 0);
  assert.equal(frameAt(1, { count: 8, arrived: 8, seconds: 0, loop: true }), 0);
});

test('times are written', () => {
  assert.deepEqual([0, 1.3, 9.96, 61.24, -1].map(clock), ['0:00.0', '0:01.3', '0:10.0', '1:01.2', '0:00.0']);
  assert.deepEqual([3, 2.5, 0].map(lengthText), ['3 s', '2.5 s', '0 s']);
});
