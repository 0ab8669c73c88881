import assert from 'node:assert/strict';
import test from 'node:test';

import { inserted, lengthOf, removed, reordered, stretches, withBack, withGap, withLength } from '../../../editor/ui/modules/timeline_times.js';

const empty = { path: [], gaps: [], back: true };
const of = (...names) => names.reduce((times, picture) => inserted(times, times.path.length, { picture }), empty);
const names = (times) => times.path.map((slot) => slot.picture).join('');

test('two pictures take three seconds there and back', () => {
  assert.deepEqual(stretches(of('a')), []);
  const two = of('a', 'b');
  assert.deepEqual([stretches(two), lengthOf(two)], [[1.5, 1.5], 3]);
  const once = withBack(two, false);
  assert.deepEqual([stretches(once), lengthOf(once)], [[1.5], 1.5]);
  assert.deepEqual(stretches(withBack(once, true)), [1.5, 1.5]);
});

test('a picture is put where it was dropped, and at most twelve are', () => {
  const three = inserted(of('a', 'b'), 1, { picture: 'x' });
  assert.equal(names(three), 'axb');
  assert.equal(names(inserted(of('a', 'b'), 0, { picture: 'x' })), 'xab');
  assert.equal(names(inserted(of('a', 'b'), 99, { picture: 'x' })), 'abx');
  const many = of(...'abcdefghijklmnop');
  assert.equal(names(many), 'abcdefghijkl');
  assert.equal(many.gaps.length, 12);
});

test('taking out keeps the other times', () => {
  const times = withGap(withGap(of('a', 'b', 'c'), 0, 1), 1, 2);
  assert.deepEqual([names(removed(times, 1)), removed(times, 1).gaps], ['ac', [1, 1.5]]);
  assert.deepEqual([names(removed(times, 2)), removed(times, 2).gaps], ['ab', [1, 1.5]]);
  assert.equal(removed(times, 3), times);
  assert.deepEqual(removed(of('a'), 0), empty);
});

test('a picture is moved, the times stay', () => {
  const times = withGap(of('a', 'b', 'c'), 0, 1);
  assert.equal(names(reordered(times, 0, 2)), 'bca');
  assert.equal(names(reordered(times, 2, 0)), 'cab');
  assert.deepEqual(reordered(times, 0, 2).gaps, times.gaps);
  for (const [from, to] of [[0, 0], [0, 3], [-1, 1]]) assert.equal(reordered(times, from, to), times);
});

test('a gap is a tenth to ten seconds, and all together thirty', () => {
  const two = of('a', 'b');
  assert.deepEqual(withGap(two, 0, 0).gaps, [0.1, 1.5]);
  assert.deepEqual(withGap(two, 0, 2.345).gaps, [2.3, 1.5]);
  assert.deepEqual(withGap(two, 0, 99).gaps, [10, 1.5]);
  assert.equal(withGap(two, 0, NaN), two);
  const four = [0, 1, 2, 3].reduce((times, i) => withGap(times, i, 10), of('a', 'b', 'c', 'd'));
  assert.equal(lengthOf(four), 30);
});

test('a length is shared as the times were', () => {
  const times = withGap(of('a', 'b', 'c'), 0, 3);
  const long = withLength(times, 12);
  assert.deepEqual(long.gaps, [6, 3, 3]);
  assert.equal(lengthOf(withLength(of('a', 'b', 'c'), 10)), 10);
  assert.deepEqual(withLength(withBack(times, false), 9).gaps, [6, 3, 1.5], 'the way back stays for later');
  assert.equal(withLength(empty, 5), empty);
});

test('what grows beyond thirty seconds is made shorter', () => {
  const long = withLength(of('a', 'b', 'c', 'd'), 30);
  const more = inserted(long, 4, { picture: 'e' });
  assert.equal(lengthOf(more), 30);
  const once = withBack(long, false);
  assert.ok(lengthOf(withBack(once, true)) <= 30);
});
