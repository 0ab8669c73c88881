// The live path of the stage, for all who want pictures of the shown one: looks, explore, ends of sliders.

/**
 * @typedef {{many: (list: Record<string, number>[]) => Promise<(string | null)[]>}} Maker
 */

/** @type {Maker | null} */
let maker = null;

/** @param {Maker | null} made */
export function setMaker(made) {
  maker = made;
}

/**
 * Return pictures of the shown one with sliders moved, null for those that did not come.
 * @param {Record<string, number>[]} list distances by slider
 * @returns {Promise<(string | null)[]>} data URIs
 */
export const pictures = (list) => (maker && list.length ? maker.many(list) : Promise.resolve(list.map(() => null)));
