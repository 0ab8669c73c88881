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
 * @typedef {{left: number, top: number, width: number, height: number, transform: Transform}} Seen  of a canvas
 * @typedef {import('./composite.js').Layer} Layer
 * @typedef {{square: import('./composite.js').Square, layer: (scale: number) => Layer, made: () => Layer | null}} Laid
 *   layer: for a photo seen at this scale; made: the one that was made last
 */

/**
 * Return what draws on a canvas: by WebGL where a graphics card does it, else in 2D, which is faster than
 * WebGL on the processor.
 * @param {HTMLCanvasElement} canvas on which nothing has been drawn
 * @param {'webgl' | 'canvas' | ''} [kind] the only one to try
 * @returns {Compositor}
 */
export function compositorOf(canvas, kind = '') {
  const card = kind === 'webgl' || (!kind && hasCard());
  return (card && webglCompositor(canvas)) || canvasCompositor(canvas);
}

/**
 * Return a compositor that draws on a canvas in 2D.
 * @param {HTMLCanvasElement} canvas
 * @returns {Compositor}
 */
export function canvasCompositor(canvas) {
  const context = contextOf(canvas);
  /** @type {{photo: CanvasImageSource | null, ground: CanvasImageSource | null, width: number, height: number, at: [number, number], sides: Record<Side, Laid | null>, drawn: number}} */
  const now = { photo: null, ground: null, width: 0, height: 0, at: [0, 0], sides: { after: null, before: null }, drawn: 0 };
  /** @type {{image: ImageBitmap | null, pixels: Pixels | null}} */
  const read = { image: null, pixels: null };

  /** @param {Side} side @param {Difference | null} difference */
  function lay(side, difference) {
    /** @type {Layer | null} */
    let made = now.sides[side]?.made() || null;
    now.sides[side] = null;
    if (!difference) return;
    const { reference, picture, square, whole } = difference;
    if (read.image !== reference) Object.assign(read, { image: reference, pixels: pixelsOf(reference) });
    const [old, edited] = [/** @type {Pixels} */ (read.pixels), pixelsOf(picture)];
    let at = NaN;
    now.sides[side] = {
      square,
      made: () => made,
      layer: (scale) => {
        if (at !== scale || !made) made = layerOf(old, edited, square.side, whole, made, scale < 1 ? square.side * scale : Infinity);
        at = scale;
        return made;
      },
    };
  }

  /** The photo under a layer, as it was last drawn: while a slider moves, only the layer is another. */
  const under = { key: '', part: /** @type {ImageData | null} */ (null), work: /** @type {ImageData | null} */ (null) };

  /** Draw one side as a pane wants it. @param {CanvasRenderingContext2D} on @param {Pane} pane @param {Side} side */
  function drawSide(on, pane, side) {
    const { transform: { scale, x, y }, left, top, width, height, smooth } = pane;
    const image = (side === 'after' && now.ground) || now.photo;
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
    if (!laid) return;
    const part = seenOf(pane, laid.square);
    if (part) put(on, part, on.getImageData(part.left, part.top, part.width, part.height), laid);
  }

  /** @param {CanvasRenderingContext2D} on @param {Seen} part @param {ImageData} pixels @param {Laid} laid */
  function put(on, { left, top, transform }, pixels, laid) {
    addLayer(pixels, transform, laid.layer(transform.scale), laid.square);
    on.putImageData(pixels, left, top);
  }

  /** Draw the layer alone anew, where nothing else has changed. @param {Pane[]} panes */
  function drawLayer(panes) {
    const laid = now.sides.after;
    if (panes.length !== 1 || panes[0].show !== 'after' || !laid) return false;
    const key = JSON.stringify([panes, laid.square, canvas.width, canvas.height, now.drawn]);
    const part = seenOf(panes[0], laid.square);
    if (!part) return false;
    if (key !== under.key || !under.part) {
      now.sides.after = null;
      drawAll(panes);
      now.sides.after = laid;
      Object.assign(under, { key, part: context.getImageData(part.left, part.top, part.width, part.height), work: new ImageData(part.width, part.height) });
    }
    const kept = /** @type {ImageData} */ (under.part);
    const work = /** @type {ImageData} */ (under.work);
    work.data.set(kept.data);
    put(context, part, work, laid);
    return true;
  }

  /** @param {Pane[]} panes */
  function draw(panes) {
    if (drawLayer(panes)) return;
    under.key = '';
    drawAll(panes);
  }

  /** @param {Pane[]} panes */
  function drawAll(panes) {
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
    photo: (image, width, height) => {
      Object.assign(now, { photo: image, width, height, at: sizeOf(image), drawn: now.drawn + 1 });
      return true;
    },
    ground: (image) => {
      Object.assign(now, { ground: image, drawn: now.drawn + 1 });
      return true;
    },
    lay,
    draw,
    compose,
    end: () => { now.photo = now.ground = null; },
  };
}

/**
 * Return the part of a pane that a square covers, and how the photo lies in it; null where it covers none.
 * @param {Pane} pane
 * @param {import('./composite.js').Square} square
 * @returns {Seen | null}
 */
export function seenOf({ left, top, width, height, transform: { scale, x, y } }, square) {
  const part = covered(square, { scale, x: x - left, y: y - top }, width, height);
  const size = { width: part.right - part.left, height: part.bottom - part.top };
  if (size.width <= 0 || size.height <= 0) return null;
  const at = { left: left + part.left, top: top + part.top };
  return { ...at, ...size, transform: { scale, x: x - at.left, y: y - at.top } };
}

/** Say whether WebGL is drawn by a graphics card. */
function hasCard() {
  const gl = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  const told = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = gl ? String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return name !== '' && !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
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
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));

/** @type {CanvasRenderingContext2D | undefined} */
let reading;

/**
 * Read a small picture.
 * @param {ImageBitmap | HTMLCanvasElement} image
 * @returns {Pixels}
 */
export function pixelsOf(image) {
  const { width, height } = image;
  if (image instanceof HTMLCanvasElement) return contextOf(image).getImageData(0, 0, width, height);
  reading = reading || contextOf(document.createElement('canvas'));
  const { canvas } = reading;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  reading.clearRect(0, 0, width, height);
  reading.drawImage(image, 0, 0);
  return reading.getImageData(0, 0, width, height);
}
