import assert from 'node:assert/strict';
import test from 'node:test';

import { panesOf } from '../../../editor/ui/modules/compare.js';
import { halves } from '../../../editor/ui/modules/viewer.js';

const lies = (more = {}) => ({
  boxes: halves({ width: 400, height: 300 }, false), transform: { scale: 0.5, x: 10, y: 20 }, width: 600, ratio: 2, alone: false, ...more,
});
const brief = (panes) => panes.map(({ show, left, width }) => [show, left, width]);

test('off and difference show one pane, in pixels of the canvas', () => {
  const [pane] = panesOf({ way: 'off', held: false, at: 0.5 }, lies());
  assert.deepEqual([pane.show, pane.width, pane.height, pane.transform], ['after', 800, 600, { scale: 1, x: 20, y: 40 }]);
  assert.equal(panesOf({ way: 'difference', held: false, at: 0.5 }, lies())[0].show, 'difference');
});

test('the divider lies in the photo, and stays in the box', () => {
  assert.deepEqual(brief(panesOf({ way: 'split', held: false, at: 0.5 }, lies())), [['before', 0, 320], ['after', 320, 480]]);
  const zoomed = lies({ transform: { scale: 4, x: -2000, y: 0 } });
  assert.deepEqual(brief(panesOf({ way: 'split', held: false, at: 0.1 }, zoomed)), [['after', 0, 800]]);
  assert.deepEqual(brief(panesOf({ way: 'split', held: false, at: 0.9 }, zoomed)), [['before', 0, 320], ['after', 320, 480]]);
});

test('side by side the photo lies alike in both halves', () => {
  const [before, after] = panesOf({ way: 'side', held: false, at: 0.5 }, lies({ boxes: halves({ width: 402, height: 300 }, true) }));
  assert.deepEqual([before.show, after.show], ['before', 'after']);
  assert.equal(after.transform.x - before.transform.x, after.left - before.left);
  assert.equal(before.transform.scale, after.transform.scale);
});

test('a narrow stage is parted across', () => {
  assert.deepEqual(halves({ width: 300, height: 402 }, true).map(({ left, top, height }) => [left, top, height]), [[0, 0, 200], [0, 202, 200]]);
});

test('while it is held only what was before is shown', () => {
  for (const way of ['off', 'split', 'difference']) {
    assert.deepEqual(brief(panesOf({ way, held: true, at: 0.5 }, lies())), [['before', 0, 800]]);
  }
});

test('a photo far enlarged shows its pixels, a small picture alone does not', () => {
  const near = lies({ transform: { scale: 2, x: 0, y: 0 } });
  assert.equal(panesOf({ way: 'off', held: false, at: 0 }, near)[0].smooth, false);
  assert.equal(panesOf({ way: 'off', held: false, at: 0 }, { ...near, alone: true })[0].smooth, true);
  assert.equal(panesOf({ way: 'off', held: false, at: 0 }, lies())[0].smooth, true);
});
