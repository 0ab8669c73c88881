// What editor/editing/paste.py does in its mode "difference", number for number: an edit is laid into its
// photo. Nothing here knows a page.

/**
 * @typedef {{x: number, y: number, side: number, angle: number}} Crop
 *   x, y: centre as shares of the width and the height; side: share of the shorter edge; angle: degrees clockwise.
 * @typedef {{x: number, y: number, side: number, cos: number, sin: number}} Square  the same in pixels of the photo.
 * @typedef {{side: number, data: Float32Array}} Layer
 *   [side, side, 4]: what is added to red, green and blue, in grey levels, and the mask, 0…1.
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Pixels  RGBA, rows from the top.
 * @typedef {{scale: number, x: number, y: number}} Transform  photo (u, v) lies at scale · (u, v) + (x, y).
 */

export const BORDER = 0.16;
export const FINE = 512;
const SEEN_STEP = 64; // so that not every step of a zoom needs another size
const A = -0.75; // of the cubic kernel that torch uses

/**
 * Return a crop in pixels of its photo.
 * @param {Crop} crop
 * @param {number} width
 * @param {number} height
 * @returns {Square}
 */
export function squareOf(crop, width, height) {
  const angle = (crop.angle * Math.PI) / 180;
  return {
    x: crop.x * width,
    y: crop.y * height,
    side: crop.side * Math.min(width, height),
    cos: Math.cos(angle),
    sin: Math.sin(angle),
  };
}

/**
 * Return the corners of a square: top left, bottom left, bottom right, top right.
 * @param {Square} square
 * @returns {[number, number][]}
 */
export function corners({ x, y, side, cos, sin }) {
  const half = side / 2;
  return [[-half, -half], [-half, half], [half, half], [half, -half]]
    .map(([u, v]) => [x + cos * u - sin * v, y + sin * u + cos * v]);
}

/**
 * Return a mask [size, size] that falls smoothly from 1 inside to 0 at its rounded edge.
 * @param {number} size
 * @param {number} [border] share of the side over which it falls
 * @returns {Float32Array}
 */
export function softMask(size, border = BORDER) {
  const away = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const edge = Math.max(0, 0.5 - Math.abs((i + 0.5) / size - 0.5));
    away[i] = Math.max(0, (border - edge) / border);
  }
  const mask = new Float32Array(size * size);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const inside = 1 - Math.min(1, Math.hypot(away[x], away[y]));
      mask[y * size + x] = inside * inside * (3 - 2 * inside);
    }
  }
  return mask;
}

/**
 * Return the side that a layer is brought to before it is laid into a square of so many pixels.
 * @param {number} size of the edit's pictures
 * @param {number} side of the square in the photo
 */
export function fineSide(size, side) {
  const fine = Math.max(size, Math.min(FINE, 2 ** Math.ceil(Math.log2(Math.max(side, 1)))));
  return fine === size && side < size ? Math.max(roundEven(side), 2) : fine;
}

/**
 * Round as Python and torch do: halves to the even number.
 * @param {number} value
 */
export function roundEven(value) {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

/**
 * Return which pixels of a line each pixel of the resized line takes, and how much of each: bicubic
 * where it grows, the mean of what it covers where it shrinks.
 * @param {number} from
 * @param {number} to
 * @returns {{taps: number, index: Int32Array, weight: Float32Array}}
 */
export function lineWeights(from, to) {
  const taps = to > from ? 4 : Math.ceil(from / to) + 1;
  const index = new Int32Array(to * taps);
  const weight = new Float32Array(to * taps);
  for (let i = 0; i < to; i += 1) {
    if (to > from) {
      const at = ((i + 0.5) * from) / to - 0.5;
      const first = Math.floor(at);
      const t = at - first;
      [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)].forEach((value, k) => {
        index[i * 4 + k] = Math.min(from - 1, Math.max(0, first - 1 + k));
        weight[i * 4 + k] = value;
      });
    } else {
      const start = Math.floor((i * from) / to);
      const end = Math.ceil(((i + 1) * from) / to);
      for (let k = 0; k < taps; k += 1) {
        index[i * taps + k] = Math.min(start + k, from - 1);
        weight[i * taps + k] = start + k < end ? 1 / (end - start) : 0;
      }
    }
  }
  return { taps, index, weight };
}

/** @param {number} t */
const inner = (t) => ((A + 2) * t - (A + 3)) * t * t + 1;
/** @param {number} t */
const outer = (t) => ((A * t - 5 * A) * t + 8 * A) * t - 4 * A;

/**
 * Return a buffer of at least so many floats, one that was lent before where it is large enough.
 * @param {{floats?: Float32Array}} room
 * @param {number} length
 */
function lent(room, length) {
  if (!room.floats || room.floats.length < length) room.floats = new Float32Array(length);
  return room.floats;
}
const scratch = {}; // of rows that have their new width, and the old height

/**
 * Resize a picture of four floats a pixel.
 * @param {Float32Array} data [from, from, 4]
 * @param {number} from
 * @param {number} to
 * @param {Float32Array} [into] [to, to, 4], overwritten
 * @returns {Float32Array} [to, to, 4]
 */
export function resized(data, from, to, into = new Float32Array(to * to * 4)) {
  if (from === to) { into.set(data); return into; }
  const { taps, index, weight } = lineWeights(from, to);
  const wide = lent(scratch, from * to * 4);
  for (let y = 0; y < from; y += 1) {
    for (let x = 0; x < to; x += 1) {
      let r = 0, g = 0, b = 0, m = 0;
      for (let k = x * taps; k < (x + 1) * taps; k += 1) {
        const at = (y * from + index[k]) * 4;
        const w = weight[k];
        r += w * data[at]; g += w * data[at + 1]; b += w * data[at + 2]; m += w * data[at + 3];
      }
      const out = (y * to + x) * 4;
      wide[out] = r; wide[out + 1] = g; wide[out + 2] = b; wide[out + 3] = m;
    }
  }
  const row = to * 4;
  for (let y = 0; y < to; y += 1) {
    const out = y * row;
    for (let k = y * taps, left = taps; left > 0; k += 4, left -= 4) { // four rows at a time: all that grow, in one go
      const at = [0, 1, 2, 3].map((i) => (i < left ? index[k + i] * row : 0));
      const [w0, w1, w2, w3] = [0, 1, 2, 3].map((i) => (i < left ? weight[k + i] : 0));
      fourRows(into, out, row, wide, at, w0, w1, w2, w3, k > y * taps);
    }
  }
  return into;
}

/**
 * Write a sum of four rows, or add it.
 * @param {Float32Array} into
 * @param {number} out where
 * @param {number} row floats of a row
 * @param {Float32Array} wide
 * @param {number[]} at where the rows begin
 * @param {number} w0 weights
 * @param {number} w1
 * @param {number} w2
 * @param {number} w3
 * @param {boolean} more
 */
function fourRows(into, out, row, wide, [a0, a1, a2, a3], w0, w1, w2, w3, more) {
  for (let x = 0; x < row; x += 1) {
    const sum = w0 * wide[a0 + x] + w1 * wide[a1 + x] + w2 * wide[a2 + x] + w3 * wide[a3 + x];
    into[out + x] = more ? into[out + x] + sum : sum;
  }
}

const small = {}; // of a layer before it is enlarged
const known = { size: 0, mask: new Float32Array(0) };
/** @param {number} size */
function maskOf(size) {
  if (known.size !== size) Object.assign(known, { size, mask: softMask(size) });
  return known.mask;
}

/**
 * Return what an edit adds to its photo, brought to the size at which it is laid in.
 * @param {Pixels} reference the reconstruction, square
 * @param {Pixels} after the edited picture, of the same size
 * @param {number} side of the square in the photo, px
 * @param {boolean} [whole] nothing fades out: the square is the picture
 * @param {Layer | null} [old] one that is not used any more: its numbers are overwritten
 * @param {number} [seen] side at which the square is seen, px: more than that is not made, nor less than it has
 * @returns {Layer}
 */
export function layerOf(reference, after, side, whole = false, old = null, seen = Infinity) {
  const size = reference.width;
  if (after.width !== size || after.height !== size || reference.height !== size) {
    throw new RangeError(`pictures of ${size}×${reference.height} and ${after.width}×${after.height} px`);
  }
  const mask = whole ? null : maskOf(size);
  const data = lent(small, size * size * 4);
  for (let i = 0; i < size * size; i += 1) {
    for (let c = i * 4; c < i * 4 + 3; c += 1) data[c] = after.data[c] - reference.data[c];
    data[i * 4 + 3] = mask ? mask[i] : 1;
  }
  const fine = Math.min(fineSide(size, side), Math.max(size, Math.ceil(seen / SEEN_STEP) * SEEN_STEP));
  const room = old && old.data.length === fine * fine * 4 ? old.data : undefined;
  const result = resized(data.subarray(0, size * size * 4), size, fine, room);
  for (let i = 3; i < result.length; i += 4) result[i] = Math.min(1, Math.max(0, result[i]));
  return { side: fine, data: result };
}

/**
 * Return the pixels that a square may cover, of a picture on which the photo lies by a transform.
 * @param {Square} square
 * @param {Transform} transform
 * @param {number} width of that picture
 * @param {number} height
 * @returns {{left: number, top: number, right: number, bottom: number}}
 */
export function covered(square, { scale, x, y }, width, height) {
  const xs = corners(square).map(([u]) => u * scale + x);
  const ys = corners(square).map(([, v]) => v * scale + y);
  return {
    left: Math.max(0, Math.floor(Math.min(...xs))),
    top: Math.max(0, Math.floor(Math.min(...ys))),
    right: Math.min(width, Math.ceil(Math.max(...xs)) + 1),
    bottom: Math.min(height, Math.ceil(Math.max(...ys)) + 1),
  };
}

/**
 * Add a layer to a part of a photo, in place.
 * @param {Pixels} part where its alpha is 0 there is no photo
 * @param {Transform} transform of the photo to the pixels of the part; 1, 0, 0 for the photo itself
 * @param {Layer} layer
 * @param {Square} square
 */
export function addLayer(part, transform, layer, square) {
  const { side: n, data } = layer;
  const { data: pixels, width } = part; // read once: of an ImageData they are asked of the browser
  const { left, top, right, bottom } = covered(square, transform, part.width, part.height);
  const step = n / (square.side * transform.scale); // of the layer, by pixel of the part
  const [cos, sin] = [square.cos * step, square.sin * step];
  const [middleX, middleY] = [square.x * transform.scale + transform.x, square.y * transform.scale + transform.y];
  for (let py = top; py < bottom; py += 1) {
    const dy = py + 0.5 - middleY;
    for (let px = left; px < right; px += 1) {
      const dx = px + 0.5 - middleX;
      const u = cos * dx + sin * dy + n / 2;
      const v = cos * dy - sin * dx + n / 2;
      const out = (py * width + px) * 4;
      if (u < 0 || v < 0 || u > n || v > n || pixels[out + 3] === 0) continue;
      const fx = Math.min(n - 1, Math.max(0, u - 0.5));
      const fy = Math.min(n - 1, Math.max(0, v - 0.5));
      const x0 = fx | 0, y0 = fy | 0;
      const right4 = x0 < n - 1 ? 4 : 0;
      const at = (y0 * n + x0) * 4, below = y0 < n - 1 ? at + n * 4 : at;
      const tx = fx - x0, ty = fy - y0;
      const w00 = (1 - tx) * (1 - ty), w01 = tx * (1 - ty), w10 = (1 - tx) * ty, w11 = tx * ty;
      const m = w00 * data[at + 3] + w01 * data[at + right4 + 3] + w10 * data[below + 3] + w11 * data[below + right4 + 3];
      if (m === 0) continue;
      // a Uint8ClampedArray rounds halves to even, and clamps
      const to = at + right4, down = below + right4;
      pixels[out] += m * (w00 * data[at] + w01 * data[to] + w10 * data[below] + w11 * data[down]);
      pixels[out + 1] += m * (w00 * data[at + 1] + w01 * data[to + 1] + w10 * data[below + 1] + w11 * data[down + 1]);
      pixels[out + 2] += m * (w00 * data[at + 2] + w01 * data[to + 2] + w10 * data[below + 2] + w11 * data[down + 2]);
    }
  }
}

/**
 * Turn colours that were multiplied by how opaque they are into plain ones, in place.
 * @param {Uint8ClampedArray} data RGBA
 */
export function straighten(data) {
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha === 255 || alpha === 0) continue;
    for (let c = i; c < i + 3; c += 1) data[c] = (data[c] * 255) / alpha;
  }
}
