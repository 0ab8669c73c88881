import assert from 'node:assert/strict';
import test from 'node:test';

import { confirmation, described, isPicture, lastWish, readWish, rememberWish, suffixOf, wordOf } from '../../../editor/ui/modules/save_wish.js';

const FACTS = { name: 'holiday smile+45', photo: [1800, 2200], model: 128, face: 512, subject: 'face', faces: 1,
  same: 'PNG', suffix: '.png', word: '', kinds: ['JPEG', 'PNG'], clear: true, grey: false };
const USUAL = { what: 'photo', name: '', kind: 'SAME', profile: true, colour: false };

test('whatever was stored becomes a wish', () => {
  for (const given of [null, 3, 'x', [], { what: 'constructor', kind: 'toString', name: 4 }]) assert.deepEqual(readWish(given), USUAL);
  assert.deepEqual(readWish({ what: 'pair', kind: 'PNG', profile: false }), { what: 'pair', name: '', kind: 'PNG', profile: false, colour: false });
});

test('the last choice is remembered, but not the name', () => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  assert.deepEqual(lastWish(), USUAL);
  rememberWish({ what: 'face', name: 'me', kind: 'WEBP', profile: true, colour: true });
  assert.deepEqual(lastWish(), { what: 'face', name: '', kind: 'WEBP', profile: true, colour: false }, 'colour belongs to one photo');
  globalThis.localStorage = { getItem: () => '{broken', setItem: () => { throw new Error('full'); } };
  assert.deepEqual(lastWish(), USUAL);
  rememberWish(USUAL);
  delete globalThis.localStorage;
  assert.deepEqual(lastWish(), USUAL);
});

test('suffixes', () => {
  assert.equal(suffixOf(USUAL), '', 'the photo is not known yet');
  assert.equal(suffixOf(USUAL, FACTS), '.png');
  assert.equal(suffixOf({ ...USUAL, kind: 'JPEG' }, FACTS), '.jpg');
  assert.equal(suffixOf({ ...USUAL, what: 'pair', kind: 'WEBP' }), '.webp');
  assert.equal(suffixOf({ ...USUAL, what: 'wipe' }), '.mp4');
  assert.equal(suffixOf({ ...USUAL, what: 'look' }), '.json');
  assert.deepEqual(['face', 'wipe', 'code'].map((what) => isPicture({ ...USUAL, what })), [true, false, false]);
});

test('what a type cannot keep is said', () => {
  assert.equal(wordOf(USUAL, FACTS), '');
  assert.match(wordOf({ ...USUAL, kind: 'JPEG' }, FACTS), /no transparency.*PNG keeps it/);
  assert.equal(wordOf({ ...USUAL, kind: 'JPEG' }, { ...FACTS, clear: false }), '');
  assert.equal(wordOf({ ...USUAL, kind: 'JPEG', what: 'code' }, FACTS), '');
  assert.equal(wordOf(USUAL, { ...FACTS, word: 'HEIC cannot be written here; saved as JPEG' }), 'HEIC cannot be written here; saved as JPEG.');
});

test('sizes are told before and after', () => {
  assert.equal(described(FACTS).photo, '1800 × 2200, edit laid in');
  assert.equal(described({ ...FACTS, faces: 2 }).photo, '1800 × 2200, 2 faces edited');
  assert.equal(described({ ...FACTS, photo: null }).photo, '512 px (model 128 px, enlarged)');
  assert.equal(described({ ...FACTS, model: 1024, face: 1024 }).face, '1024 px');
  assert.equal(described(null).photo, '');
  const saved = { file: '', name: 'holiday smile+45.jpg', bytes: 9, width: 1800, height: 2200, faces: 1 };
  assert.equal(confirmation(saved), 'holiday smile+45.jpg was saved, 1800 × 2200.');
  assert.equal(confirmation({ ...saved, word: 'laid on white' }), 'holiday smile+45.jpg was saved, 1800 × 2200. laid on white.');
  assert.equal(confirmation({ ...saved, name: 'a.json', width: 0, height: 0 }), 'a.json was saved.');
});
