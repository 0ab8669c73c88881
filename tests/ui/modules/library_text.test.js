import assert from 'node:assert/strict';
import test from 'node:test';

import { filters, progressLine, projectLine, sorted } from '../../../editor/ui/modules/library_text.js';

test('a batch says how long it takes, roughly', () => {
  assert.equal(progressLine({ done: 0, total: 5, seconds: null }), '1 of 5');
  assert.equal(progressLine({ done: 2, total: 5, seconds: 23 }), '3 of 5 · about 25 s left');
  assert.equal(progressLine({ done: 4, total: 5, seconds: 3 }), '5 of 5 · a few seconds left');
  assert.equal(progressLine({ done: 5, total: 50, seconds: 290 }), '6 of 50 · about 5 min left');
  assert.equal(progressLine({ done: 3, total: 3, saving: true }), 'Saving 3 of 3');
  assert.equal(progressLine({ done: 0, total: 3, pasting: true }), 'Pasting settings, 1 of 3');
  assert.equal(progressLine({ done: 4, total: 5, seconds: 3 }, 2), '5 of 5 · a few seconds left · 2 more after them');
  assert.equal(progressLine({ done: 0, total: 1, seconds: null }, 2), '1 of 1 · 2 more after it');
});

test('filters are offered where several domains have pictures', () => {
  const tile = (domain) => ({ key: '', id: '', domain, name: '', src: '', doubt: '' });
  const domains = [{ name: 'f', title: 'Faces' }, { name: 's', title: 'Landscapes' }];
  assert.deepEqual(filters([tile('f'), tile('f')], domains), []);
  assert.deepEqual(filters([tile('f'), tile('s'), tile('f')], domains), [
    { name: '', title: 'All', count: 3 },
    { name: 'f', title: 'Faces', count: 2 },
    { name: 's', title: 'Landscapes', count: 1 },
  ]);
});

test('the project tells its name and when it was saved', () => {
  assert.equal(projectLine('', null), 'Not saved as a file yet');
  assert.equal(projectLine('holiday.zip', null), 'holiday.zip');
  assert.match(projectLine('holiday.zip', Date.UTC(2026, 0, 1, 12, 4)), /^holiday\.zip · saved .*\d\d/);
});

test('what is dropped is sorted', () => {
  const files = ['a.jpg', 'b.ZIP', 'c.npz', 'd.zip'].map((name) => ({ name }));
  assert.deepEqual(sorted(files), { photos: [{ name: 'a.jpg' }, { name: 'c.npz' }], project: { name: 'b.ZIP' }, left: 0 });
  const many = Array.from({ length: 53 }, (_, index) => ({ name: `${index}.png` }));
  assert.deepEqual([sorted(many).photos.length, sorted(many).left], [50, 3]);
});
