import assert from 'node:assert/strict';
import test from 'node:test';

import { steps } from '../../../editor/ui/modules/explore_steps.js';

const RANGES = { smile: [-4, 2], age: [-5, 5], beard: [0, 8] };

test('nine places around the middle, one slider each way', () => {
  const grid = steps({ smile: 1 }, RANGES, 0);
  assert.equal(grid.length, 9);
  assert.deepEqual(grid[4].moves, { smile: 1 });
  assert.deepEqual(grid[3].moves, { smile: -1 });
  assert.deepEqual(grid[5].moves, { smile: 2 });
  assert.deepEqual(grid[1].moves, { smile: 1, age: -2.5 });
  assert.equal(grid[2].name, '', 'there are three sliders only');
});

test('no step goes beyond one and a half ranges', () => {
  assert.equal(steps({ smile: 3 }, RANGES, 0)[5].moves.smile, 3);
  assert.ok(steps({}, RANGES, 0)[0].moves.beard >= -1.5);
});

test('pages go around all sliders', () => {
  const many = Object.fromEntries('abcdef'.split('').map((name) => [name, [-1, 1]]));
  const names = (page) => new Set(steps({}, many, page).map((one) => one.name).filter(Boolean));
  assert.deepEqual([...names(0)].sort(), ['a', 'b', 'c', 'd']);
  assert.deepEqual([...names(1)].sort(), ['a', 'b', 'e', 'f']);
});
