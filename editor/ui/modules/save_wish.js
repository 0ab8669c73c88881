// What is saved, and how: the choices of the Save dialog, and the words that they make.

const STORED = 'in-domain-editor-save';
export const WHATS = ['photo', 'face', 'pair', 'wipe', 'code', 'look'];
export const KINDS = ['JPEG', 'PNG', 'WEBP'];
const SUFFIXES = /** @type {Record<string, string>} */ ({ wipe: '.mp4', code: '.npz', look: '.json', JPEG: '.jpg', PNG: '.png', WEBP: '.webp' });

/**
 * @typedef {{what: string, name: string, kind: string, profile: boolean}} Wish
 * @typedef {{name: string, photo: [number, number]|null, model: number, face: number, subject: string, faces: number}} Facts
 * @typedef {{file: string, name: string, bytes: number, width: number, height: number, faces: number}} Saved
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
    kind: KINDS.includes(known.kind) ? known.kind : 'JPEG',
    profile: known.profile !== false,
  };
}

/**
 * Return the last choice, without the name: that belongs to one picture.
 * @returns {Wish}
 */
export function lastWish() {
  try {
    return { ...readWish(JSON.parse(localStorage.getItem(STORED) || '{}')), name: '' };
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
 * @returns {string}
 */
export const suffixOf = (wish) => SUFFIXES[wish.what] || SUFFIXES[wish.kind];

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
  };
}

/**
 * Say that something was saved.
 * @param {Saved} saved
 * @returns {string}
 */
export function confirmation({ name, width, height }) {
  return width && height ? `${name} was saved, ${width} × ${height}.` : `${name} was saved.`;
}
