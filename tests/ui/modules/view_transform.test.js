import assert from 'node:assert/strict';
import test from 'node:test';

import { squareOf } from '../../../editor/ui/modules/composite.js';
import {
  closeUp, fitted, held, limits, MARGIN, percentOf, pinched, scaledAt, scaleOf, toBox, toPhoto,
} from '../../../editor/ui/modules/view_transform.js';

const near = (got, expected) => got.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${got}, not ${expected}`));
const photo = { width: 2000, height: 1000 };
const box = { width: 800, height: 600 };

test('fit shows the whole photo in the middle, with a margin', () => {
  const fit = fitted(photo, box);
  near(toBox(fit, [0, 500]), [MARGIN, 300]);
  near(toBox(fit, [2000, 500]), [800 - MARGIN, 300]);
});

test('a face fills the box, however it is turned', () => {
  const square = squareOf({ x: 0.25, y: 0.5, side: 0.4, angle: 45 }, 2000, 1000);
  const lies = closeUp(square, box);
  near(toBox(lies, [500, 500]), [400, 300]);
  assert.ok(Math.abs(400 * Math.SQRT2 * lies.scale - (600 - 2 * MARGIN)) < 1e-9);
});

test('what lies at a point stays there when the scale changes', () => {
  const before = { scale: 0.4, x: 12, y: -30 };
  const after = scaledAt(before, [333, 222], 2.5);
  near(toPhoto(after, [333, 222]), toPhoto(before, [333, 222]));
  assert.equal(after.scale, 2.5);
});

test('two fingers keep what they hold', () => {
  const before = { scale: 0.5, x: 10, y: 20 };
  const after = pinched(before, [[100, 100], [200, 100]], [[150, 180], [350, 180]]);
  assert.equal(after.scale, 1);
  near(toPhoto(after, [250, 180]), toPhoto(before, [150, 100]));
});

test('the photo stays in sight', () => {
  const small = held({ scale: 0.1, x: -5000, y: 5000 }, photo, box, 1);
  assert.equal(small.scale, limits(photo, box, 1)[0]);
  near(toBox(small, [1000, 500]), [400, 300]);
  const large = held({ scale: 1, x: 5000, y: -5000 }, photo, box, 1);
  near([large.x, large.y], [MARGIN, 600 - 1000 - MARGIN]);
  assert.equal(held({ scale: 1e6, x: 0, y: 0 }, photo, box, 1).scale, limits(photo, box, 1)[1]);
});

test('a picture smaller than the box can be seen at its own size', () => {
  const [least, most] = limits({ width: 64, height: 64 }, box, 0.5);
  assert.equal(least, 0.5);
  assert.ok(most >= fitted({ width: 64, height: 64 }, box).scale);
});

test('the slider of the zoom goes there and back', () => {
  for (const percent of [0, 12.5, 50, 100]) assert.ok(Math.abs(percentOf(scaleOf(percent, [0.2, 16]), [0.2, 16]) - percent) < 1e-9);
  assert.ok(Math.abs(scaleOf(0, [0.2, 16]) - 0.2) < 1e-12);
});
