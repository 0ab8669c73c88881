// The photo of the stage: fetched, decoded no larger than can be drawn, with other edits of it laid in.

import { addLayer, layerOf, squareOf } from './composite.js';
import { contextOf, pixelsOf, seenOf } from './composite_canvas.js';

/**
 * @typedef {{url: string, width: number, height: number, key: string, file?: Blob, image?: ImageBitmap}} Photo
 *   file: in place of the address; image: the file decoded, until who draws it closes it
 * @typedef {{crop: import('./composite.js').Crop, reference: string, after: string}} Other
 *   an edit of another square of the same photo; pictures as data URIs
 */

const CANVAS_PIXELS = 2 ** 24; // of a canvas on an iPhone

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
 * Decode a photo, no larger than can be drawn. What it has decoded already is used up.
 * @param {Photo} photo
 * @param {number} limit of its longer side, px
 */
export async function photoImage({ url, width, height, file, image }, limit) {
  const open = image?.width ? image : null; // a closed one has no width
  const source = open || file || (url.startsWith('data:') ? blobOf(url) : await fetched(url));
  const most = Math.max(width, height);
  if (most <= limit) return open || createImageBitmap(source);
  const [resizeWidth, resizeHeight] = [width, height].map((side) => Math.max(1, Math.floor((side * limit) / most)));
  const made = await createImageBitmap(source, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  open?.close();
  return made;
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
  const context = onCanvas(await photoImage(photo, limit));
  const { canvas: { width, height } } = context;
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
  const made = await createImageBitmap(context.canvas);
  release(context.canvas);
  return made;
}

/**
 * Draw a photo on a canvas of its size, or of as many pixels as every browser takes: where it takes no more, as on a
 * telephone, a larger canvas stays empty. The image is closed.
 * @param {ImageBitmap} image
 */
export function onCanvas(image) {
  const { width, height } = image;
  const by = Math.min(1, Math.sqrt(CANVAS_PIXELS / (width * height)));
  /** @type {CanvasRenderingContext2D | null} */
  let made = null;
  for (const scale of by < 1 ? [1, by] : [1]) {
    if (made) release(made.canvas);
    made = contextOf(Object.assign(document.createElement('canvas'), { width: Math.floor(width * scale), height: Math.floor(height * scale) }));
    made.drawImage(image, 0, 0, made.canvas.width, made.canvas.height);
    if (scale === 1 && by < 1 && isDrawn(made)) break;
  }
  image.close();
  return /** @type {CanvasRenderingContext2D} */ (made);
}

/** Say whether the last pixel of a canvas is there. @param {CanvasRenderingContext2D} context */
function isDrawn(context) {
  try {
    return context.getImageData(context.canvas.width - 1, context.canvas.height - 1, 1, 1).data[3] > 0;
  } catch {
    return false;
  }
}

/** Give the memory of a canvas back. @param {HTMLCanvasElement} canvas */
const release = (canvas) => Object.assign(canvas, { width: 0, height: 0 });

/** @param {string} uri of a square */
export const squareImage = (uri) => createImageBitmap(blobOf(uri), { colorSpaceConversion: 'none' });
