import assert from 'node:assert/strict';
import test from 'node:test';

import { across, PLACES } from '../../../editor/ui/modules/slider_aim.js';
import { following } from '../../../editor/ui/modules/stage_following.js';

const soon = () => new Promise((done) => { setTimeout(done, 5); });

/** A stage that notes what it shows, and a live path that answers when the test says so. */
function stage({ near = () => null } = {}) {
  const value = { picture: 'p1', version: 'a', state: 'done', moves: {} };
  const shown = [];
  const asked = [];
  const aheads = [];
  const live = {
    ask: (moves) => new Promise((answer) => { asked.push({ moves, answer }); }),
    near,
    ahead: (list) => aheads.push(list),
  };
  const hand = following(live, { value: () => value, show: (one) => shown.push(one), begin: () => { value.state = 'done'; } }, 0);
  return { hand, value, shown, asked, aheads, last: () => shown[shown.length - 1] };
}
const fade = [{ uri: 'low', weight: 0.4 }, { uri: 'high', weight: 0.6 }];

test('nine pictures lie across the range, the other sliders as they are', () => {
  const list = across({ age: 2, smile: 1 }, 'smile', (place) => place / 10);
  assert.equal(list.length, 9);
  assert.deepEqual(list.map((moves) => moves.age), Array(9).fill(2));
  assert.deepEqual(list.map((moves) => (moves.smile || 0) * 10), PLACES);
  assert.deepEqual([...PLACES].sort((a, b) => a - b), [-100, -75, -50, -25, 0, 25, 50, 75, 100]);
});

test('a cross-fade is shown at once, the exact picture when it comes', async () => {
  const { hand, asked, shown, last } = stage({ near: () => fade });
  hand.follow({ smile: 1 });
  assert.deepEqual(shown, [{ uri: 'low', mixed: fade[1] }]);
  await soon();
  asked[0].answer('exact');
  await soon();
  assert.deepEqual(last(), { uri: 'exact' });
});

test('a hand that goes on is not thrown back by the picture of where it was', async () => {
  const { hand, asked, last } = stage({ near: () => fade });
  hand.follow({ smile: 1 });
  await soon();
  hand.follow({ smile: 2 });
  asked[0].answer('of one');
  await soon();
  assert.deepEqual(last(), { uri: 'low', mixed: fade[1] });
});

test('without pictures made ahead those asked for are shown as they come', async () => {
  const { hand, asked, shown } = stage();
  hand.follow({ smile: 1 });
  hand.follow({ smile: 2 });
  asked[0].answer('one');
  await soon();
  asked[1].answer('two');
  await soon();
  assert.deepEqual(shown, [{ uri: 'one' }, { uri: 'two' }]);
});

test('after a release nothing older is shown', async () => {
  const { hand, value, asked, shown, last } = stage();
  hand.follow({ smile: 1 });
  hand.follow({ smile: 2 });
  value.moves = { smile: 2 };
  hand.told({ smile: 2 }, false);
  const count = shown.length;
  asked.forEach(({ answer }, index) => answer(`stale ${index}`));
  await soon();
  assert.equal(shown.length, count);
  assert.deepEqual(last(), { uri: '' });
});

test('a cross-fade ends with the release too', async () => {
  const { hand, value, asked, last } = stage({ near: () => fade });
  hand.follow({ smile: 1 });
  value.moves = { smile: 1 };
  hand.told({ smile: 1 }, false);
  await soon();
  assert.equal(asked.length, 0);
  assert.deepEqual(last(), { uri: '' });
});

test('another picture or version drops what is on its way', async () => {
  for (const change of [{ picture: 'p2' }, { version: 'b' }]) {
    const { hand, value, asked, shown } = stage();
    hand.follow({ smile: 1 });
    Object.assign(value, change);
    asked[0].answer('of before');
    await soon();
    assert.deepEqual(shown, []);
  }
});

test('while likeness is refined the hand is not thrown back', async () => {
  const { hand, value, asked, shown } = stage();
  hand.follow({ smile: 2 });
  asked[0].answer('of a');
  await soon();
  value.version = 'b';
  hand.told({ smile: 2 }, true); // the server's own picture has no smile yet
  hand.told({ smile: 2 }, false); // progress
  assert.deepEqual(shown, [{ uri: 'of a' }]);
  asked[1].answer('of b');
  await soon();
  assert.deepEqual(shown, [{ uri: 'of a' }, { uri: 'of b' }]);
});

test('where no exact picture comes the new version is shown as the server has it', async () => {
  const { hand, value, asked, last } = stage();
  hand.follow({ smile: 2 });
  asked[0].answer('of a');
  await soon();
  value.version = 'b';
  hand.told({ smile: 2 }, true);
  asked[1].answer(null);
  await soon();
  assert.deepEqual(last(), { uri: '' });
});

test('a hand that rests is shown every new version', () => {
  const { hand, value, last } = stage();
  value.version = 'b';
  hand.told({}, true);
  assert.deepEqual(last(), { uri: '' });
});

test('nothing is made ahead while the picture is being read', () => {
  const { hand, value, aheads } = stage();
  value.state = 'working';
  hand.ahead([{ smile: 1 }]);
  assert.equal(aheads.length, 0);
  value.state = 'done';
  hand.ahead([{ smile: 1 }]);
  assert.equal(aheads.length, 1);
});
