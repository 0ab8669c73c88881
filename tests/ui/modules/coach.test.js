import assert from 'node:assert/strict';
import test from 'node:test';

import { HINTS, next } from '../../../editor/ui/modules/coach.js';

const all = () => true;

test('hints come one after another, each once', () => {
  assert.equal(next([], all)?.name, 'slider');
  assert.equal(next(['slider'], all)?.name, 'compare');
  assert.equal(next(['slider', 'compare'], all)?.name, 'save');
  assert.equal(next(HINTS.map((one) => one.name), all), null);
});

test('what cannot be seen is not pointed at', () => {
  assert.equal(next(['slider'], (one) => one.name !== 'compare')?.name, 'save');
});
