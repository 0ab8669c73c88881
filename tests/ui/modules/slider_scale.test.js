import assert from 'node:assert/strict';
import test from 'node:test';

import { STICK, distance, position, softStop, whole } from '../../../editor/ui/modules/slider_scale.js';

const KNOTS = [[-150, -4], [-100, -2], [-80, -1], [0, 0], [10, 1], [100, 4], [150, 6]];

test('knots are met exactly', () => {
  for (const [place, far] of KNOTS) {
    assert.equal(distance(KNOTS, place), far);
    assert.equal(position(KNOTS, far), place);
  }
});

test('between knots it is linear, and beyond the last it goes on', () => {
  assert.equal(distance(KNOTS, 55), 2.5);
  assert.equal(distance(KNOTS, -40), -0.5);
  assert.equal(distance(KNOTS, -90), -1.5);
  assert.equal(position(KNOTS, 8), 200);
  assert.equal(position(KNOTS, -8), -250);
});

test('it rises, and is its own inverse to a hundredth of a step', () => {
  let before = -Infinity;
  for (let place = -150; place <= 150; place += 1) {
    const far = distance(KNOTS, place);
    assert.ok(far > before, `${place}`);
    assert.ok(Math.abs(position(KNOTS, far) - place) < 0.01, `${place}: ${position(KNOTS, far)}`);
    before = far;
  }
});

test('distances read well', () => {
  const uneven = [[-150, -3], [0, 0], [100, 3.7], [150, 5.9]];
  assert.equal(distance(uneven, 33), 1.221);
  assert.equal(distance(uneven, 100), 3.7);
});

test('positions are whole and within 150', () => {
  assert.deepEqual([44.6, -44.6, 1e9, -151, NaN, -0.2].map(whole), [45, -45, 150, -150, 0, 0]);
  assert.ok(Object.is(whole(-0.2), 0), 'no negative zero');
});

test('a drag sticks at the end until it is pushed on, and sticks again when it has been back', () => {
  const stop = softStop(0);
  assert.deepEqual([50, 100, 101, 100 + STICK].map(stop), [50, 100, 100, 100]);
  assert.deepEqual([101 + STICK, 130, 105, 150].map(stop), [101 + STICK, 130, 105, 150]);
  assert.deepEqual([99, 104].map(stop), [99, 100]);
  assert.deepEqual([-99, -110, -120, -103, -100, -101].map(stop), [-99, -100, -120, -103, -100, -100]);
});

test('a drag that begins beyond an end does not stick there', () => {
  const stop = softStop(120);
  assert.deepEqual([110, 101, 100, 101].map(stop), [110, 101, 100, 100]);
  assert.deepEqual([-130].map(softStop(-140)), [-130]);
});

test('it sticks where the range ends', () => {
  const stop = softStop(0, -9.3, 100);
  assert.deepEqual([-9, -12, -9.3 - STICK, -30].map(stop), [-9, -9.3, -9.3, -30]);
});

test('a rail without ends never sticks', () => {
  const stop = softStop(50, -Infinity, Infinity);
  assert.deepEqual([0, 100, 101].map(stop), [0, 100, 101]);
});
