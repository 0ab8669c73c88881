import assert from 'node:assert/strict';
import test from 'node:test';

import { onCanvas, photoImage } from '../../../editor/ui/modules/stage_photo.js';

/** A browser whose canvases stay empty beyond so many pixels. */
function browser(most) {
  const made = [];
  globalThis.document = {
    createElement: () => {
      const canvas = { width: 0, height: 0 };
      canvas.getContext = () => ({
        canvas,
        drawImage: () => {},
        getImageData: () => ({ data: [0, 0, 0, canvas.width * canvas.height <= most ? 255 : 0] }),
      });
      made.push(canvas);
      return canvas;
    },
  };
  return made;
}
const bitmap = (width, height) => ({ width, height, close() { this.width = 0; } });

test('a photo is laid on a canvas of its size where the browser has such', () => {
  const made = browser(Infinity);
  const image = bitmap(6000, 4000);
  const { canvas } = onCanvas(image);
  assert.deepEqual([canvas.width, canvas.height, made.length, image.width], [6000, 4000, 1, 0]);
});

test('where large canvases stay empty it has as many pixels as all have', () => {
  const made = browser(2 ** 24);
  const { canvas } = onCanvas(bitmap(6000, 4000));
  assert.ok(canvas.width * canvas.height <= 2 ** 24 && canvas.width * canvas.height > 0.99 * 2 ** 24);
  assert.ok(Math.abs(canvas.width / canvas.height - 1.5) < 1e-3);
  assert.deepEqual([made.length, made[0].width], [2, 0]); // the empty one is given back
});

test('a photo that is decoded already is decoded once', async () => {
  const decoded = [];
  globalThis.createImageBitmap = async (source, size) => { decoded.push(source); return bitmap(size?.resizeWidth, size?.resizeHeight); };
  const [file, image] = [{ file: true }, bitmap(3000, 2000)];
  const photo = { url: '', width: 3000, height: 2000, key: 'a', file, image };
  assert.equal(await photoImage(photo, 4096), image);
  assert.deepEqual(decoded, []);
  image.close();
  await photoImage(photo, 4096);
  assert.deepEqual(decoded, [file]);
});

test('one beyond the limit is made smaller, and closed', async () => {
  globalThis.createImageBitmap = async (source, { resizeWidth, resizeHeight }) => bitmap(resizeWidth, resizeHeight);
  const image = bitmap(3000, 2000);
  const made = await photoImage({ url: '', width: 3000, height: 2000, key: 'a', image }, 1500);
  assert.deepEqual([made.width, made.height, image.width], [1500, 1000, 0]);
});
