// Explore: nine pictures around where the picture stands. A click goes there, again and again.
import { pictures } from './live_pictures.js';
import { SLIDERS, steps } from './explore_steps.js';
import { change, hear, now, tell } from './page_state.js';

/** @returns {HTMLDialogElement} */
function built() {
  const dialog = document.createElement('dialog');
  dialog.id = 'explore';
  dialog.className = 'sheet';
  dialog.setAttribute('aria-labelledby', 'explore-title');
  dialog.innerHTML = '<h2 id="explore-title">Explore</h2><button type="button" class="close" aria-label="Close">✕</button>'
    + '<p>Click the best. The middle is where you are.</p><div class="nine" role="group" aria-label="Nine pictures"></div>'
    + '<div class="foot"><button type="button" class="others">Other sliders</button></div>';
  document.body.append(dialog);
  return dialog;
}

/**
 * Let key E, and who tells "explore", open nine pictures.
 * @param {() => {ranges: Record<string, [number, number]>, titles: Record<string, string>, ends?: Record<string, [string, string]>}} about the sliders
 */
export function explores(about) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector('#explore')) || built();
  const grid = /** @type {HTMLElement} */ (dialog.querySelector('.nine'));
  const others = /** @type {HTMLElement} */ (dialog.querySelector('.others'));
  let page = 0;
  let turn = 0;

  async function show() {
    const mine = turn += 1;
    const { ranges, titles, ends = {} } = about();
    const wanted = steps(now().moves, ranges, page);
    others.hidden = Object.keys(ranges).length <= SLIDERS;
    grid.setAttribute('aria-busy', 'true');
    const uris = await pictures(wanted.map((one) => one.moves));
    if (mine !== turn) return;
    grid.removeAttribute('aria-busy');
    const at = [...grid.children].indexOf(/** @type {any} */ (document.activeElement));
    grid.replaceChildren(...wanted.map((one, index) => {
      const button = document.createElement('button');
      button.type = 'button';
      const end = ends[one.name]?.[one.share > 0 ? 1 : 0];
      const title = end || (one.name ? `${titles[one.name] || one.name} ${one.share > 0 ? '+' : '−'}` : index === 4 ? 'Now' : '');
      const image = Object.assign(document.createElement('img'), { alt: '' });
      if (uris[index]) image.src = /** @type {string} */ (uris[index]);
      button.append(image, Object.assign(document.createElement('span'), { textContent: title }));
      button.setAttribute('aria-label', title || 'No change');
      button.disabled = !one.name;
      button.addEventListener('click', () => {
        change({ moves: one.moves });
        tell('rest');
        show();
      });
      return button;
    }));
    if (at >= 0) /** @type {HTMLElement} */ (grid.children[at]).focus();
  }
  dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
  others.addEventListener('click', () => { page += 1; show(); });
  hear('explore', () => {
    if (dialog.open || !now().stage.version) return;
    page = 0;
    grid.replaceChildren();
    dialog.showModal();
    show();
  });
}
