import assert from 'node:assert/strict';
import test from 'node:test';

import { cleanName, lookOf, movesOf, read, renamed, same } from '../../../editor/ui/modules/look_values.js';

const RANGES = { smile: [-5, 4], beard: [0, 8] };

test('a share is of the range on its side', () => {
  const look = { name: 'x', sliders: { smile: -0.5, beard: 0.25, hat: 1 } };
  assert.deepEqual(movesOf(look, RANGES), { smile: -2.5, beard: 2 });
  assert.deepEqual(movesOf(look, RANGES, 1.5), { smile: -3.75, beard: 3 });
  assert.deepEqual(movesOf(look, RANGES, 0), {});
});

test('a look of the sliders gives the same sliders again', () => {
  const moves = { smile: -2.5, beard: 2 };
  assert.deepEqual(movesOf(lookOf('x', moves, RANGES), RANGES), moves);
  assert.deepEqual(lookOf('x', { beard: -3, hat: 1 }, RANGES).sliders, {}, 'a side without a range');
  assert.equal(lookOf('x', { smile: 100 }, RANGES).sliders.smile, 2);
});

test('files are read or refused', () => {
  const look = { name: ' Big \n smile ', sliders: { smile: 1 } };
  assert.deepEqual(read(JSON.stringify(look)), { domain: '', looks: [{ name: 'Big smile', sliders: { smile: 1 } }] });
  assert.equal(read(JSON.stringify({ domain: 'faces', looks: [look, look] })).looks.length, 2);
  for (const text of ['', '1', 'null', '{}', '{"looks": []}', '{"name": "", "sliders": {}}', '{"name": "x", "sliders": {"smile": "1"}}', '{"name": "x", "sliders": {"smile": 3}}']) {
    assert.equal(read(text), null, text);
  }
});

test('small differences are none', () => {
  assert.ok(same({ smile: 1, age: 0 }, { smile: 1.004 }));
  assert.ok(!same({ smile: 1 }, { smile: 1.1 }));
  assert.equal(cleanName('a'.repeat(60)).length, 40);
});

test('a look gets another name; what had it goes', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, sliders: { [name]: 1 } }));
  assert.deepEqual(renamed([a, b, c], 'a', 'd'), [{ name: 'd', sliders: { a: 1 } }, b, c]);
  assert.deepEqual(renamed([a, b, c], 'c', 'a'), [b, { name: 'a', sliders: { c: 1 } }]);
  assert.deepEqual(renamed([a, b], 'a', 'a'), [a, b]);
  assert.deepEqual(renamed([a, b], 'gone', 'd'), [a, b]);
});
