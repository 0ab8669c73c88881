// The composite without WebGL: the photo is drawn on a 2D canvas, and the difference added to the pixels that are seen.

import { addLayer, covered, layerOf } from './composite.js';
import { sizeOf, webglCompositor } from './composite_webgl.js';

/**
 * @typedef {import('./composite_webgl.js').Compositor} Compositor
 * @typedef {import('./composite_webgl.js').Difference} Difference
 * @typedef {import('./composite_webgl.js').Pane} Pane
 * @typedef {import('./composite_webgl.js').Side} Side
 * @typedef {import('./composite.js').Pixels} Pixels
 * @typedef {import('./composite.js').Transform} Transform
 * @typedef {{layer: import('./composite.js').Layer, square: import('./composite.js').Square}} Laid
 */

/**
 * Return what draws on a canvas: by WebGL where that can be had, else in 2D.
 * @param {HTMLCanvasElement} canvas on which nothing has been drawn
 * @param {'webgl' | 'canvas' | ''} [kind] the only one to try
 * @returns {Compositor}
 */
export const compositorOf = (canvas, kind = '') => (kind !== 'canvas' && webglCompositor(canvas)) || canvasCompositor(canvas);

/**
 * Return a compositor that draws on a canvas in 2D.
 * @param {HTMLCanvasElement} canvas
 * @returns {Compositor}
 */
export function canvasCompositor(canvas) {
  const context = contextOf(canvas);
  /** @type {{photo: CanvasImageSource | null, composed: CanvasImageSource | null, width: number, height: number, at: [number, number], sides: Record<Side, Laid | null>}} */
  const now = { photo: null, composed: null, width: 0, height: 0, at: [0, 0], sides: { after: null, before: null } };
  /** @type {{image: ImageBitmap | null, pixels: Pixels | null}} */
  const read = { image: null, pixels: null };

  /** @param {Side} side @param {Difference | null} difference */
  function lay(side, difference) {
    now.sides[side] = null;
    if (!difference) return;
    const { reference, picture, square, whole } = difference;
    if (read.image !== reference) Object.assign(read, { image: reference, pixels: pixelsOf(reference) });
    const pixels = /** @type {Pixels} */ (read.pixels);
    now.sides[side] = { square, layer: layerOf(pixels, pixelsOf(picture), square.side, whole) };
  }

  /** Draw one side as a pane wants it. @param {CanvasRenderingContext2D} on @param {Pane} pane @param {Side} side */
  function drawSide(on, pane, side) {
    const { transform: { scale, x, y }, left, top, width, height, smooth } = pane;
    const image = (side === 'after' && now.composed) || now.photo;
    if (!image) return;
    on.save();
    on.beginPath();
    on.rect(left, top, width, height);
    on.clip();
    on.imageSmoothingEnabled = smooth;
    on.imageSmoothingQuality = 'high';
    on.drawImage(image, x, y, now.width * scale, now.height * scale);
    on.restore();
    const laid = now.sides[side];
    if (!laid || image === now.composed) return;
    const inner = { scale, x: x - left, y: y - top };
    const seen = covered(laid.square, inner, width, height);
    const [w, h] = [seen.right - seen.left, seen.bottom - seen.top];
    if (w <= 0 || h <= 0) return;
    const part = on.getImageData(left + seen.left, top + seen.top, w, h);
    addLayer(part, { scale, x: inner.x - seen.left, y: inner.y - seen.top }, laid.layer, laid.square);
    on.putImageData(part, left + seen.left, top + seen.top);
  }

  /** @param {Pane[]} panes */
  function draw(panes) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const pane of panes) {
      if (pane.show !== 'difference') drawSide(context, pane, pane.show);
      else {
        drawSide(context, pane, 'after');
        const after = context.getImageData(pane.left, pane.top, pane.width, pane.height);
        drawSide(context, pane, 'before');
        const before = context.getImageData(pane.left, pane.top, pane.width, pane.height);
        falseColours(before, after);
        context.putImageData(before, pane.left, pane.top);
      }
    }
  }

  /** @returns {Pixels} */
  function compose() {
    const [width, height] = now.at;
    const whole = contextOf(Object.assign(document.createElement('canvas'), { width, height }));
    const transform = { scale: width / Math.max(1, now.width), x: 0, y: 0 };
    drawSide(whole, { left: 0, top: 0, width, height, transform, show: 'after', smooth: true }, 'after');
    return whole.getImageData(0, 0, width, height);
  }

  return {
    kind: 'canvas',
    limit: 16384,
    photo: (image, width, height) => { Object.assign(now, { photo: image, width, height, at: sizeOf(image) }); },
    composed: (image) => { now.composed = image; },
    lay,
    draw,
    compose,
    end: () => { now.photo = null; },
  };
}

/**
 * Colour what differs, over a dark grey picture of what was before.
 * @param {Pixels} before changed in place
 * @param {Pixels} after
 */
export function falseColours(before, after) {
  const old = before.data;
  for (let i = 0; i < old.length; i += 4) {
    if (!old[i + 3]) continue;
    const change = Math.max(...[0, 1, 2].map((c) => Math.abs(after.data[i + c] - old[i + c])));
    const most = Math.min(1, (4 * change) / 255);
    const t = 0.25 + 0.75 * most;
    const share = Math.min(1, most / 0.12);
    const part = share * share * (3 - 2 * share);
    const grey = 0.45 * (0.3 * old[i] + 0.59 * old[i + 1] + 0.11 * old[i + 2]);
    [2.4 * t, 2.6 * t - 0.9, t < 0.45 ? 1.6 * t : 3.2 * t - 2.2].forEach((value, c) => {
      old[i + c] = (1 - part) * grey + part * 255 * Math.min(1, Math.max(0, value));
    });
  }
}

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));

/**
 * Read a small picture.
 * @param {ImageBitmap} image
 * @returns {Pixels}
 */
function pixelsOf(image) {
  const context = contextOf(Object.assign(document.createElement('canvas'), { width: image.width, height: image.height }));
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}
