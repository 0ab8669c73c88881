// The pictures of the stage: fetched, decoded, and drawn by a compositor when something changes.

import { squareOf } from './composite.js';
import { compositorOf, contextOf } from './composite_canvas.js';
import { panesOf } from './compare.js';
import { newest } from './stage_loading.js';
import { photoImage, squareImage, withOthers } from './stage_photo.js';

/**
 * @typedef {import('./composite.js').Crop} Crop
 * @typedef {import('./composite_webgl.js').Difference} Difference
 * @typedef {import('./viewer.js').Viewer} Viewer
 * @typedef {import('./stage_photo.js').Photo} Photo
 * @typedef {{
 *   photo: Photo | null, crop: Crop | null, reference: string, after: string, before: string, composed: string,
 *   others: import('./stage_photo.js').Other[], mixed: {uri: string, weight: number} | null,
 * }} Sources
 *   pictures as data URIs; before: what is compared with, "" for the photo itself; composed: by the server, in place of
 *   the sum; others: edits of the same photo that are seen too;
 *   mixed: another picture of which so much is mixed into "after"
 */

export const GIVEN = 'given'; // key of a photo that is shown before the server has it
const CACHED = 24; // decoded squares, of 64 KB each at 128 px
/** @type {Crop} */
const WHOLE = { x: 0.5, y: 0.5, side: 1, angle: 0 };

/**
 * @typedef {{
 *   reference: ImageBitmap | null, after: ImageBitmap | null, mixed: ImageBitmap | null, weight: number,
 *   before: ImageBitmap | null, square: import('./composite.js').Square | null, whole: boolean,
 * }} Laid  what is laid in; mixed: into "after", by this weight
 */
/** @type {Laid} */
const NOTHING = { reference: null, after: null, mixed: null, weight: 0, before: null, square: null, whole: false };

/**
 * @param {HTMLElement} element with a `canvas.picture`
 * @param {Viewer} view
 * @param {() => import('./compare.js').Comparison} compared
 * @param {{kind?: 'webgl' | 'canvas', lost?: (again: () => Promise<void>) => void}} [options]
 *   kind: of drawing, the best by default; lost: the graphics card is gone, and `again` shows what was shown
 */
export function painter(element, view, compared, { kind, lost = () => {} } = {}) {
  let canvas = /** @type {HTMLCanvasElement} */ (element.querySelector('canvas.picture'));
  let compositor = compositorOf(canvas, kind);
  const { limit } = compositor; // for what stands in for it too
  /** @type {Map<string, Promise<ImageBitmap>>} */
  const squares = new Map();
  let sources = /** @type {Sources | null} */ (null);
  let photoKey = ''; // of what the compositor has
  let groundKey = '';
  let seenKey = ''; // of what the view has
  let cardless = /** @type {string | null} */ (null); // the photo for which the card had no room, or was lost
  const loading = { photo: newest(), ground: newest() };
  /** @type {{photo: ImageBitmap | null, ground: ImageBitmap | null}} */
  const drawn = { photo: null, ground: null };
  let wished = 0;
  let shown = 0;
  let drawing = 0;
  /** @type {Laid} */
  let wish = NOTHING;
  let laid = NOTHING; // of the wish, what the compositor has
  const mixing = contextOf(document.createElement('canvas'));

  /** @param {string} uri */
  const square = (uri) => {
    const known = squares.get(uri) || squareImage(uri);
    squares.delete(uri);
    squares.set(uri, known); // the last one used
    if (squares.size > CACHED) squares.delete(/** @type {string} */ (squares.keys().next().value));
    return known;
  };

  /** A square in the size of the reconstruction, of which it is a change. @param {string} uri @param {string} reference */
  async function like(uri, reference) {
    if (!uri || !reference) return uri ? square(uri) : null;
    const [own, model] = [await square(uri), await square(reference)];
    const size = { resizeWidth: model.width, resizeHeight: model.height };
    return own.width === model.width ? own : createImageBitmap(own, { ...size, resizeQuality: 'high' });
  }

  /** Mix two squares of one size. @param {ImageBitmap} one @param {ImageBitmap} other @param {number} weight of the other */
  function mix(one, other, weight) {
    const { canvas: made } = mixing;
    if (made.width !== one.width || made.height !== one.height) Object.assign(made, { width: one.width, height: one.height });
    for (const [image, share] of /** @type {[ImageBitmap, number][]} */ ([[one, 1], [other, weight]])) {
      mixing.globalAlpha = share;
      mixing.drawImage(image, 0, 0);
    }
    return made;
  }

  /** Lay in what is wished for: once for each drawing, and only what has changed. */
  function lay() {
    const { reference, after, mixed, weight, before, square: lies, whole } = wish;
    const placed = reference !== laid.reference || lies !== laid.square || whole !== laid.whole;
    /** @param {ImageBitmap | HTMLCanvasElement | null} picture @returns {Difference | null} */
    const difference = (picture) => (picture && reference && lies ? { reference, picture, square: lies, whole } : null);
    if (placed || before !== laid.before) compositor.lay('before', difference(before));
    if (placed || after !== laid.after || mixed !== laid.mixed || weight !== laid.weight) {
      compositor.lay('after', difference(after && mixed ? mix(after, mixed, weight) : after));
      canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1); // pictures that were shown
    }
    laid = wish;
  }

  function draw() {
    drawing = 0;
    lay();
    const [width, height] = [element.clientWidth, element.clientHeight].map((each) => Math.max(1, Math.round(each * view.ratio())));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    compositor.draw(view.photo().width ? panesOf(compared(), {
      boxes: view.boxes(), transform: view.transform(), width: view.photo().width, ratio: view.ratio(), alone: !sources?.photo,
    }) : []);
  }
  const wishDraw = () => { drawing = drawing || requestAnimationFrame(draw); };

  /** Begin anew on a canvas of its own. @param {'webgl' | 'canvas' | undefined} which kind of drawing */
  function renew(which) {
    canvas.removeEventListener('webglcontextlost', loses);
    compositor.end();
    const fresh = /** @type {HTMLCanvasElement} */ (canvas.cloneNode());
    canvas.replaceWith(fresh);
    canvas = fresh;
    compositor = compositorOf(canvas, which);
    canvas.addEventListener('webglcontextlost', loses);
    photoKey = groundKey = '';
    laid = NOTHING;
    hold('photo', null);
    hold('ground', null);
  }

  /** The graphics card was lost. */
  function loses() {
    cardless = seenKey;
    renew('canvas');
    const last = sources;
    if (last) lost(() => showNewest(last));
  }
  canvas.addEventListener('webglcontextlost', loses);

  /** Keep a large image for as long as it is drawn from; the card has its own copy. @param {'photo' | 'ground'} name @param {ImageBitmap | null} image */
  function hold(name, image) {
    drawn[name]?.close();
    drawn[name] = compositor.kind === 'canvas' ? image : null;
    if (!drawn[name]) image?.close();
  }

  /**
   * Decode what is missing, then lay it in; what was wished later wins.
   * @param {Sources} next
   */
  async function show(next) {
    const turn = wished += 1;
    const { photo, crop, reference, after, before, composed, others, mixed } = next;
    const base = photo ? '' : reference || after;
    const key = photo ? `${photo.key} ${photo.url}` : base;
    const edits = photo ? composed || others.map((one) => JSON.stringify(one)).join() : '';
    const under = edits && `${key} ${edits}`;
    const image = loading.photo.of(photo && key !== photoKey ? key : '', () => photoImage(/** @type {Photo} */ (photo), limit));
    const ground = loading.ground.of(under !== groundKey ? under : '', () => groundOf(/** @type {Photo} */ (photo), composed, others));
    const [large, laidUnder, alone, old, edited, other, step] = await Promise.all([
      image, ground, base ? square(base) : null, reference && square(reference), like(after, reference),
      mixed && like(mixed.uri, reference), like(before, reference),
    ]);
    if (turn < shown) return;
    if ((photo && key !== photoKey && !loading.photo.holds(image)) || (under && under !== groundKey && !loading.ground.holds(ground))) {
      if (turn === wished) await show(next); // a call between has changed what is there
      return;
    }
    shown = turn;
    sources = next;
    const size = photo || (base ? old || edited : null) || { width: 0, height: 0 };
    const fresh = key === photoKey ? null : large || alone; // else another call has shown it
    if (fresh && cardless !== null && cardless !== key) { // the card may have room for another photo
      cardless = null;
      renew(kind);
    }
    const fits = (!fresh || compositor.photo(fresh, size.width, size.height)) && (under === groundKey || compositor.ground(laidUnder));
    if (fresh && photo) loading.photo.taken();
    if (under !== groundKey) loading.ground.taken();
    if (!fits) {
      cardless = key;
      for (const one of [photo && fresh, laidUnder]) if (one) one.close();
      renew('canvas');
      await show(next);
      return;
    }
    if (fresh) hold('photo', photo ? fresh : null);
    if (under !== groundKey) hold('ground', laidUnder);
    groundKey = under;
    const lies = photo ? crop : WHOLE;
    const placed = lies && squareOf(lies, size.width, size.height);
    wish = {
      reference: old || null, after: (composed && photo) ? null : edited, mixed: other, weight: mixed?.weight || 0, before: step,
      square: JSON.stringify(placed) === JSON.stringify(wish.square) ? wish.square : placed, whole: !photo,
    };
    view.show({ width: size.width, height: size.height }, photo ? crop : null, key !== seenKey && !seenKey.startsWith(GIVEN));
    photoKey = seenKey = key;
    wishDraw();
  }

  /** @param {Photo} photo @param {string} composed @param {import('./stage_photo.js').Other[]} others */
  const groundOf = (photo, composed, others) => (composed
    ? photoImage({ ...photo, url: composed, file: undefined, image: undefined }, limit) : withOthers(photo, others, limit));

  /** Fail only where nothing newer is wished. @param {Sources} next */
  async function showNewest(next) {
    const turn = wished + 1;
    try {
      await show(next);
    } catch (error) {
      if (turn === wished) throw error;
    }
  }

  view.onChange(wishDraw);

  return {
    show: showNewest,
    /** @param {string} text what the picture is, in words */
    describe: (text) => canvas.setAttribute('aria-label', text),
    sources: () => sources,
    kind: () => compositor.kind,
    /** The edited photo at its own size. */
    compose: () => { lay(); return compositor.compose(); },
    /** Decode squares that may soon be shown. @param {string[]} uris */
    prepare: (uris) => { for (const uri of uris) square(uri); },
    draw: () => { cancelAnimationFrame(drawing); draw(); },
  };
}
