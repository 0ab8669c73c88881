// The photo of the stage: fetched, decoded no larger than can be drawn, with other edits of it laid in.

import { addLayer, layerOf, squareOf } from './composite.js';
import { contextOf, pixelsOf, seenOf } from './composite_canvas.js';

/**
 * @typedef {{url: string, width: number, height: number, key: string, file?: Blob}} Photo  file: in place of the address
 * @typedef {{crop: import('./composite.js').Crop, reference: string, after: string}} Other
 *   an edit of another square of the same photo; pictures as data URIs
 */

/**
 * Return the bytes of a data URI.
 * @param {string} uri in base64
 */
export function blobOf(uri) {
  const comma = uri.indexOf(',');
  const text = atob(uri.slice(comma + 1));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes], { type: uri.slice(5, comma).split(';')[0] });
}

/**
 * Decode a photo, no larger than can be drawn.
 * @param {Photo} photo
 * @param {number} limit of its longer side, px
 */
export async function photoImage({ url, width, height, file }, limit) {
  const blob = file || (url.startsWith('data:') ? blobOf(url) : await fetched(url));
  const most = Math.max(width, height);
  if (most <= limit) return createImageBitmap(blob);
  const by = limit / most;
  return createImageBitmap(blob, {
    resizeWidth: Math.max(1, Math.floor(width * by)), resizeHeight: Math.max(1, Math.floor(height * by)), resizeQuality: 'high',
  });
}

/** @param {string} url */
async function fetched(url) {
  const { root = '' } = /** @type {any} */ (window).gradio_config || {}; // a proxy may put the page under a folder
  const answer = await fetch(url.startsWith('/') ? `${root}${url}` : url);
  if (!answer.ok) throw new Error(`the photo was not given: ${answer.status}`);
  return answer.blob();
}

/**
 * Lay edits of other squares into a photo.
 * @param {Photo} photo
 * @param {Other[]} others
 * @param {number} limit of its longer side, px
 * @returns {Promise<ImageBitmap>}
 */
export async function withOthers(photo, others, limit) {
  const image = await photoImage(photo, limit);
  const { width, height } = image;
  const context = contextOf(Object.assign(document.createElement('canvas'), { width, height }));
  context.drawImage(image, 0, 0);
  image.close();
  for (const { crop, reference, after } of others) {
    const [old, edited] = await Promise.all([reference, after].map(squareImage));
    const square = squareOf(crop, width, height);
    const transform = { scale: 1, x: 0, y: 0 };
    const part = seenOf({ left: 0, top: 0, width, height, transform, show: 'after', smooth: true }, square);
    if (!part) continue;
    const pixels = context.getImageData(part.left, part.top, part.width, part.height);
    addLayer(pixels, part.transform, layerOf(pixelsOf(old), pixelsOf(edited), square.side), square);
    context.putImageData(pixels, part.left, part.top);
  }
  return createImageBitmap(context.canvas);
}

/** @param {string} uri of a square */
export const squareImage = (uri) => createImageBitmap(blobOf(uri), { colorSpaceConversion: 'none' });
