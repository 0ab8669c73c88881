// Pictures of a slider that is being dragged, asked of the server past Gradio's queue.
import { tell } from './page_state.js';

const AT_ONCE = 9; // pictures of one call
const KEPT = 96; // pictures in the cache: some 3 MB at 128 px, 8 MB at 256 px
const IDLE_MS = 120; // a hand that only passes over a slider asks for nothing
const PATIENCE_MS = 10_000; // the server gives up waiting for a place after half of it
const UNHEARD = 3; // calls without an answer before it is said
const SILENT = 'The picture does not come. The page goes on trying; reload it if that does not help.';

/**
 * @typedef {Record<string, number>} Moves distance by slider, in the units of codes
 * @typedef {{visit: string, picture: string, version: string, layers?: string | null}} About
 *   visit: the server's name of the visit, or empty; picture: its id; version: as the server gave it
 *   with the picture, or empty for any; layers: as in the field "Layers", without for the edit's own.
 * @typedef {{after?: string[], version?: string, error?: string, late?: boolean}} Answer
 * @typedef {{live: (asked: object) => Promise<Answer | undefined>}} Server
 * @typedef {{uri: string, weight: number, at: number}} Share
 *   of a cross-fade; at: the distance of the slider that moves.
 * @typedef {{moves: Moves, done: (uri: string | null) => void}} Wish
 */

/** @param {Moves} moves */
const still = (moves) => Object.entries(moves).filter(([, value]) => value !== 0);
/** @param {Moves} moves */
const keyOf = (moves) => JSON.stringify(still(moves).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Return the names of the sliders at which two pictures differ, two at most.
 * @param {Moves} one
 * @param {Moves} other
 */
function differing(one, other) {
  const found = [];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if ((one[name] || 0) !== (other[name] || 0)) found.push(name);
    if (found.length > 1) break;
  }
  return found;
}

/**
 * Return what a promise gives, or null after so long.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T | null>}
 */
function within(promise, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The pictures asked for last, by their moves. */
class Cache {
  constructor() {
    /** @type {Map<string, {moves: Moves, uri: string}>} */
    this.kept = new Map();
  }

  /** @param {Moves} moves */
  get(moves) {
    return this.kept.get(keyOf(moves))?.uri ?? null;
  }

  /**
   * @param {Moves} moves
   * @param {string} uri
   */
  put(moves, uri) {
    const key = keyOf(moves);
    this.kept.delete(key);
    this.kept.set(key, { moves, uri });
    if (this.kept.size > KEPT) this.kept.delete([...this.kept.keys()][0]);
  }

  /**
   * Return the neighbours of a picture on both sides along the slider of which most are kept.
   * @param {Moves} moves
   * @returns {[Share, Share] | null}
   */
  near(moves) {
    /** @type {Map<string, {at: number, uri: string}[]>} */
    const lines = new Map();
    for (const { moves: there, uri } of this.kept.values()) {
      const names = differing(there, moves);
      if (names.length !== 1) continue;
      const line = lines.get(names[0]) || [];
      line.push({ at: there[names[0]] || 0, uri });
      lines.set(names[0], line);
    }
    for (const [name, line] of [...lines].sort(([, a], [, b]) => b.length - a.length)) {
      const at = moves[name] || 0;
      const below = line.filter((one) => one.at < at).sort((a, b) => b.at - a.at)[0];
      const above = line.filter((one) => one.at > at).sort((a, b) => a.at - b.at)[0];
      if (!below || !above) continue;
      const weight = (at - below.at) / (above.at - below.at);
      return [{ ...below, weight: 1 - weight }, { ...above, weight }];
    }
    return null;
  }
}

/**
 * Return what asks for the pictures of one component: `ask`, `ahead`, `many`, `near`.
 * @param {Server} server its functions on the server
 * @param {() => About} about which picture is shown now
 * @param {{idle?: number, patience?: number}} [options] milliseconds: without a wish before pictures
 *   are made ahead, and for an answer
 */
export function live(server, about, { idle = IDLE_MS, patience = PATIENCE_MS } = {}) {
  const cache = new Cache();
  let shown = ''; // what the cache is of
  let turn = 0;
  let unheard = 0;
  let making = false; // pictures ahead
  /** @type {Wish | null} */
  let asking = null;
  /** @type {Wish | null} */
  let waiting = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Set<string>} */
  const said = new Set();

  /** Return what is shown now; another picture's cache is of no use. */
  function current() {
    const { picture, version, layers = null } = about();
    const now = JSON.stringify([picture, version, layers]);
    if (now !== shown) cache.kept.clear();
    shown = now;
    return now;
  }

  /** @param {string} text */
  function sayOnce(text) {
    if (!text || said.has(text)) return;
    said.add(text);
    tell('said', { text });
  }

  /** @param {Answer | undefined | null} answer */
  function heard(answer) {
    if (!answer) {
      unheard += 1;
      if (unheard >= UNHEARD) sayOnce(SILENT);
      return false;
    }
    unheard = 0;
    sayOnce(answer.error || '');
    if (answer.after) said.clear();
    return Boolean(answer.after);
  }

  /**
   * Ask the server; keep what it gives, if that is still of use. Return how many pictures came.
   * @param {Moves[]} list
   */
  async function fetched(list) {
    const before = current();
    const { visit, picture, version, layers = null } = about();
    if (!picture) return 0; // nothing is shown: a photo waits for its frame
    turn += 1;
    /** @type {Answer | undefined | null} */
    let answer = null;
    try {
      const asked = { visit, picture, version, moves: list, layers, turn };
      answer = await within(server.live(asked), patience);
    } catch (error) {
      console.warn('no picture came:', error);
    }
    if (answer && current() !== before) return 0; // of a picture that another has followed
    if (!heard(answer) || current() !== before) return 0;
    if (version && answer?.version !== version) return 0; // it is of a picture that is on its way here
    const after = answer?.after || [];
    after.forEach((uri, index) => cache.put(list[index], uri));
    return after.length;
  }

  async function work() {
    while (waiting) {
      asking = waiting;
      waiting = null;
      const wish = asking;
      const came = await fetched([wish.moves]);
      wish.done(came ? cache.get(wish.moves) : null);
    }
    asking = null;
  }

  /** @param {Wish | null} wish */
  function wait(wish) {
    waiting?.done(null);
    waiting = wish;
  }

  return {
    /**
     * Ask for a picture. Newest wins: one call is on its way, one waits; what a newer one replaced is null.
     * @param {Moves} moves
     * @returns {Promise<string | null>} a data URI
     */
    ask(moves) {
      clearTimeout(timer);
      current();
      const uri = cache.get(moves);
      if (uri) {
        wait(null);
        return Promise.resolve(uri);
      }
      return new Promise((done) => {
        wait({ moves: { ...moves }, done });
        if (!asking) work();
      });
    },

    /**
     * Have pictures made that may soon be wanted, once nothing else has been asked for a moment.
     * A newer list replaces one that has not begun.
     * @param {Moves[]} list the first nine that are not there yet are made, in this order
     * @param {(uris: string[]) => void} [came] told what is there of the list
     */
    ahead(list, came) {
      clearTimeout(timer);
      const begin = async () => {
        current();
        const missing = list.filter((moves) => !cache.get(moves)).slice(0, AT_ONCE);
        if (!missing.length) return;
        if (asking || making) { timer = setTimeout(begin, idle); return; }
        making = true;
        try { await fetched(missing.map((moves) => ({ ...moves }))); } finally { making = false; }
        came?.(list.flatMap((moves) => cache.get(moves) ?? []));
      };
      timer = setTimeout(begin, idle);
    },

    /**
     * Have pictures made, and return them, null for those that did not come. A hand on a slider goes before.
     * @param {Moves[]} list
     * @returns {Promise<(string | null)[]>}
     */
    async many(list) {
      const of = current();
      for (let tries = 0; tries < 3 + list.length / AT_ONCE && current() === of; tries += 1) {
        const missing = list.filter((moves) => !cache.get(moves)).slice(0, AT_ONCE);
        if (!missing.length) break;
        while (asking || making) await new Promise((done) => { setTimeout(done, idle); });
        making = true;
        try { await fetched(missing.map((moves) => ({ ...moves }))); } finally { making = false; }
      }
      return list.map((moves) => (current() === of ? cache.get(moves) : null));
    },

    /**
     * Return what to cross-fade until the picture comes: its kept neighbours along one slider.
     * @param {Moves} moves
     * @returns {[Share] | [Share, Share] | null} one share where the picture itself is there
     */
    near(moves) {
      current();
      const uri = cache.get(moves);
      return uri ? [{ uri, weight: 1, at: NaN }] : cache.near(moves);
    },
  };
}
