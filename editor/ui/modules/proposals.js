// What Blend and Patch propose: the stage shows it with a dashed edge until it is kept or dropped.
import { endsByEscape } from './escape.js';
import { hear, now, tell } from './page_state.js';

/** @typedef {{after: string, label: string, picture: string, of?: string}} Proposal */

/**
 * Make the proposals of one tool. They last while the tool is open; Esc drops one.
 * @param {string} tool "blend" or "patch"
 * @param {(standing: boolean) => void} changed
 * @returns {{set: (proposal: Proposal|null) => void, standing: () => Proposal|null, open: () => boolean}}
 */
export function proposals(tool, changed) {
  /** @type {Proposal|null} */
  let standing = null;
  const open = () => now().place === 'edit' && now().tool === tool;
  const set = (/** @type {Proposal|null} */ proposal) => {
    if (proposal && !open()) return;
    if (proposal || standing) tell('proposal', proposal && { ...proposal, of: tool });
  };
  hear('proposal', (/** @type {Proposal|null} */ proposal) => {
    const before = standing;
    standing = proposal && proposal.of === tool ? proposal : null;
    if (Boolean(before) !== Boolean(standing)) changed(Boolean(standing));
  });
  const left = () => { if (!open()) set(null); };
  hear('tool', left);
  hear('place', left);
  endsByEscape('proposal', () => {
    if (!standing) return false;
    set(null);
    return true;
  });
  return { set, standing: () => standing, open };
}
