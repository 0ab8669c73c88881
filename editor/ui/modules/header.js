// The header: places, undo and redo, compare, help, theme, Save. Keeps place and tool over a reload.
import { coaches } from './coach.js';
import { asked, TOLD, typing } from './keys.js';
import { menuOf } from './menu.js';
import { change, hear, isOpening, now, tell } from './page_state.js';

const PREFIX = 'in-domain-editor';
const PLACES = ['edit', 'animate', 'library'];
const TOOLS = ['sliders', 'brush', 'blend', 'patch', 'strip'];

const OF_PHOTO = [ // the stage's foot has them where there is room
  { title: 'Turn the photo left', run: () => tell('turn-photo', -1) },
  { title: 'Turn the photo right', run: () => tell('turn-photo', 1) },
  { title: 'Frame another part', run: () => tell('frame-anew') },
];

/** @param {Storage} storage @param {string} name */
const stored = (storage, name) => { try { return storage.getItem(`${PREFIX}-${name}`); } catch { return null; } };
/** @param {Storage} storage @param {string} name @param {string} value */
const store = (storage, name, value) => { try { storage.setItem(`${PREFIX}-${name}`, value); } catch { /* private mode */ } };

function theme() {
  const chosen = stored(localStorage, 'theme'); // by hand, which the system's does not undo
  if (chosen) document.body.classList.toggle('dark', chosen === 'dark');
}

/** Close the list of domains when the focus or a press goes elsewhere: Gradio leaves it open. */
function closesDomains() {
  const close = () => document.querySelector('#domain input[aria-expanded=true]')?.dispatchEvent(new Event('blur'));
  const isInside = (/** @type {EventTarget|null} */ target) => target instanceof Element && target.closest('#domain') !== null;
  document.addEventListener('focusout', (event) => { if (isInside(event.target) && event.relatedTarget && !isInside(event.relatedTarget)) setTimeout(close); });
  document.addEventListener('pointerdown', (event) => { if (!isInside(event.target)) close(); });
}

/** @param {{element: HTMLElement, props: any, trigger: (name: string) => void, watch: Function}} handed */
export function start({ element, props, trigger, watch }) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  const help = /** @type {HTMLDialogElement} */ (find('#help'));
  theme();
  coaches();
  closesDomains();

  function show() {
    for (const root of [document.body, document.getElementById('page')]) { // Gradio copies our styles, for what lies in its container
      if (root) Object.assign(root.dataset, { place: now().place, tool: now().tool });
    }
    for (const button of element.querySelectorAll('.places button')) {
      if (!(button instanceof HTMLElement)) continue;
      if (button.dataset.place === now().place) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
    const title = find(`.places [data-place=${now().place}]`).textContent || '';
    find('.menu-opener span').textContent = title;
    find('.menu-opener').setAttribute('aria-label', `${title}, menu`);
  }
  function opened() {
    show();
    store(sessionStorage, 'place', now().place);
    store(sessionStorage, 'tool', now().tool);
    props.value = { ...props.value, place: now().place, tool: now().tool };
    trigger('select');
  }
  /** @type {Record<string, () => void>} */
  const acts = {
    undo: () => { if (isOpening()) return; tell('resting'); trigger('undo'); },
    redo: () => { if (!isOpening()) trigger('retry'); },
    theme: () => store(localStorage, 'theme', document.body.classList.toggle('dark') ? 'dark' : 'light'),
    help: () => { if (!help.open) help.showModal(); },
    save: () => tell('save'),
    'save-as': () => tell('save-as'),
  };
  // what a narrow window has no room for
  menuOf(/** @type {HTMLButtonElement} */ (find('.menu-opener')), () => [
    ...[.../** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll('.places button'))].map((button) => (
      { title: button.textContent || '', run: () => change({ place: button.dataset.place }) })),
    ...(now().place === 'edit' && now().stage.turnable ? OF_PHOTO : []),
    { title: 'Save as…', run: acts['save-as'] },
    { title: 'Dark or light', run: acts.theme },
    { title: 'Help', run: acts.help },
  ]);
  element.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (!button) return;
    if (button.dataset.place) change({ place: button.dataset.place });
    else if (button.classList.contains('close')) help.close();
    else acts[button.dataset.act || '']?.();
  });
  const compare = find('[data-act=compare]');
  /** @param {boolean} on */
  const hold = (on) => { compare.setAttribute('aria-pressed', String(on)); tell('compare', on); };
  compare.addEventListener('pointerdown', () => hold(true));
  for (const name of ['pointerup', 'pointerleave', 'pointercancel', 'blur', 'keyup']) compare.addEventListener(name, () => hold(false));
  compare.addEventListener('keydown', (event) => { if (event.key === ' ' || event.key === 'Enter') hold(true); });

  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    const wish = asked(event, now().place, typing(event.target));
    if (!wish) return;
    event.preventDefault();
    if (!event.repeat) tell(wish[0], wish[1]);
  });
  hear('press-undo', acts.undo);
  hear('press-redo', acts.redo);
  hear('help', acts.help);
  hear('open-tool', (tool) => change({ tool }));
  for (const name of ['undo', 'redo']) {
    hear(name, (on) => find(`[data-act=${name}]`).setAttribute('aria-disabled', String(!on)));
  }
  find('#help tbody').replaceChildren(...TOLD.map(([keys, does]) => {
    const row = document.createElement('tr');
    for (const text of [keys, does]) row.append(Object.assign(document.createElement('td'), { textContent: text }));
    return row;
  }));
  // sliders belong to a picture: while a photo is opened, or waits for its frame, there is none
  const waits = () => { document.getElementById('tool-sliders')?.toggleAttribute('inert', isOpening()); };
  hear('stage', waits);
  waits();
  const about = () => { find('.about').textContent = (props.value?.about || {})[now().stage.domain] || ''; };
  hear('stage', about);
  about(); // the stage may have started before

  const place = stored(sessionStorage, 'place');
  const tool = stored(sessionStorage, 'tool');
  if (place && PLACES.includes(place)) change({ place });
  if (tool && TOOLS.includes(tool)) change({ tool });
  hear('place', opened);
  hear('tool', opened);
  watch('value', show);
  show();
  if (now().place !== 'edit' || now().tool !== 'sliders') opened();
}
