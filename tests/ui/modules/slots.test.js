import assert from 'node:assert/strict';
import test from 'node:test';

import { added, given } from '../../../editor/ui/modules/slots.js';
import { stroke } from '../../../editor/ui/modules/patch_canvas.js';
import { hear, change, tell } from '../../../editor/ui/modules/page_state.js';
import { proposals } from '../../../editor/ui/modules/proposals.js';
import { exchange } from '../../../editor/ui/modules/value_exchange.js';

test('what a tile gives is read, or refused', () => {
  assert.deepEqual(given({ picture: 'p1', node: 3 }), { picture: 'p1', node: 3, src: '' });
  assert.deepEqual(given({ picture: 'p1', node: 'x' }), { picture: 'p1', node: null, src: '' });
  for (const wrong of [null, undefined, {}, { picture: 1 }, { picture: '' }, 'p1']) assert.equal(given(wrong), null);
});

test('a picture is put into a list once; one place takes the newest', () => {
  const a = { picture: 'a', node: null };
  const list = added([], a, 2);
  assert.deepEqual(list, [a]);
  assert.equal(added(list, { picture: 'a' }, 2), list);
  assert.equal(added(list, { picture: 'a', node: 4 }, 2).length, 2, 'another edit of it');
  assert.equal(added(list, { picture: 'b' }, 1)[0].picture, 'b');
  const full = added(list, { picture: 'b' }, 2);
  assert.equal(added(full, { picture: 'c' }, 2), full);
});

test('a stroke paints a round line', () => {
  const levels = new Uint8ClampedArray(16 * 16);
  stroke(levels, 16, { x: 4, y: 8 }, { x: 12, y: 8 }, 2, 255);
  const at = (x, y) => levels[y * 16 + x];
  assert.deepEqual([at(2, 8), at(4, 8), at(8, 8), at(13, 8), at(14, 8)], [255, 255, 255, 255, 0]);
  assert.deepEqual([at(8, 5), at(8, 6), at(8, 9), at(8, 10)], [0, 255, 255, 0]);
  assert.deepEqual([at(2, 6), at(13, 6)], [0, 0], 'round at the ends');
  stroke(levels, 16, { x: 8, y: 8 }, { x: 8, y: 8 }, 30, 0);
  assert.ok(levels.every((level) => level === 0), 'erased, also beyond the border');
});

test('a proposal lasts while its tool is open', () => {
  const told = [];
  const states = [];
  const end = hear('proposal', (one) => told.push(one));
  const blend = proposals('blend', (standing) => states.push(standing));
  const one = { after: 'x', label: 'colour', picture: 'p1' };
  blend.set(one);
  assert.deepEqual(told, [], 'not before');
  change({ place: 'edit', tool: 'blend' });
  blend.set(one);
  assert.deepEqual([told.at(-1), blend.standing()?.of], [{ ...one, of: 'blend' }, 'blend']);
  tell('proposal', { ...one, of: 'patch' });
  assert.equal(blend.standing(), null, "another tool's took its place");
  blend.set(one);
  change({ tool: 'sliders' });
  assert.equal(told.at(-1), null);
  assert.deepEqual(states, [true, false, true, false]);
  end();
});

test('what the browser sets outlives what the server answers', () => {
  const watchers = [];
  let value = { from: 'server' };
  const props = { get value() { return value; }, set value(next) { value = next; watchers.forEach((one) => one()); } };
  const received = [];
  const triggered = [];
  let mine = 1;
  const send = exchange({ props, trigger: (event) => triggered.push([event, value]), watch: (_, one) => watchers.push(one) }, () => ({ mine }), (one) => received.push(one));
  assert.deepEqual([received, value], [[{ from: 'server' }], { mine: 1, said: true }]);
  mine = 2;
  send('input');
  assert.deepEqual(triggered, [['input', { mine: 2, said: true }]]);
  props.value = { more: 1 };
  assert.deepEqual([received.at(-1), value], [{ more: 1 }, { mine: 2, said: true }]);
  mine = 3;
  send('');
  assert.equal(triggered.length, 1, 'it only waits in the value');
  assert.equal(value.mine, 3);
});
