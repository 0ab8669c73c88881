// What is chosen after a click on one of several things, as in a file manager.

/**
 * Return the ids that are chosen after a click.
 * @param {string[]} chosen that are chosen now
 * @param {string[]} all in the order of the page
 * @param {string} id that was clicked
 * @param {{range?: boolean, more?: boolean, anchor?: string}} how range: all between anchor and the
 *   clicked one; more: turn that one round, the others stay; neither: that one alone
 * @returns {string[]} in the order in which they were chosen
 */
export function chosenAfter(chosen, all, id, { range = false, more = false, anchor = '' } = {}) {
  const there = chosen.filter((one) => all.includes(one));
  if (range && all.includes(anchor)) {
    const [from, to] = [all.indexOf(anchor), all.indexOf(id)];
    const between = all.slice(Math.min(from, to), Math.max(from, to) + 1);
    if (from > to) between.reverse();
    return more ? [...there, ...between.filter((one) => !there.includes(one))] : between;
  }
  if (more || range) return there.includes(id) ? there.filter((one) => one !== id) : [...there, id];
  return [id];
}

/**
 * Return where the focus goes from one of several things on a key, or null where the key moves nothing.
 * @param {string} key as in a KeyboardEvent
 * @param {number} at index of what has the focus
 * @param {number} count of the things
 * @param {number} columns of a grid; 1 for a row, in which up and down move nothing
 * @returns {number|null}
 */
export function nextIndex(key, at, count, columns = 1) {
  const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });
  if (columns > 1) Object.assign(steps, { ArrowUp: -columns, ArrowDown: columns });
  if (key === 'Home') return count ? 0 : null;
  if (key === 'End') return count ? count - 1 : null;
  if (!(key in steps)) return null;
  const next = at + steps[key];
  return next >= 0 && next < count ? next : null;
}
