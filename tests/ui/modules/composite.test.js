import assert from 'node:assert/strict';
import test from 'node:test';

import {
  addLayer, corners, covered, fineSide, layerOf, lineWeights, resized, roundEven, softMask, squareOf,
} from '../../../editor/ui/modules/composite.js';

/** One plane as four channels. */
const planes = (values) => Float32Array.from(values.flatMap((value) => [value, value, value, value]));
const first = (data) => [...data].filter((_, i) => i % 4 === 0);
const near = (got, expected, within = 1e-3) => {
  assert.equal(got.length, expected.length);
  got.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= within, `${i}: ${value}, not ${expected[i]}`));
};
const filled = (width, height, value, alpha = 255) => {
  const data = new Uint8ClampedArray(width * height * 4).fill(value);
  for (let i = 3; i < data.length; i += 4) data[i] = alpha;
  return { data, width, height };
};

// the numbers are those of torch 2: soft_mask(8), F.interpolate of squares

test('the soft mask is that of paste.py', () => {
  const mask = softMask(8);
  const edge = 0.33855438;
  near([...mask.slice(0, 8)], [0.05202839, edge, edge, edge, edge, edge, edge, 0.05202839], 1e-6);
  near([...mask.slice(24, 32)], [edge, 1, 1, 1, 1, 1, 1, edge], 1e-6);
});

test('what grows, grows as with torch\'s bicubic, its border held', () => {
  const data = planes(Array.from({ length: 16 }, (_, i) => i * i));
  const expected = [1.6705, 2.3517, 3.4174, 5.5327, 7.3735, 10.9576, 14.2108, 16.2201];
  near(first(resized(data, 4, 8)).slice(8, 16), expected);
});

test('what shrinks becomes the mean of what it covers, as with torch\'s area', () => {
  const data = planes(Array.from({ length: 25 }, (_, i) => i * i));
  near(first(resized(data, 5, 3)),
    [15.5, 27.1667, 42.5, 127.1667, 161.3333, 199.1667, 330.5, 387.1667, 447.5]);
});

test('the weights of every pixel make one', () => {
  for (const [from, to] of [[64, 512], [128, 256], [128, 77], [7, 7]]) {
    const { taps, weight } = lineWeights(from, to);
    for (let i = 0; i < to; i += 1) {
      const sum = weight.slice(i * taps, (i + 1) * taps).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `${from} to ${to}, ${i}: ${sum}`);
    }
  }
});

test('the side a layer is brought to', () => {
  assert.equal(fineSide(64, 700), 512);
  assert.equal(fineSide(64, 65), 128);
  assert.equal(fineSide(64, 64), 64);
  assert.equal(fineSide(64, 40.4), 40);
  assert.equal(fineSide(128, 0.5), 2);
  assert.equal(fineSide(96, 80), 128);
  assert.equal(fineSide(1024, 700), 700);
  assert.equal(fineSide(1024, 3000), 1024);
});

test('halves go to the even number', () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.4, 2.6, -0.4].map(roundEven).map(Math.abs), [0, 2, 2, 2, 3, 0]);
});

test('corners of a turned square lie as in Crop.quad', () => {
  const square = squareOf({ x: 0.5, y: 0.5, side: 0.5, angle: 90 }, 200, 100);
  near(corners(square).flat(), [125, 25, 75, 25, 75, 75, 125, 75], 1e-9);
});

test('only what is seen of a square is touched', () => {
  const square = squareOf({ x: 0, y: 0, side: 0.5, angle: 0 }, 100, 100);
  assert.deepEqual(covered(square, { scale: 2, x: 10, y: 0 }, 50, 200), { left: 0, top: 0, right: 50, bottom: 51 });
});

test('a difference is added in the middle, clamped, and leaves what lies outside as it was', () => {
  const photo = filled(80, 60, 100);
  const square = squareOf({ x: 0.5, y: 0.5, side: 0.5, angle: 0 }, 80, 60);
  addLayer(photo, { scale: 1, x: 0, y: 0 }, layerOf(filled(16, 16, 50), filled(16, 16, 80), square.side), square);
  const at = (x, y) => photo.data[(y * 80 + x) * 4];
  assert.equal(at(40, 30), 130);
  assert.equal(at(20, 30), 100);
  assert.ok(at(26, 30) > 100 && at(26, 30) < 130);
  assert.equal(photo.data[(30 * 80 + 40) * 4 + 3], 255);
  const bright = filled(80, 60, 250);
  addLayer(bright, { scale: 1, x: 0, y: 0 }, layerOf(filled(16, 16, 50), filled(16, 16, 80), square.side), square);
  assert.equal(bright.data[(30 * 80 + 40) * 4], 255);
});

test('a square that is the whole picture becomes the edited one exactly', () => {
  const photo = filled(16, 16, 50);
  const after = filled(16, 16, 0);
  after.data.forEach((_, i) => { if (i % 4 < 3) after.data[i] = (i * 7) % 256; });
  const square = squareOf({ x: 0.5, y: 0.5, side: 1, angle: 0 }, 16, 16);
  addLayer(photo, { scale: 1, x: 0, y: 0 }, layerOf(filled(16, 16, 50), after, 16, true), square);
  assert.deepEqual(photo.data, after.data);
});

test('where there is no photo nothing is added', () => {
  const nothing = filled(20, 20, 0, 0);
  const square = squareOf({ x: 0.5, y: 0.5, side: 1, angle: 0 }, 20, 20);
  addLayer(nothing, { scale: 1, x: 0, y: 0 }, layerOf(filled(8, 8, 0), filled(8, 8, 200), 20), square);
  assert.ok(nothing.data.every((value) => value === 0));
});

test('pictures of two sizes are refused', () => {
  assert.throws(() => layerOf(filled(16, 16, 0), filled(8, 8, 0), 20), RangeError);
});
