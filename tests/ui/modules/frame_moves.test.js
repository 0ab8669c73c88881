import assert from 'node:assert/strict';
import test from 'node:test';

import { moved, pinched, resized, scaled, stepped, turned, turnSide } from '../../../editor/ui/modules/frame_moves.js';
import { corners, inPixels } from '../../../editor/ui/modules/overlay_geometry.js';

const PHOTO = { width: 1000, height: 800 };
const CROP = { x: 0.5, y: 0.5, side: 0.5, angle: 0 };
const near = (actual, expected) =>
  Object.keys(expected).forEach((key) => assert.ok(Math.abs(actual[key] - expected[key]) < 1e-6,
    `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`));

test('a drag moves by px of the photo, and no further than its edge', () => {
  near(moved(CROP, PHOTO, [100, 100], [200, 180]), { x: 0.6, y: 0.6, side: 0.5, angle: 0 });
  near(moved(CROP, PHOTO, [0, 0], [9000, -9000]), { x: 1, y: 0 });
});

test('a corner follows the hand while the opposite one stays, turned or not', () => {
  for (const angle of [0, 25, -160]) {
    for (const corner of [0, 1, 2, 3]) {
      const crop = { ...CROP, angle };
      const before = corners(inPixels(crop, PHOTO));
      const [x, y] = before[corner];
      const to = [x + 0.2 * (x - before[(corner + 2) % 4][0]), y + 0.2 * (y - before[(corner + 2) % 4][1])];
      const after = corners(inPixels(resized(crop, PHOTO, corner, before[corner], to), PHOTO));
      near(after[corner], to);
      near(after[(corner + 2) % 4], before[(corner + 2) % 4]);
    }
  }
});

test('with Alt a corner resizes about the centre, and a side keeps its bounds', () => {
  const [, , corner] = corners(inPixels(CROP, PHOTO));
  near(resized(CROP, PHOTO, 2, corner, [corner[0] + 40, corner[1] + 40], true), { x: 0.5, y: 0.5, side: 0.6 });
  near(resized(CROP, PHOTO, 2, corner, [corner[0] - 4000, corner[1] - 4000]), { side: 0.02 });
  near(scaled(CROP, 10), { side: 2 });
});

test('the handle turns about the centre, with Shift to steps of 15 degrees', () => {
  near(turned(CROP, PHOTO, [500, 100], [900, 400]), { angle: 90, x: 0.5, y: 0.5, side: 0.5 });
  near(turned({ ...CROP, angle: 170 }, PHOTO, [500, 100], [900, 400]), { angle: -100 });
  const to = [500 + 300 * Math.sin(0.3), 400 - 300 * Math.cos(0.3)]; // 17.2 degrees
  near(turned(CROP, PHOTO, [500, 100], to, true), { angle: 15 });
});

test('two fingers move, resize and turn at once', () => {
  near(pinched(CROP, PHOTO, [[400, 400], [600, 400]], [[450, 420], [650, 420]]), { x: 0.55, y: 0.525, side: 0.5, angle: 0 });
  near(pinched(CROP, PHOTO, [[400, 400], [600, 400]], [[300, 400], [700, 400]]), { x: 0.5, y: 0.5, side: 1 });
  near(pinched(CROP, PHOTO, [[400, 400], [600, 400]], [[500, 300], [500, 500]]), { x: 0.5, y: 0.5, side: 0.5, angle: 90 });
  // what lies under the fingers stays under them: a quarter turn about a point beside the centre
  near(pinched(CROP, PHOTO, [[600, 400], [800, 400]], [[700, 300], [700, 500]]), { x: 0.7, y: 0.25, angle: 90 });
});

test('keys move by a share of the frame, resize and turn; others mean nothing', () => {
  near(stepped(CROP, PHOTO, 'ArrowRight', false), { x: 0.508, y: 0.5 });
  near(stepped(CROP, PHOTO, 'ArrowUp', true), { x: 0.5, y: 0.45 });
  near(stepped(CROP, PHOTO, '+', false), { side: 0.525 });
  near(stepped(stepped(CROP, PHOTO, '+', false), PHOTO, '-', false), CROP);
  near(stepped(CROP, PHOTO, ']', false), { angle: 1 });
  near(stepped(CROP, PHOTO, '{', true), { angle: -5 });
  assert.equal(stepped(CROP, PHOTO, 'a', false), null);
});

test('the turn handle goes where it lies on the stage', () => {
  const stage = { width: 400, height: 300 };
  assert.equal(turnSide({ x: 200, y: 150, side: 100, angle: 0 }, stage, 30), 0);
  assert.equal(turnSide({ x: 200, y: 60, side: 100, angle: 0 }, stage, 30), 180);
  assert.equal(turnSide({ x: 200, y: 150, side: 280, angle: 0 }, stage, 30), 90);
  assert.equal(turnSide({ x: 200, y: 60, side: 100, angle: 180 }, stage, 30), 0);
  assert.equal(turnSide({ x: 200, y: 150, side: 900, angle: 0 }, stage, 30), 0, 'nowhere: as ever');
});
