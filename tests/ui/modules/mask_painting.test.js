import assert from 'node:assert/strict';
import test from 'node:test';

import { alike, blank, box, covered, empty, inverted, level, painted, Paintings, SIDE, stroke }
  from '../../../editor/ui/modules/mask_painting.js';

const HARD = { radius: 40, soft: 0, erase: false };
const at = (grey, x, y) => grey[y * SIDE + x];
/** What the server makes of a mask, and what the page makes of that: means of squares, enlarged again. */
function answered(grey, side, round = Math.round) {
  const step = SIDE / side;
  const given = blank();
  for (let i = 0; i < side * side; i += 1) {
    const [left, top] = [(i % side) * step, Math.floor(i / side) * step];
    let sum = 0;
    for (let y = 0; y < step; y += 1) for (let x = 0; x < step; x += 1) sum += at(grey, left + x, top + y);
    for (let y = 0; y < step; y += 1) given.fill(round(sum / step ** 2), (top + y) * SIDE + left, (top + y) * SIDE + left + step);
  }
  return given;
}

test('an edge falls smoothly over its width', () => {
  assert.equal(level(-1, 10), 0);
  assert.equal(level(5, 10), 127.5);
  assert.equal(level(10, 10), 255);
  assert.equal(level(2, 0), 255, 'a hard edge');
});

test('a dot has the area of its circle, and a line that of its capsule', () => {
  const dot = blank();
  const area = stroke(dot, [256, 256], [256, 256], HARD);
  assert.ok(Math.abs(painted(dot) * SIDE ** 2 - Math.PI * 39.5 ** 2) < 20);
  assert.deepEqual(area, { left: 216, top: 216, right: 296, bottom: 296 });
  const line = blank();
  stroke(line, [150, 256], [350, 256], HARD);
  assert.ok(Math.abs(painted(line) * SIDE ** 2 - Math.PI * 39.5 ** 2 - 200 * 79) < 30);
});

test('only the area that is told was changed, also beyond the edge', () => {
  const grey = blank();
  const area = stroke(grey, [-10, 100], [30, 500], { radius: 25, soft: 0.5, erase: false });
  assert.deepEqual([area.left, area.bottom], [0, SIDE]);
  grey.forEach((value, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    if (value) assert.ok(x >= area.left && x < area.right && y >= area.top && y < area.bottom);
  });
  const none = stroke(grey, [-90, -90], [-90, -90], HARD);
  assert.equal(none.right - none.left, 0);
});

test('a soft stroke does not thin what was painted, and erasing takes away', () => {
  const grey = blank();
  stroke(grey, [256, 256], [256, 256], HARD);
  stroke(grey, [290, 256], [290, 256], { radius: 60, soft: 1, erase: false });
  assert.equal(at(grey, 256, 256), 255);
  assert.ok(at(grey, 330, 256) > 0 && at(grey, 330, 256) < 255, 'the soft edge');
  stroke(grey, [256, 256], [256, 256], { ...HARD, radius: 200, erase: true });
  assert.ok(empty(grey));
});

test('a box is filled to its edges, from any corner to the other', () => {
  const [one, other] = [blank(), blank()];
  box(one, [100, 50], [228, 178], HARD);
  box(other, [228, 178], [100, 50], HARD);
  assert.deepEqual(one, other);
  assert.equal(painted(one), 1 / 16);
  assert.deepEqual(covered(one), { left: 100 / SIDE, top: 50 / SIDE, right: 228 / SIDE, bottom: 178 / SIDE });
  assert.equal(covered(blank()), null);
  const soft = blank();
  box(soft, [100, 50], [228, 178], { radius: 32, soft: 1, erase: false });
  assert.equal(at(soft, 164, 114), 255);
  assert.ok(at(soft, 104, 114) < 60);
});

test('masks are inverted', () => {
  const [left, right] = [blank(), blank()];
  box(left, [0, 0], [256, 512], HARD);
  box(right, [256, 0], [512, 512], HARD);
  assert.deepEqual(inverted(left), right);
});

test('what the server returns of a painting is known again, for each size of a domain', () => {
  const [grey, other] = [blank(), blank()];
  stroke(grey, [130, 200], [300, 333], { radius: 31, soft: 0.6, erase: false });
  stroke(other, [130, 200], [300, 333], { radius: 41, soft: 0.6, erase: false });
  for (const side of [64, 128, 256, 512]) {
    assert.ok(alike(grey, answered(grey, side), side));
    assert.ok(alike(grey, answered(grey, side, Math.floor), side), 'rounded another way');
    assert.ok(!alike(grey, answered(other, side), side));
    assert.ok(!alike(grey, blank(), side));
  }
});

test('an answer to an older stroke is late, unless a person went back', () => {
  const known = new Paintings();
  const grey = blank();
  known.add('', grey);
  stroke(grey, [100, 100], [100, 100], HARD);
  known.add('one', grey);
  const one = answered(grey, 64);
  stroke(grey, [300, 100], [300, 100], HARD);
  known.add('two', grey);
  assert.equal(known.newest, 'two');
  assert.ok(known.know(one, 64), 'what was added is a copy');
  known.forgetOlder();
  assert.ok(!known.know(one, 64) && known.know(answered(grey, 64), 64));
  known.clear();
  assert.equal(known.newest, undefined);
});
