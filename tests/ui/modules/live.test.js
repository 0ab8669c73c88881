import assert from 'node:assert/strict';
import test from 'node:test';

import { live } from '../../../editor/ui/modules/live.js';
import { hear } from '../../../editor/ui/modules/page_state.js';

const ABOUT = { visit: 'v', picture: 'p1', version: '1', layers: 'smile=2' };
const pause = (ms = 0) => new Promise((resolve) => { setTimeout(resolve, ms); });

// A server that answers when it is told to; a picture's address names its moves.
function fake(about = { ...ABOUT }) {
  const calls = [];
  const server = {
    live: (asked) => new Promise((resolve, reject) => { calls.push({ asked, resolve, reject }); }),
  };
  const uri = (moves, version = about.version) => `${version}:${JSON.stringify(moves)}`;
  const answered = (index, count = Infinity) => {
    const { asked, resolve } = calls[index];
    const after = asked.moves.slice(0, count).map((moves) => uri(moves));
    resolve({ after, version: about.version, turn: asked.turn });
  };
  const asks = live(server, () => about, { idle: 5, patience: 60 });
  return { about, calls, uri, answered, asks };
}

function listening() {
  const said = [];
  return { said, end: hear('said', ({ text }) => said.push(text)) };
}

test('a call names visit, picture, version, layers and moves', async () => {
  const { asks, calls, answered, uri } = fake();
  const picture = asks.ask({ smile: 1 });
  assert.deepEqual(calls[0].asked, { ...ABOUT, moves: [{ smile: 1 }], turn: 1 });
  answered(0);
  assert.equal(await picture, uri({ smile: 1 }));
});

test('one call is on its way, the newest waits, those between get null', async () => {
  const { asks, calls, answered, uri } = fake();
  const asked = [1, 2, 3, 4].map((smile) => asks.ask({ smile }));
  assert.equal(calls.length, 1);
  assert.deepEqual([await asked[1], await asked[2]], [null, null]);
  answered(0);
  assert.equal(await asked[0], uri({ smile: 1 }), 'the one on its way is shown, too');
  assert.equal(calls.length, 2);
  answered(1);
  assert.equal(await asked[3], uri({ smile: 4 }));
  await pause();
  assert.equal(calls.length, 2);
});

test('what is there is not asked for again, whatever the order and with zeros', async () => {
  const { asks, calls, answered } = fake();
  const first = asks.ask({ smile: 1, age: 2 });
  answered(0);
  const uri = await first;
  assert.equal(await asks.ask({ age: 2, smile: 1, beard: 0 }), uri);
  assert.equal(calls.length, 1);
});

test('a kept picture replaces what waited', async () => {
  const { asks, calls, answered, uri } = fake();
  const first = asks.ask({ smile: 1 });
  answered(0);
  await first;
  const [second, third] = [asks.ask({ smile: 2 }), asks.ask({ smile: 3 })];
  assert.equal(await asks.ask({ smile: 1 }), uri({ smile: 1 }));
  assert.equal(await third, null);
  answered(1);
  await second;
  assert.equal(calls.length, 2);
});

test('another picture, version or field of layers empties the cache', async () => {
  for (const changed of [{ picture: 'p2' }, { version: '2' }, { layers: '' }]) {
    const { about, asks, calls, answered } = fake();
    const first = asks.ask({ smile: 1 });
    answered(0);
    await first;
    Object.assign(about, changed);
    assert.equal(asks.near({ smile: 1 }), null);
    asks.ask({ smile: 1 });
    assert.equal(calls.length, 2, JSON.stringify(changed));
    answered(1);
  }
});

test('an answer for what is no longer shown, or of another version, is not used', async () => {
  const { about, asks, calls, answered } = fake();
  const left = asks.ask({ smile: 1 });
  about.picture = 'p2';
  answered(0);
  assert.equal(await left, null);
  const newer = asks.ask({ smile: 1 });
  calls[1].resolve({ after: ['other'], version: '7' });
  assert.equal(await newer, null);
  about.version = '';
  const any = asks.ask({ smile: 1 });
  calls[2].resolve({ after: ['other'], version: '7' });
  assert.equal(await any, 'other', 'a page that knows no version takes any');
});

test('pictures are made ahead when nothing is asked: nine, and none that is there', async () => {
  const { asks, calls, answered, uri } = fake();
  const first = asks.ask({ smile: 0.5 });
  answered(0);
  await first;
  const list = Array.from({ length: 12 }, (_, i) => ({ smile: i / 2 }));
  asks.ahead(list);
  assert.equal(calls.length, 1, 'not at once');
  await pause(15);
  assert.deepEqual(calls[1].asked.moves.map(({ smile }) => smile), [0, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]);
  answered(1);
  await pause();
  assert.equal(await asks.ask({ smile: 3 }), uri({ smile: 3 }));
  assert.equal(calls.length, 2);
});

test('a hand that moves on has nothing made ahead, and a drag goes before it', async () => {
  const { asks, calls, answered, uri } = fake();
  asks.ahead([{ smile: 1 }]);
  asks.ahead([{ age: 1 }, { age: 2 }, { age: 3 }]);
  await pause(15);
  assert.deepEqual(calls.map(({ asked }) => asked.moves.length), [3]);
  const drag = asks.ask({ smile: 9 });
  assert.equal(calls.length, 2, 'it does not wait for the pictures ahead');
  answered(0, 1); // the server ends a call for many where a newer one comes
  answered(1);
  assert.equal(await drag, uri({ smile: 9 }));
  assert.equal(await asks.ask({ age: 1 }), uri({ age: 1 }));
  asks.ahead([{ smile: 1 }]);
  asks.ask({ age: 3 });
  await pause(15);
  assert.deepEqual(calls.at(-1).asked.moves, [{ age: 3 }], 'a drag ends the wish');
});

test('neighbours on both sides are cross-faded', async () => {
  const { asks, answered, uri } = fake();
  asks.ahead([-2, -1, 0, 1, 2].map((smile) => ({ smile, age: 1 })));
  await pause(15);
  answered(0);
  await pause();
  const shares = asks.near({ smile: 0.25, age: 1 });
  assert.deepEqual(shares.map(({ uri: one, at, weight }) => [one, at, weight]), [
    [uri({ smile: 0, age: 1 }), 0, 0.75],
    [uri({ smile: 1, age: 1 }), 1, 0.25],
  ]);
  assert.equal(asks.near({ smile: 3, age: 1 }), null, 'nothing lies beyond');
  assert.equal(asks.near({ smile: 0.25, age: 2 }), null, 'two sliders differ');
  assert.deepEqual(asks.near({ smile: 1, age: 1 }).map(({ weight }) => weight), [1]);
});

test('the cache is bounded, the oldest go first', async () => {
  const { asks, calls, answered } = fake();
  for (let i = 0; i < 97; i += 1) {
    const one = asks.ask({ smile: i + 1 });
    answered(i);
    await one;
  }
  asks.ask({ smile: 97 });
  assert.equal(calls.length, 97);
  asks.ask({ smile: 1 });
  assert.equal(calls.length, 98);
});

test('an error is told once, and again after a picture came', async () => {
  const { said, end } = listening();
  const { asks, calls, answered } = fake();
  const gets = async (answer) => {
    const one = asks.ask({ smile: calls.length + 1 });
    calls.at(-1).resolve(answer);
    assert.equal(await one, null);
  };
  await gets({ error: '', late: true });
  assert.deepEqual(said, []);
  await gets({ error: 'It is gone.' });
  await gets({ error: 'It is gone.' });
  assert.deepEqual(said, ['It is gone.']);
  const good = asks.ask({ age: 1 });
  answered(calls.length - 1);
  await good;
  await gets({ error: 'It is gone.' });
  assert.equal(said.length, 2);
  end();
});

test('a server that does not answer is told after three times, and asked again', async () => {
  const { said, end } = listening();
  const { asks, calls } = fake();
  const warn = console.warn;
  console.warn = () => {};
  for (let i = 1; i < 6; i += 1) {
    const one = asks.ask({ smile: i });
    if (i % 2) calls.at(-1).resolve(undefined); // what Gradio's client gives
    else calls.at(-1).reject(new Error('offline'));
    assert.equal(await one, null);
    assert.equal(said.length, i < 3 ? 0 : 1);
  }
  console.warn = warn;
  end();
});

test('a call without an answer does not hold up the next for ever', async () => {
  const { asks, calls, answered, uri } = fake();
  const [lost, next] = [asks.ask({ smile: 1 }), asks.ask({ smile: 2 })];
  assert.equal(await lost, null);
  answered(1);
  assert.equal(await next, uri({ smile: 2 }));
  assert.equal(calls.length, 2);
});
