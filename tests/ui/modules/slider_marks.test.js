import assert from 'node:assert/strict';
import test from 'node:test';

import {
  advice, effectText, ENOUGH, filled, heldAfter, isDouble, isEnough, levelText, marksOf, tally, toggled, withMark,
} from '../../../editor/ui/modules/slider_marks.js';
import { MOST, wrongWith } from '../../../editor/ui/modules/slider_ways.js';

const pictures = (marks) => [...marks].map((mark, i) => (
  { id: `seed:${i}`, of: '', src: 'data:', mark: { '+': 'has', '-': 'not', '.': '' }[mark] }
));

test('a mark is set, changed, and taken back by the same hand', () => {
  assert.equal(toggled('', 'has'), 'has');
  assert.equal(toggled('has', 'not'), 'not');
  assert.equal(toggled('not', 'not'), '');
  const before = pictures('..');
  const after = withMark(before, 'seed:1', 'not');
  assert.deepEqual(after.map((one) => one.mark), ['', 'not']);
  assert.equal(before[1].mark, '', 'what was given is not changed');
  assert.equal(after[0], before[0]);
});

test('six marks are enough, or all where there are fewer', () => {
  assert.equal(ENOUGH, 6);
  assert.equal(isEnough(pictures('+-+-+.......')), false);
  assert.equal(isEnough(pictures('+-+-+-......')), true);
  assert.equal(isEnough(pictures('+-+')), true);
  assert.equal(isEnough([]), false);
  assert.deepEqual(tally(pictures('++-.')), [2, 1]);
});

test('a second tap on the same picture means that it has not', () => {
  assert.equal(isDouble(null, 'a', 100), false);
  assert.equal(isDouble({ id: 'a', at: 100 }, 'a', 400), true);
  assert.equal(isDouble({ id: 'a', at: 100 }, 'b', 200), false);
  assert.equal(isDouble({ id: 'a', at: 100 }, 'a', 500), false);
});

test('marks that came too late are sent with the next ones, without the pictures', () => {
  const late = [{ id: 'seed:9', of: 'x', src: 'data:', mark: '' }, { ...pictures('-')[0] }];
  assert.deepEqual(marksOf(pictures('+.'), late), [
    { id: 'seed:9', of: 'x', mark: '' },
    { id: 'seed:0', of: '', mark: 'has' },
    { id: 'seed:1', of: '', mark: '' },
  ]);
});

test('the bar is empty at chance, and says what it means', () => {
  assert.equal(filled(null), 0);
  assert.equal(filled(0.48), 0);
  assert.equal(filled(0.65), 30);
  assert.equal(filled(1), 100);
  assert.equal(levelText('not yet', null), 'not yet');
  assert.equal(levelText('not yet', 0.48), 'not yet (48%)');
});

test('the advice follows the marks', () => {
  assert.match(advice([0, 0], 'not yet', 5), /Mark six/);
  assert.equal(advice([0, 3], 'not yet', 5), 'Mark some that have it.');
  assert.equal(advice([3, 0], 'not yet', 5), 'Mark some that have it not.');
  assert.equal(advice([8, 10], 'not yet', 4), 'About 4 more of each.');
  assert.equal(advice([8, 10], 'usable', 4), 'About 4 more of each would make it good.');
  assert.equal(advice([20, 20], 'good', 0), 'Good. Name it and add it.');
});

test('what it moves besides, and what is held', () => {
  assert.equal(effectText({ title: 'feminine', share: 38, held: false }), 'feminine 38%');
  assert.equal(effectText({ title: 'glasses', share: -12, held: false }), 'glasses −12%');
  assert.equal(effectText({ title: 'glasses', share: 0, held: true }), 'glasses 0%');
  assert.deepEqual(heldAfter(['a'], 'b'), ['a', 'b']);
  assert.deepEqual(heldAfter(['a', 'b'], 'a'), ['b']);
});

test('photos are refused before they are sent', () => {
  assert.equal(wrongWith('folders', 3, 0), 'Give photos on both sides.');
  assert.equal(wrongWith('folders', 3, 2), '');
  assert.equal(wrongWith('pairs', 3, 2), '2 before and 3 after do not make pairs.');
  assert.equal(wrongWith('pairs', 2, 2), '');
  assert.match(wrongWith('folders', MOST, 1), /At most 100/);
});
