import assert from 'node:assert/strict';
import test from 'node:test';

import { chosen, refusal } from '../../../editor/ui/modules/photo_files.js';
import { same as sameMoves } from '../../../editor/ui/modules/stage_following.js';
import { description, errorLine, likenessLine, NOTHING, takesLine, workingLine } from '../../../editor/ui/modules/stage_words.js';

const file = (name, type = '', size = 1000) => ({ name, type, size });

test('photos are taken by type or by suffix', () => {
  for (const [name, type] of [['a.jpg', 'image/jpeg'], ['A.HEIC', ''], ['b.avif', ''], ['c.TIFF', ''], ['d', ''], ['e.xyz', ''], ['f.png', 'text/plain']]) {
    assert.equal(refusal(file(name, type)), '', name);
  }
});

test('what is plainly no photo is named in a sentence', () => {
  assert.equal(refusal(file('holiday.mp4', 'video/mp4')), 'holiday.mp4 is a video. Photos: JPEG, PNG, WebP, HEIC, AVIF, TIFF.');
  assert.match(refusal(file('paper.pdf', 'application/pdf')), /^paper\.pdf is a PDF\./);
  assert.match(refusal(file('clip.MOV')), /is a video/);
  assert.match(refusal(file('a.svg', 'image/svg+xml')), /is a drawing/);
  assert.match(refusal(file('a.zip', 'application/zip')), /is an archive/);
  assert.match(refusal(file('empty.jpg', 'image/jpeg', 0)), /is empty/);
  assert.match(refusal(file('huge.jpg', 'image/jpeg', 2 ** 30)), /larger than 100 MB/);
  assert.ok(refusal(file(`${'x'.repeat(300)}.pdf`)).length < 140);
});

test('of several files the first photo is taken', () => {
  const one = chosen([file('a.pdf'), file('b.png')]);
  assert.equal(one.file.name, 'b.png');
  assert.match(one.why, /^a\.pdf/, 'what is left out is said');
  const several = chosen([file('a.pdf'), file('b.png'), file('c.png')]);
  assert.deepEqual([several.file, several.many.length], [null, 3], 'the library takes them');
  assert.match(chosen([file('a.pdf'), file('b.mp4')]).why, /^a\.pdf/);
  assert.deepEqual(chosen([]), { file: null, many: [], why: '' });
});

test('the line of work says how long it takes', () => {
  assert.equal(workingLine({ line: '', progress: { done: 3, total: 9, seconds: 6.2 } }), 'Refining likeness… about 6 s');
  assert.equal(workingLine({ line: '', progress: { done: 3, total: 9, seconds: 0.1 } }), 'Refining likeness… about 1 s');
  assert.equal(workingLine({ line: '', progress: { done: 3, total: 9, seconds: 150 } }), 'Refining likeness… about 3 min');
  assert.equal(workingLine({ line: '', progress: null }), 'Refining likeness…');
  assert.equal(workingLine({ line: 'Opening a.jpg…', progress: null }), 'Opening a.jpg…');
});

test('a poor likeness warns', () => {
  assert.deepEqual(likenessLine('good'), { text: 'Likeness: good', warning: '' });
  assert.deepEqual(likenessLine('poor'), { text: 'Likeness: poor. ', warning: 'Small details will drift.' });
  assert.deepEqual(likenessLine(''), { text: '', warning: '' });
});

test('an unreadable file is told what can be read, once', () => {
  assert.match(errorLine('a.jpg cannot be read.'), /cannot be read\. Photos: JPEG/);
  assert.equal(errorLine('The server is busy.'), 'The server is busy.');
});

test('"stays on this computer" is said where it is true', () => {
  assert.equal(takesLine(['face', 'landscape'], '127.0.0.1'), 'Face or landscape · stays on this computer');
  assert.equal(takesLine(['face'], 'photos.example'), 'Face');
});

test('the picture is described with what was moved', () => {
  const value = { ...NOTHING, state: 'done', picture: 'p1', name: 'friend', moves: { smile: 1.5, age: 0, turn: -2 } };
  assert.equal(description(value), 'friend, generated, edited: smile +1.5, turn −2.0');
  assert.equal(description(NOTHING), 'No picture yet');
});

test('a slider at zero is a slider that was not moved', () => {
  assert.ok(sameMoves({ smile: 0 }, {}));
  assert.ok(!sameMoves({ smile: 1 }, {}));
  assert.ok(!sameMoves({}, { age: -1 }));
});
