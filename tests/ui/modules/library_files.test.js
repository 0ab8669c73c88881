import assert from 'node:assert/strict';
import test from 'node:test';

import { photosInTurn } from '../../../editor/ui/modules/library_files.js';

const given = (...names) => names.map((name) => ({ path: `/kept/${name}`, name }));

test('photos that are dropped while others are read wait for them', () => {
  const sent = [];
  const turn = photosInTurn((photos) => sent.push(photos.map((one) => one.name)));
  turn.give(given('a.jpg', 'b.jpg'));
  turn.works(true);
  turn.give(given('holiday.2026.png'));
  turn.give(given('d.jpg'));
  assert.deepEqual(sent, [['a.jpg', 'b.jpg']]);
  assert.deepEqual(turn.names, ['holiday.2026', 'd']);
  turn.works(true);
  assert.equal(sent.length, 1);
  turn.works(false);
  assert.deepEqual(sent, [['a.jpg', 'b.jpg'], ['holiday.2026.png']]);
  turn.works(false);
  turn.works(false);
  assert.deepEqual(sent.at(-1), ['d.jpg']);
  assert.equal(sent.length, 3, 'each once');
});

test('what waits is let go with a stop', () => {
  const sent = [];
  const turn = photosInTurn((photos) => sent.push(photos));
  turn.works(true); // an export, or pasting
  turn.give(given('a.jpg', 'b.jpg'));
  assert.equal(sent.length, 0);
  assert.equal(turn.drop(), 2);
  turn.works(false);
  assert.equal(sent.length, 0);
  turn.give(given('c.jpg'));
  assert.equal(sent.length, 1);
});
