// What the stage shows while sliders move: a cross-fade of pictures made ahead at once, the exact one when it comes.

/**
 * @typedef {Record<string, number>} Moves
 * @typedef {{uri: string, weight: number}} Share
 * @typedef {{uri: string, mixed?: Share | null}} Shown  mixed: another picture, of which so much is mixed in; "" for the edit's own
 * @typedef {{
 *   ask: (moves: Moves) => Promise<string | null>, near?: (moves: Moves) => Share[] | null,
 *   ahead?: (list: Moves[], came?: (uris: string[]) => void) => void,
 * }} Live
 * @typedef {{picture: string, version: string, state: string, moves: Moves}} Value
 */

export const STILL_MS = 60; // a hand that has not moved for so long wants the exact picture
const HAND_MS = 5000; // so long after a slider moved the server's answer to it is awaited
/** @type {Shown} */
const OWN = { uri: '' };

/**
 * @param {Live | null} live
 * @param {{value: () => Value, show: (shown: Shown) => void, begin: () => void, prepare?: (uris: string[]) => void}} stage
 *   show: another picture of what is shown; begin: the first slider moves, of a picture that waited unseen;
 *   prepare: pictures that may soon be shown
 * @param {number} [still] milliseconds
 */
export function following(live, { value, show, begin, prepare = () => {} }, still = STILL_MS) {
  let last = 0; // turn of the moves that were wanted last
  let exact = 0; // of those whose picture is shown as it is
  let at = 0; // when a slider moved that the server has not answered
  /** @type {Moves} */
  let wanted = {};
  /** @type {Shown} */
  let shown = OWN;
  let old = false; // what is shown is of a version that another has followed
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;

  /** @param {Shown} next */
  function put(next) {
    shown = next;
    old = false;
    show(next);
  }

  /** Show a cross-fade, if there is one. @param {Moves} moves */
  function fade(moves) {
    const shares = live?.near?.(moves);
    if (!shares) return false;
    const [one, other = null] = shares;
    if (!other) exact = last;
    put({ uri: one.uri, mixed: other });
    return true;
  }

  /** @param {Moves} moves @param {number} turn */
  async function ask(moves, turn) {
    const { picture, version } = value();
    const uri = await live?.ask(moves)?.catch(() => null);
    if (picture !== value().picture || version !== value().version) return;
    if (!uri && old && turn === last) put(OWN); // none comes: the server's own is better than an older one
    if (!uri) return;
    if (turn === last || (turn > exact && !shown.mixed)) {
      exact = turn;
      put({ uri });
    } else if (turn > exact && shown.mixed) fade(wanted); // it is a nearer neighbour
  }

  /** @param {Moves} moves */
  function follow(moves) {
    const turn = last += 1;
    wanted = moves;
    clearTimeout(resting);
    if (!value().picture) return;
    if (same(moves, value().moves)) {
      at = 0;
      exact = turn;
      put(OWN);
      return;
    }
    at = Date.now();
    if (value().state === 'empty') begin();
    if (!fade(moves)) ask(moves, turn);
    else if (exact < turn) resting = setTimeout(() => ask(moves, turn), still);
  }

  return {
    follow,
    /** Have pictures made that may soon be wanted. @param {Moves[]} list */
    ahead(list) {
      if (value().state === 'done' || value().state === 'empty') live?.ahead?.(list, prepare);
    },
    /** What was wanted is of another picture. */
    drop() {
      clearTimeout(resting);
      exact = last += 1;
      at = 0;
      shown = OWN;
      old = false;
    },
    /**
     * The server has said something of the same picture. While the hand is ahead of it, what is shown stays until
     * the exact picture comes: the server's own is one that has not moved so far.
     * @param {Moves} hand the sliders
     * @param {boolean} newVersion
     */
    told(hand, newVersion) {
      if (same(hand, value().moves)) at = 0; // the server has caught up
      const ahead = Date.now() - at < HAND_MS;
      if (ahead && !newVersion) {
        if (!old) show(shown);
        return;
      }
      clearTimeout(resting);
      exact = last += 1; // answers that are on their way are older than this
      old = ahead && Boolean(live);
      if (!old) put(OWN);
      if (ahead) follow(hand);
    },
  };
}

/**
 * Say whether two edits move the same sliders as far.
 * @param {Moves} a
 * @param {Moves} b
 */
export const same = (a, b) => [...Object.keys(a), ...Object.keys(b)].every((name) => Math.abs((a[name] || 0) - (b[name] || 0)) < 1e-6);
