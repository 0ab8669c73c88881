// What the hand has set and the server has not yet committed, kept at once: a reload loses nothing.

const KEY = 'in-domain-editor-draft';

/**
 * @typedef {{visit: string, picture: string, node: number, moves: Record<string, number>}} Draft
 *   moves in the units of codes, of a picture as it stood at a node of a visit's history.
 */

/**
 * Return the draft of this tab, or null.
 * @returns {Draft | null}
 */
export function draft() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) || 'null');
    return found && typeof found.moves === 'object' && found.moves ? found : null;
  } catch {
    return null; // private mode, or not ours
  }
}

/**
 * Keep a draft.
 * @param {Draft} values
 */
export function keepDraft(values) {
  try { sessionStorage.setItem(KEY, JSON.stringify(values)); } catch { /* private mode */ }
}

/** Forget the draft. */
export function dropDraft() {
  try { sessionStorage.removeItem(KEY); } catch { /* private mode */ }
}

/**
 * Return whether a draft was made on what a panel's value shows, or on the edit just before it.
 * @param {Draft} kept
 * @param {{visit?: string, picture?: string, node?: number, parent?: number}} shown
 */
export const fits = (kept, shown) => Boolean(shown.visit) && kept.visit === shown.visit
  && kept.picture === shown.picture && (kept.node === shown.node || kept.node === shown.parent);
