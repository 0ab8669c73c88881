import assert from 'node:assert/strict';
import test from 'node:test';

import { chosenAfter, nextIndex } from '../../../editor/ui/modules/choosing.js';

const ALL = ['a', 'b', 'c', 'd', 'e'];

test('a click chooses one, Ctrl another, and Ctrl again takes it away', () => {
  assert.deepEqual(chosenAfter(['a', 'b'], ALL, 'c'), ['c']);
  assert.deepEqual(chosenAfter(['c'], ALL, 'a', { more: true }), ['c', 'a']);
  assert.deepEqual(chosenAfter(['c', 'a'], ALL, 'c', { more: true }), ['a']);
});

test('Shift chooses all between, from the anchor on', () => {
  assert.deepEqual(chosenAfter(['e'], ALL, 'd', { range: true, anchor: 'b' }), ['b', 'c', 'd']);
  assert.deepEqual(chosenAfter(['e'], ALL, 'b', { range: true, anchor: 'd' }), ['d', 'c', 'b']);
  assert.deepEqual(chosenAfter(['e', 'c'], ALL, 'd', { range: true, more: true, anchor: 'b' }), ['e', 'c', 'b', 'd']);
  assert.deepEqual(chosenAfter(['a'], ALL, 'd', { range: true, anchor: 'gone' }), ['a', 'd']);
});

test('what is not there any more is not chosen', () => {
  assert.deepEqual(chosenAfter(['x', 'a'], ALL, 'b', { more: true }), ['a', 'b']);
});

test('arrows move through a row and a grid, and stop at the ends', () => {
  assert.equal(nextIndex('ArrowRight', 1, 3), 2);
  assert.equal(nextIndex('ArrowRight', 2, 3), null);
  assert.equal(nextIndex('ArrowLeft', 0, 3), null);
  assert.equal(nextIndex('ArrowDown', 0, 3), null);
  assert.equal(nextIndex('ArrowDown', 1, 7, 3), 4);
  assert.equal(nextIndex('ArrowUp', 1, 7, 3), null);
  assert.equal(nextIndex('Home', 2, 3), 0);
  assert.equal(nextIndex('End', 0, 3), 2);
  assert.equal(nextIndex('x', 0, 3), null);
});
