import assert from 'node:assert/strict';
import test from 'node:test';

import { dragged, lies, pulled, REACH, rests, signed, stepped, toShares } from '../../../editor/ui/modules/puck_moves.js';

const MARKS = { left_eye: [0.3, 0.36], right_eye: [0.7, 0.36], mouth: [0.5, 0.76] };
const near = (actual, expected) => actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${actual} is not ${expected}`));

test('handles rest on the landmarks, the nose between eyes and mouth', () => {
  const { mouth, nose, sun } = rests(MARKS);
  assert.deepEqual(mouth, [0.5, 0.76]);
  near(nose, [0.5, 0.568]);
  assert.deepEqual(sun, nose);
  assert.deepEqual(rests(null), {});
  assert.deepEqual(rests({ mouth: [0, 0] }), {});
});

test('a handle lies where its sliders pull it, and is there after a drag to there', () => {
  for (const part of ['mouth', 'nose', 'sun']) {
    const rest = rests(MARKS)[part];
    for (const pull of [[0, 0], [0.5, 0], [-1, 0], ...(part === 'sun' ? [] : [[0.3, -0.8]])]) {
      near(dragged(part, [0, 0], rest, lies(part, rest, [0, 0]), lies(part, rest, pull)), pull);
    }
  }
});

test('up is more, right is more, and no pull goes beyond the end', () => {
  near(dragged('mouth', [0, 0], [0.5, 0.76], [0.5, 0.76], [0.5 + REACH / 2, 0.76 - REACH / 4]), [0.5, 0.25]);
  near(dragged('nose', [0.9, 0], [0.5, 0.5], [0, 0], [0.5, 0.5]), [1, -1]);
});

test('the sun does not jump where the circle closes', () => {
  const rest = [0.5, 0.5];
  near(dragged('sun', [0.5, 0], rest, [0.49, 0.9], [0.51, 0.9]), [0.5 + toTurn(0.49, 0.51), 0]);
  function toTurn(a, b) {
    const angle = (x) => (Math.atan2(x - 0.5, -0.4) * 180) / Math.PI;
    return (angle(b) - angle(a) + 360 - 360 * Math.round((angle(b) - angle(a) + 360) / 360)) / 70;
  }
});

test('a sign before a name turns its slider round', () => {
  assert.deepEqual(signed('-yaw'), ['yaw', -1]);
  assert.deepEqual(signed(undefined), ['', 1]);
  near(pulled({ x: '-yaw', y: 'nod' }, { yaw: 0.4, nod: 3 }), [-0.4, 1]);
  assert.deepEqual(toShares({ x: '-yaw', y: 'nod' }, [0.5, 0.25]), [['yaw', -0.5], ['nod', 0.25]]);
  assert.deepEqual(toShares({ x: 'light' }, [0.5, 0.25]), [['light', 0.5]]);
});

test('arrow keys are steps of the sliders, Backspace is 0', () => {
  near(stepped([0, 0], 'ArrowUp', false), [0, 0.01]);
  near(stepped([0.95, 0], 'ArrowRight', true), [1, 0]);
  assert.deepEqual(stepped([0.3, 0.3], 'Backspace', false), [0, 0]);
  assert.equal(stepped([0, 0], 'Tab', false), null);
});
