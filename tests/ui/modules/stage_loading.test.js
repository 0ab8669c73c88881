import assert from 'node:assert/strict';
import test from 'node:test';

import { newest } from '../../../editor/ui/modules/stage_loading.js';

/** A loader that counts, and images that tell whether they were closed. */
function counted() {
  const made = [];
  const load = () => new Promise((done, fail) => {
    const image = { closed: false, close() { this.closed = true; } };
    made.push({ image, come: () => done(image), fail: () => fail(new Error('no picture')) });
  });
  return { made, load };
}
const soon = () => new Promise((done) => { setImmediate(done); });

test('what is asked for again while it is loaded is loaded once', async () => {
  const [place, { made, load }] = [newest(), counted()];
  const all = [1, 2, 3].map(() => place.of('a', load));
  assert.equal(made.length, 1);
  made[0].come();
  assert.equal(new Set(await Promise.all(all)).size, 1);
  assert.ok(place.holds(all[0]));
});

test('what another replaces is closed when it comes, and is not held', async () => {
  const [place, { made, load }] = [newest(), counted()];
  const first = place.of('a', load);
  const second = place.of('b', load);
  made.forEach(({ come }) => come());
  await soon();
  assert.deepEqual(made.map(({ image }) => image.closed), [true, false]);
  assert.deepEqual([place.holds(first), place.holds(second)], [false, true]);
  assert.equal(place.of('', load), null);
  await soon();
  assert.equal(made[1].image.closed, true);
});

test('what was taken stays open', async () => {
  const [place, { made, load }] = [newest(), counted()];
  place.of('a', load);
  made[0].come();
  place.taken();
  place.of('b', load);
  await soon();
  assert.equal(made[0].image.closed, false);
  assert.equal(place.holds(null), false);
});

test('what failed is tried again', async () => {
  const [place, { made, load }] = [newest(), counted()];
  const failing = place.of('a', load);
  made[0].fail();
  await assert.rejects(failing);
  place.of('a', load);
  assert.equal(made.length, 2);
});
