// What is saved, and how: the choices of the Save dialog, and the words that they make.

const STORED = 'in-domain-editor-save';
export const WHATS = ['photo', 'face', 'pair', 'wipe', 'code', 'look'];
export const SAME = 'SAME'; // the type of the photo
export const KINDS = [SAME, 'JPEG', 'PNG', 'WEBP', 'TIFF', 'AVIF', 'HEIF'];
const SUFFIXES = /** @type {Record<string, string>} */ ({
  wipe: '.mp4', code: '.npz', look: '.json', JPEG: '.jpg', PNG: '.png', WEBP: '.webp', TIFF: '.tif', AVIF: '.avif', HEIF: '.heic',
});

/**
 * @typedef {{what: string, name: string, kind: string, profile: boolean, colour: boolean}} Wish
 * @typedef {{
 *   name: string, photo: [number, number]|null, model: number, face: number, subject: string, faces: number,
 *   same: string, suffix: string, word: string, kinds: string[], clear: boolean, grey: boolean,
 * }} Facts  same: the photo's type, as it is called; suffix: of it; word: what is to be said of it; kinds: that can be written;
 *   clear: a part is transparent; grey: it shows no colour
 * @typedef {{file: string, name: string, bytes: number, width: number, height: number, faces: number, word?: string}} Saved
 */

/**
 * Return a wish of which every field makes sense, whatever was stored.
 * @param {any} given
 * @returns {Wish}
 */
export function readWish(given) {
  const known = given && typeof given === 'object' ? given : {};
  return {
    what: WHATS.includes(known.what) ? known.what : 'photo',
    name: typeof known.name === 'string' ? known.name : '',
    kind: KINDS.includes(known.kind) ? known.kind : SAME,
    profile: known.profile !== false,
    colour: known.colour === true,
  };
}

/**
 * Return the last choice, without name and colour: they belong to one picture.
 * @returns {Wish}
 */
export function lastWish() {
  try {
    return { ...readWish(JSON.parse(localStorage.getItem(STORED) || '{}')), name: '', colour: false };
  } catch { // private mode, or not ours
    return readWish({});
  }
}

/**
 * Remember a choice.
 * @param {Wish} wish
 */
export function rememberWish(wish) {
  try { localStorage.setItem(STORED, JSON.stringify({ ...wish, name: '' })); } catch { /* private mode */ }
}

/**
 * @param {Wish} wish
 * @param {Facts|null} [facts]
 * @returns {string} of the file; empty while nobody knows the photo's
 */
export const suffixOf = (wish, facts = null) => SUFFIXES[wish.what] || SUFFIXES[wish.kind] || facts?.suffix || '';

/**
 * Say what a type cannot keep of the photo.
 * @param {Wish} wish
 * @param {Facts|null} facts
 * @returns {string}
 */
export function wordOf(wish, facts) {
  if (!facts || !isPicture(wish)) return '';
  if (wish.kind === SAME) return facts.word && `${facts.word}.`;
  const flat = wish.kind === 'JPEG' && facts.clear && wish.what !== 'face';
  return flat ? 'JPEG has no transparency: the photo is laid on white. PNG keeps it.' : '';
}

/**
 * @param {Wish} wish
 * @returns {boolean} whether type and profile matter
 */
export const isPicture = ({ what }) => ['photo', 'face', 'pair'].includes(what);

/**
 * Say what each choice would give.
 * @param {Facts|null} facts
 * @returns {Record<string, string>}
 */
export function described(facts) {
  const square = facts ? `${facts.face} px${facts.model < facts.face ? ` (model ${facts.model} px, enlarged)` : ''}` : '';
  const size = facts?.photo ? `${facts.photo[0]} × ${facts.photo[1]}` : '';
  const faces = facts && facts.faces > 1 ? `, ${facts.faces} ${facts.subject}s edited` : ', edit laid in';
  return {
    photo: size ? `${size}${faces}` : square,
    face: square,
    pair: 'side by side',
    wipe: 'a wipe, as a film (MP4)',
    code: 'code for this editor (.npz)',
    look: 'slider values for any picture (.json)',
    same: facts?.same ? `(${facts.same})` : '',
  };
}

/**
 * Say that something was saved.
 * @param {Saved} saved
 * @returns {string}
 */
export function confirmation({ name, width, height, word = '' }) {
  const saved = width && height ? `${name} was saved, ${width} × ${height}.` : `${name} was saved.`;
  return word ? `${saved} ${word}.` : saved;
}
