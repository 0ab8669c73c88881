import assert from 'node:assert/strict';
import test from 'node:test';

import { bounded, corners, hostPoint, inPixels, inShares, onStage, placed, plainAngle, within, WHOLE }
  from '../../../editor/ui/modules/overlay_geometry.js';

const PHOTO = { width: 1000, height: 800 };
const CROP = { x: 0.4, y: 0.6, side: 0.5, angle: 30 };

function near(actual, expected, limit = 1e-6) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < limit, `${actual} is not ${expected}`));
}

test('corners are where the server has them', () => {
  // Crop(0.4, 0.6, 0.5, 30).quad(1000, 800), which begins upper left and goes down
  const [tl, bl, br, tr] = [[326.7949, 206.7949], [126.7949, 553.2051], [473.2051, 753.2051], [673.2051, 406.7949]];
  const found = corners(inPixels(CROP, PHOTO));
  [tl, tr, br, bl].forEach((corner, i) => near(found[i], corner, 1e-3));
});

test('a point of the square and of the photo are each other\'s inverse', () => {
  const box = inPixels(CROP, PHOTO);
  near(within(box, [box.x, box.y]), [0.5, 0.5]);
  for (const point of [[0, 0], [0.2, 0.9], [1.5, -1]]) near(within(box, placed(box, point)), point);
});

test('a crop and its px are each other\'s inverse, and stay what the server takes', () => {
  const back = inShares(inPixels(CROP, PHOTO), PHOTO);
  near(Object.values(back), Object.values(CROP));
  assert.deepEqual(bounded({ x: -1, y: 3, side: 9, angle: 190 }), { x: 0, y: 1, side: 2, angle: -170 });
  assert.equal(bounded({ ...CROP, side: 0 }).side, 0.02);
  assert.equal(plainAngle(725), 5);
});

test('on the stage a crop lies where the view shows it', () => {
  const view = {
    host: { getBoundingClientRect: () => ({ left: 10, top: 20 }) },
    photo: () => PHOTO, scale: () => 0.5, toScreen: ([x, y]) => [x / 2 + 7, y / 2 - 3],
  };
  assert.deepEqual(onStage(view, CROP), { x: 207, y: 237, side: 200, angle: 30 });
  assert.deepEqual(onStage(view, null), onStage(view, WHOLE));
  assert.deepEqual(hostPoint(view, { clientX: 15, clientY: 60 }), [5, 40]);
});
