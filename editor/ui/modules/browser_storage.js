// Visits in the browser's own database, a record a tab: the projects without their photos, and the photos.
import { tell } from './page_state.js';
import './toasts.js';

/**
 * @typedef {{open: string | null, projects: Record<string, string>, photos: Record<string, Blob>, visit?: string | null,
 *   worth?: boolean, time?: number}} VisitRecord
 *   projects: base64 by domain; worth: it holds more than the example; time: ms since 1970.
 */

const NAME = 'in-domain-editor';
const KEPT = 8; // records; the oldest go first
const SOON_MS = 250; // after a change, so that one that follows at once is kept with it

const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
/** @param {string} key @param {string} value */
const remember = (key, value) => { try { sessionStorage.setItem(`${NAME}-${key}`, value); } catch { /* private mode */ } };
/** @param {string} key */
const recall = (key) => { try { return sessionStorage.getItem(`${NAME}-${key}`); } catch { return null; } };

/** Forget what this tab kept of the visit, but not the tab's name. Looks stay: they are the artist's own. */
function forgetTab() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(`${NAME}-`) && key !== `${NAME}-tab`) sessionStorage.removeItem(key);
  } catch { /* private mode */ }
}

/** @returns {Promise<IDBDatabase>} */
function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = () => {
      const base = request.result;
      const visits = base.createObjectStore('visits');
      if (!base.objectStoreNames.contains('visit')) return;
      const last = /** @type {IDBTransaction} */ (request.transaction).objectStore('visit').get('last'); // of the version before
      last.onsuccess = () => {
        if (last.result) visits.put({ ...last.result, worth: true, time: Date.now() }, 'before');
      };
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Return the result of one request, once all of it is written.
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest} work
 * @returns {Promise<any>}
 */
async function use(mode, work) {
  const base = await database();
  try {
    return await new Promise((resolve, reject) => {
      const change = base.transaction('visits', mode);
      const request = work(change.objectStore('visits'));
      change.oncomplete = () => resolve(request.result);
      change.onerror = change.onabort = () => reject(change.error || request.error);
    });
  } finally {
    base.close();
  }
}

/**
 * Return a record. Null where there is none, or none can be read.
 * @param {string | null} name
 * @returns {Promise<VisitRecord | null>}
 */
const recordOf = (name) => (name ? use('readonly', (store) => store.get(name)).then((found) => found || null, () => null) : Promise.resolve(null));

/** @returns {Promise<(VisitRecord & {name: string})[]>} the newest first */
async function records() {
  const names = await use('readonly', (store) => store.getAllKeys());
  const values = await use('readonly', (store) => store.getAll());
  return names.map((/** @type {string} */ name, /** @type {number} */ index) => ({ name, ...values[index] }))
    .sort((/** @type {VisitRecord} */ a, /** @type {VisitRecord} */ b) => (b.time || 0) - (a.time || 0));
}

/** @param {{element: HTMLElement, props: any, trigger: (name: string) => void, watch: Function}} handed */
export function start({ element, props, trigger, watch }) {
  const config = /** @type {any} */ (window).gradio_config || {};
  const api = `${config.root || ''}${config.api_prefix || '/gradio_api'}`;
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel(NAME) : null;
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (element.querySelector(selector));
  /** @type {string | null} */
  let tab = null; // the name of this tab's record
  /** @type {number | undefined} */
  let waiting;
  let stored = '';
  /** @type {string | null} */
  let visit = null; // the server's name of this visit
  let restoring = false; // nothing is kept before it is known what became of the last record
  let told = false; // that nothing can be kept
  /** @type {VisitRecord | null} */
  let next = null; // what is kept when the one before it is
  /** @type {Promise<void> | null} */
  let keeping = null;

  // The names of records that other tabs hold now.
  /** @returns {Promise<string[]>} */
  function held() {
    if (!tabs) return Promise.resolve([]);
    return new Promise((resolve) => {
      /** @type {string[]} */
      const found = [];
      const listen = (/** @type {MessageEvent} */ event) => { if (event.data.mine) found.push(event.data.mine); };
      tabs.addEventListener('message', listen);
      tabs.postMessage({ who: true });
      setTimeout(() => { tabs.removeEventListener('message', listen); resolve(found); }, 250);
    });
  }
  tabs?.addEventListener('message', (event) => { if (event.data.who && tab) tabs.postMessage({ mine: tab }); });

  /** @param {string} path */
  const encoded = (path) => path.split('/').map(encodeURIComponent).join('/');

  /** @param {any} value as the server says it, photos by their paths */
  async function keep({ open, projects, photos = {}, worth, visit: named }) {
    const old = (await recordOf(tab))?.photos || {};
    /** @type {Record<string, Blob>} */
    const kept = {};
    for (const [name, path] of Object.entries(photos)) {
      if (old[name]) { kept[name] = old[name]; continue; }
      const answer = await fetch(`${api}/file=${encoded(path)}`);
      // one that cannot be had is asked for again with the next change
      if (answer.ok) kept[name] = await answer.blob();
      else console.warn(`a photo could not be kept: ${answer.status}`);
    }
    const record = { open, projects, photos: kept, visit: named, worth, time: Date.now() };
    await use('readwrite', (store) => store.put(record, tab || ''));
    if (!worth) return;
    for (const old of (await records()).slice(KEPT)) await use('readwrite', (store) => store.delete(old.name));
  }

  /** Keep one after the other, and of those that wait only the newest: an older one never takes its place. */
  async function keepAll() {
    for (let value = next; value; value = next) {
      next = null;
      try {
        await keep(value);
      } catch (error) {
        stored = '';
        console.warn('the visit could not be kept:', error);
        if (!told) tell('said', { text: 'The browser cannot keep this visit. Save the project in the library before you leave.', bad: true });
        told = true;
      }
    }
    keeping = null;
  }

  async function forget() {
    if (!confirm('Forget all pictures, sliders and projects of this visit? Your looks stay.')) return;
    restoring = true; // nothing is asked for any more
    next = null;
    try {
      await keeping;
      await use('readwrite', (store) => store.delete(tab || ''));
    } catch (error) {
      console.warn('the record could not be deleted:', error);
    } finally {
      forgetTab();
      location.reload();
    }
  }

  /** @param {string} name @param {Blob} blob @returns {Promise<{path: string}>} */
  async function given(name, blob) {
    const form = new FormData();
    form.append('files', blob, name.split(/[\\/]/).pop() || 'photo');
    const answer = await fetch(`${api}/upload`, { method: 'POST', body: form });
    if (!answer.ok) throw new Error(`a photo was refused: ${answer.status}`);
    const [path] = await answer.json();
    return { path };
  }

  /** @param {VisitRecord | null} record @param {boolean} [late] */
  async function restore(record, late = false) {
    restoring = true;
    /** @type {Record<string, {path: string}>} */
    const photos = {};
    for (const [name, blob] of Object.entries((record && record.photos) || {})) {
      try { photos[name] = await given(name, blob); } catch (error) { console.warn(error); }
    }
    const { open, projects } = record || { open: null, projects: {} };
    props.value = { restore: { visit: recall('visit') || (record && record.visit) || null, open, projects, photos, late } };
    trigger('apply');
  }

  // What could not be brought back stays as it is: this tab goes on with a record of its own.
  /** @param {{restored: boolean, visit?: string}} value */
  function restored(value) {
    restoring = false;
    if (value.restored) {
      visit = value.visit || '';
      remember('visit', visit);
    } else {
      tab = fresh();
      remember('tab', tab);
      remember('visit', '');
    }
    ask();
  }

  const ask = () => trigger('submit');

  /** @param {VisitRecord & {name: string}} record */
  function offer(record) {
    const box = find('.offer');
    const when = new Date(record.time || 0).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    find('.offer span').textContent = `Your visit of ${when} is kept in this browser.`;
    box.hidden = false;
    find('.offer .leave').onclick = () => { box.hidden = true; };
    find('.offer .take').onclick = () => {
      box.hidden = true;
      tab = record.name;
      remember('tab', tab);
      remember('visit', '');
      restore(record).catch((error) => { console.warn(error); restored({ restored: false }); });
    };
  }

  async function begin() {
    const others = await held();
    tab = recall('tab');
    /** @type {VisitRecord | null} */
    let copied = null;
    if (tab && others.includes(tab)) { // this tab is a copy of another, which goes on with the record
      copied = await recordOf(tab);
      remember('visit', '');
      tab = null;
    }
    const mine = copied || (await recordOf(tab));
    const before = recall('visit');
    if (!tab) { tab = fresh(); remember('tab', tab); }
    if (mine || before) { await restore(mine && { ...mine, visit: copied ? null : mine.visit }); return; }
    ask(); // so that the server's name of the visit is known
    const last = (await records().catch(() => [])).find((one) => one.worth && one.name !== tab && !others.includes(one.name));
    if (last) offer(last);
  }

  document.addEventListener('idgan:changed', () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => { if (!restoring) ask(); }, SOON_MS);
  });
  watch('value', () => {
    const value = props.value || {};
    if (value.forget) {
      forget();
    } else if ('restored' in value) {
      restored(value);
    } else if (value.projects && visit && value.visit !== visit) {
      // the server forgot ours: what it has now must not take its place
      visit = value.visit;
      Promise.resolve(keeping).then(() => recordOf(tab)).then((record) => restore(record, true)).catch((error) => console.warn(error));
    } else if (value.projects && !restoring) {
      visit = value.visit;
      remember('visit', visit || '');
      const key = JSON.stringify(value.projects);
      if (key === stored || !value.worth) return;
      stored = key;
      find('.offer').hidden = true;
      next = value;
      keeping ||= keepAll();
    }
  });
  begin().catch((error) => { restoring = false; tab = tab || fresh(); console.warn('the last visit could not be restored:', error); });
}
