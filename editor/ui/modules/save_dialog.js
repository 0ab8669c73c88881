// The Save dialog. `tell('save')` saves by the last choice without asking, `tell('save-as')` asks, and
// `tell('save-many', {count, done})` asks for several pictures and calls `done(wish)`.
import { takeHome, addressOf } from './kept_file.js';
import { hear, isOpening, tell } from './page_state.js';
import { SAME, confirmation, described, isPicture, lastWish, readWish, rememberWish, suffixOf, wordOf } from './save_wish.js';
import './toasts.js';

/** @typedef {import('./save_wish.js').Wish} Wish */

/**
 * Start the component.
 * @param {any} handed what Gradio hands to a script
 */
export function start({ element, trigger, props, watch }) {
  const dialog = /** @type {HTMLDialogElement} */ (element.querySelector('dialog'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (dialog.querySelector(selector));
  const named = /** @type {HTMLInputElement} */ (find('[name=name]'));
  /** @type {import('./save_wish.js').Facts|null} */
  let facts = null;
  /** @type {{count: number, done: (wish: Wish) => void}|null} */
  let many = null;
  let turn = 0;
  let busy = false;
  /** @type {'save'|'share'} */
  let way = 'save';

  const wish = () => {
    const data = new FormData(form);
    return readWish({ what: data.get('what'), kind: data.get('kind'), name: named.value.trim(), profile: data.has('profile'), colour: data.has('colour') });
  };

  function mark() {
    const now = wish();
    const told = described(facts);
    for (const line of dialog.querySelectorAll('[data-says]')) line.textContent = told[/** @type {HTMLElement} */ (line).dataset.says || ''] || '';
    find('.name').hidden = Boolean(many);
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (dialog.querySelectorAll('.one'))) row.hidden = Boolean(many);
    find('.picture').hidden = !isPicture(now);
    find('.suffix').textContent = suffixOf(now, facts);
    find('.word').textContent = wordOf(now, facts);
    find('.colour').hidden = !many && !facts?.grey;
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (dialog.querySelectorAll('[name=kind]'))) {
      const label = /** @type {HTMLElement} */ (box.parentElement);
      label.hidden = Boolean(facts?.kinds) && box.value !== SAME && !facts?.kinds.includes(box.value);
    }
    named.placeholder = facts ? facts.name : '';
    find('h2').textContent = many ? `Export ${many.count} ${many.count === 1 ? 'picture' : 'pictures'}` : 'Save';
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll('.go'))) button.disabled = busy;
    find('.share').hidden = Boolean(many) || !canShare();
    find('.line').textContent = busy ? 'Saving…' : '';
  }

  function fill(/** @type {Wish} */ given) {
    for (const [name, value] of [['what', given.what], ['kind', given.kind]]) {
      const box = /** @type {HTMLInputElement|null} */ (form.querySelector(`[name=${name}][value=${value}]`));
      if (box) box.checked = true;
    }
    /** @type {HTMLInputElement} */ (find('[name=profile]')).checked = given.profile;
    /** @type {HTMLInputElement} */ (find('[name=colour]')).checked = given.colour;
    named.value = given.name;
  }

  function open(/** @type {typeof many} */ several = null) {
    if (dialog.open) return;
    many = several;
    busy = false;
    fail('');
    const last = lastWish();
    fill(several && !['photo', 'face'].includes(last.what) ? { ...last, what: 'photo' } : last);
    facts = null;
    dialog.showModal();
    mark();
    if (!several) { props.value = {}; trigger('expand'); } // asks for the facts
  }

  const fail = (/** @type {string} */ text) => { find('.failed').textContent = text; };

  function ask(/** @type {Wish} */ wanted) {
    if (busy) return;
    busy = true;
    turn += 1;
    fail('');
    mark();
    props.value = { wish: wanted, turn };
    trigger('submit');
  }

  async function share(/** @type {import('./save_wish.js').Saved} */ saved) {
    const answer = await fetch(addressOf(saved.file));
    if (!answer.ok) throw new Error(`it could not be fetched (${answer.status})`);
    const blob = await answer.blob();
    const files = [new File([blob], saved.name, { type: blob.type })];
    const give = () => navigator.share({ files });
    try {
      await give();
    } catch (error) {
      const name = /** @type {Error} */ (error).name;
      if (name === 'AbortError') return; // by the person
      if (name !== 'NotAllowedError') throw error;
      // the browser wants a press that is fresh
      tell('said', { text: `${saved.name} is ready.`, actions: [{ title: 'Share', run: () => give().catch(() => {}) }] });
    }
  }

  function answered() {
    const value = props.value || {};
    if (value.facts) { facts = value.facts; mark(); return; }
    if (!busy || (value.turn !== undefined && value.turn !== null && value.turn !== turn)) return;
    if (!value.saved && value.failed === undefined) return;
    busy = false;
    mark();
    if (value.failed !== undefined) {
      const text = value.failed && value.failed[0].toUpperCase() + value.failed.slice(1);
      if (dialog.open) fail(text);
      else if (text) tell('said', { text: `${text}.`, bad: true });
      return;
    }
    dialog.close();
    if (way === 'share') {
      share(value.saved).catch((error) => tell('said', { text: `It could not be shared: ${error.message}.`, bad: true }));
      return;
    }
    takeHome(value.saved.file, value.saved.name);
    tell('said', { text: confirmation(value.saved) });
  }

  function submitted(/** @type {'save'|'share'} */ how) {
    const wanted = wish();
    rememberWish(wanted);
    way = how;
    if (!many) { ask(wanted); return; }
    const { done } = many;
    dialog.close();
    done(wanted);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submitted('save');
  });
  find('.share').addEventListener('click', () => submitted('share'));
  form.addEventListener('input', mark);
  find('.cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => { busy = false; many = null; });
  dialog.addEventListener('keydown', (event) => {
    event.stopPropagation(); // no key of the page below
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 's') return;
    event.preventDefault();
    form.requestSubmit(/** @type {HTMLElement} */ (find('.save')));
  });
  /** Whether what is shown can be saved; if not, say why. */
  function isThere() {
    const text = isOpening() ? 'The photo is still being opened; save it then.'
      : proposed ? 'This is not kept yet. Keep it as a new picture, or drop it by Esc; then save.' : '';
    if (text) tell('said', { text, bad: true });
    return !text;
  }
  let proposed = false;
  hear('proposal', (proposal) => { proposed = Boolean(proposal); });
  hear('save', () => { if (!dialog.open && isThere()) { way = 'save'; ask(lastWish()); } });
  hear('save-as', () => { if (isThere()) open(); });
  hear('save-many', open);
  watch('value', answered);
}

const canShare = () => window.isSecureContext && typeof navigator.share === 'function' && matchMedia('(pointer: coarse)').matches;
