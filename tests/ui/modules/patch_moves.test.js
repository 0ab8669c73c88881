import assert from 'node:assert/strict';
import test from 'node:test';

import { bounded, dragged, stepped } from '../../../editor/ui/modules/patch_moves.js';

const AREA = { left: 0.6, top: 0.4, right: 0.8, bottom: 0.6 }; // its middle: 0.7, 0.5
const near = (actual, expected) => actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${actual}`));

test('the middle of a patch stays on the square, and no offset is beyond a half', () => {
  near(bounded([0.4, -0.2], AREA), [0.3, -0.2]);
  near(bounded([-0.9, 0.9], AREA), [-0.5, 0.5]);
});

test('a drag is in shares of the square, along its own edges', () => {
  near(dragged([0.1, 0], AREA, { x: 0, y: 0, side: 400, angle: 0 }, [40, -80]), [0.2, -0.2]);
  near(dragged([0, 0], AREA, { x: 0, y: 0, side: 400, angle: 90 }, [0, 40]), [0.1, 0]);
});

test('arrow keys move, with Shift further', () => {
  near(stepped([0, 0], AREA, 'ArrowLeft', false), [-0.01, 0]);
  near(stepped([0, 0], AREA, 'ArrowDown', true), [0, 0.05]);
  assert.equal(stepped([0, 0], AREA, 'Enter', false), null);
});
