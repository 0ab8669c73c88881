// Masks as pictures: grey PNGs as data URIs, and what is drawn of them on the page.

import { blank, empty, SIDE } from './mask_painting.js';

/**
 * @typedef {import('./mask_painting.js').Grey} Grey
 * @typedef {import('./mask_painting.js').Area} Area
 */

/** @returns {CanvasRenderingContext2D} */
function square() {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
}

/**
 * Load a picture.
 * @param {string} uri
 * @returns {Promise<HTMLImageElement>}
 */
export async function loaded(uri) {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

/**
 * Read a mask. It is enlarged without smoothing, so that the server's reduction gives it again.
 * @param {string} uri "": nothing is painted
 * @returns {Promise<{grey: Grey, side: number}>} side: of the picture, px
 */
export async function levels(uri) {
  const grey = blank();
  if (!uri) return { grey, side: SIDE };
  const image = await loaded(uri);
  const pen = square();
  pen.imageSmoothingEnabled = image.naturalWidth > SIDE;
  pen.drawImage(image, 0, 0, SIDE, SIDE);
  const { data } = pen.getImageData(0, 0, SIDE, SIDE);
  for (let i = 0; i < grey.length; i += 1) grey[i] = data[4 * i];
  return { grey, side: image.naturalWidth };
}

/**
 * Return a mask as a PNG, or "" where nothing is painted.
 * @param {Grey} grey
 */
export function maskUri(grey) {
  if (empty(grey)) return '';
  const pen = square();
  const picture = pen.createImageData(SIDE, SIDE);
  for (let i = 0; i < grey.length; i += 1) {
    picture.data[4 * i] = picture.data[4 * i + 1] = picture.data[4 * i + 2] = grey[i];
    picture.data[4 * i + 3] = 255;
  }
  pen.putImageData(picture, 0, 0);
  return pen.canvas.toDataURL('image/png');
}

/**
 * Draw a part of a mask as a tint.
 * @param {CanvasRenderingContext2D} pen of a canvas of SIDE px
 * @param {Grey} grey
 * @param {number} opacity 0…1, where all is painted
 * @param {Area} [area]
 */
export function tint(pen, grey, opacity, area = { left: 0, top: 0, right: SIDE, bottom: SIDE }) {
  const [width, height] = [area.right - area.left, area.bottom - area.top];
  if (width <= 0 || height <= 0) return;
  pen.fillStyle = getComputedStyle(pen.canvas).color;
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(String(pen.fillStyle).slice(at, at + 2), 16));
  const picture = pen.createImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = 4 * (y * width + x);
      picture.data[at] = red;
      picture.data[at + 1] = green;
      picture.data[at + 2] = blue;
      picture.data[at + 3] = opacity * grey[(area.top + y) * SIDE + area.left + x];
    }
  }
  pen.putImageData(picture, area.left, area.top);
}

/**
 * Return a picture with a mask as its opacity.
 * @param {HTMLImageElement} picture
 * @param {Grey} grey
 * @returns {HTMLCanvasElement}
 */
export function cutOut(picture, grey) {
  const pen = square();
  const alpha = pen.createImageData(SIDE, SIDE);
  for (let i = 0; i < grey.length; i += 1) alpha.data[4 * i + 3] = grey[i];
  pen.putImageData(alpha, 0, 0);
  pen.globalCompositeOperation = 'source-in';
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(picture, 0, 0, SIDE, SIDE);
  return pen.canvas;
}
