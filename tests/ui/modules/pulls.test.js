import assert from 'node:assert/strict';
import test from 'node:test';

import { pullsOf, sharesOf, withShare } from '../../../editor/ui/modules/pulls.js';

const RANGES = { smile: [-5, 4], yaw: [-4, 4], age: [-5, 5] };

test('handles move what the domain has', () => {
  assert.deepEqual(pullsOf(RANGES), { mouth: { y: 'smile' }, nose: { x: 'yaw' } }, 'the nose follows: more is to the right of who looks');
  assert.deepEqual(pullsOf({ age: [-5, 5] }), {});
});

test('shares and moves are each other’s inverse', () => {
  const moves = withShare({ age: 1 }, RANGES, 'smile', -0.5);
  assert.deepEqual(moves, { age: 1, smile: -2.5 });
  assert.deepEqual(sharesOf(moves, RANGES, pullsOf(RANGES)), { smile: -0.5, yaw: 0 });
  assert.deepEqual(withShare(moves, RANGES, 'smile', 0), { age: 1 });
  assert.equal(sharesOf({ smile: 99 }, RANGES, pullsOf(RANGES)).smile, 1);
});
