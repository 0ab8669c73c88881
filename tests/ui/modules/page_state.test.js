import assert from 'node:assert/strict';
import test from 'node:test';

import { change, hear, now, tell } from '../../../editor/ui/modules/page_state.js';

test('a change is told once, to those that listen to its name', () => {
  const heard = [];
  const end = hear('tool', (value) => heard.push(value));
  change({ tool: 'brush' });
  change({ tool: 'brush' });
  change({ place: 'library' });
  assert.deepEqual(heard, ['brush']);
  assert.equal(now().place, 'library');
  end();
  change({ tool: 'sliders', place: 'edit' });
  assert.deepEqual(heard, ['brush']);
});

test('a listener that goes while it is told disturbs nobody', () => {
  const heard = [];
  const end = hear('x', () => { end(); heard.push(1); });
  hear('x', () => heard.push(2));
  tell('x');
  tell('x');
  assert.deepEqual(heard, [1, 2, 2]);
});
