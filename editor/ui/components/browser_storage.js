// Visits in the browser's own database, a record a tab: the projects without their photos, and the photos.
const NAME = 'in-domain-editor';
const KEPT = 8; // records; the oldest go first
const config = window.gradio_config || {};
const api = `${config.root || ''}${config.api_prefix || '/gradio_api'}`;
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel(NAME) : null;
let tab = null; // the name of this tab's record
let waiting = null;
let stored = '';
let visit = null; // the server's name of this visit
let restoring = false; // nothing is kept before it is known what became of the last record

const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
const remember = (key, value) => { try { sessionStorage.setItem(`${NAME}-${key}`, value); } catch { /* private mode */ } };
const recall = (key) => { try { return sessionStorage.getItem(`${NAME}-${key}`); } catch { return null; } };

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 2);
    request.onupgradeneeded = () => {
      const base = request.result;
      const visits = base.createObjectStore('visits');
      if (!base.objectStoreNames.contains('visit')) return;
      const last = request.transaction.objectStore('visit').get('last'); // of the version before
      last.onsuccess = () => {
        if (last.result) visits.put({ ...last.result, worth: true, time: Date.now() }, 'before');
      };
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// The result of one request, once all of it is written.
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

async function records() {
  const names = await use('readonly', (store) => store.getAllKeys());
  const values = await use('readonly', (store) => store.getAll());
  return names.map((name, index) => ({ name, ...values[index] })).sort((a, b) => b.time - a.time);
}

// The names of records that other tabs hold now.
function held() {
  if (!tabs) return Promise.resolve([]);
  return new Promise((resolve) => {
    const found = [];
    const hear = (event) => { if (event.data.mine) found.push(event.data.mine); };
    tabs.addEventListener('message', hear);
    tabs.postMessage({ who: true });
    setTimeout(() => { tabs.removeEventListener('message', hear); resolve(found); }, 250);
  });
}
tabs?.addEventListener('message', (event) => { if (event.data.who && tab) tabs.postMessage({ mine: tab }); });

const encoded = (path) => path.split('/').map(encodeURIComponent).join('/');

async function keep({ open, projects, photos = {}, worth }) {
  const old = (await use('readonly', (store) => store.get(tab))) || { photos: {} };
  const kept = {};
  for (const [name, path] of Object.entries(photos)) {
    if (old.photos[name]) { kept[name] = old.photos[name]; continue; }
    const answer = await fetch(`${api}/file=${encoded(path)}`);
    // one that cannot be had is asked for again with the next change
    if (answer.ok) kept[name] = await answer.blob();
    else console.warn(`a photo could not be kept: ${answer.status}`);
  }
  const record = { open, projects, photos: kept, visit, worth, time: Date.now() };
  await use('readwrite', (store) => store.put(record, tab));
  if (!worth) return;
  for (const old of (await records()).slice(KEPT)) await use('readwrite', (store) => store.delete(old.name));
}

async function given(name, blob) {
  const form = new FormData();
  form.append('files', blob, name.split('/').pop());
  const answer = await fetch(`${api}/upload`, { method: 'POST', body: form });
  if (!answer.ok) throw new Error(`a photo was refused: ${answer.status}`);
  const [path] = await answer.json();
  return { path };
}

async function restore(record, late = false) {
  restoring = true;
  const photos = {};
  for (const [name, blob] of Object.entries((record && record.photos) || {})) {
    try { photos[name] = await given(name, blob); } catch (error) { console.warn(error); }
  }
  const { open = null, projects = {} } = record || {};
  props.value = { restore: { visit: recall('visit') || (record && record.visit) || null, open, projects, photos, late } };
  trigger('apply');
}

// What could not be brought back stays as it is: this tab goes on with a record of its own.
function restored(value) {
  restoring = false;
  if (value.restored) {
    visit = value.visit;
    remember('visit', visit);
  } else {
    tab = fresh();
    remember('tab', tab);
    remember('visit', '');
  }
  ask();
}

const ask = () => trigger('submit');

function offer(record) {
  const box = element.querySelector('.offer');
  const when = new Date(record.time).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  box.querySelector('span').textContent = `Your visit of ${when} is kept in this browser.`;
  box.hidden = false;
  box.querySelector('.leave').onclick = () => { box.hidden = true; };
  box.querySelector('.take').onclick = () => {
    box.hidden = true;
    tab = record.name;
    remember('tab', tab);
    remember('visit', '');
    restore(record).catch((error) => { console.warn(error); restored({}); });
  };
}

async function begin() {
  const others = await held();
  tab = recall('tab');
  let copied = null;
  if (tab && others.includes(tab)) { // this tab is a copy of another, which goes on with the record
    copied = await use('readonly', (store) => store.get(tab));
    remember('visit', '');
    tab = null;
  }
  const mine = copied || (tab && (await use('readonly', (store) => store.get(tab)))) || null;
  const before = recall('visit');
  if (!tab) { tab = fresh(); remember('tab', tab); }
  if (mine || before) { await restore(mine && { ...mine, visit: copied ? null : mine.visit }); return; }
  ask(); // so that the server's name of the visit is known
  const last = (await records()).find((one) => one.worth && one.name !== tab && !others.includes(one.name));
  if (last) offer(last);
}

document.addEventListener('idgan:changed', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (!restoring) ask(); }, 1500);
});
watch('value', () => {
  const value = props.value || {};
  if (value.forget) {
    if (!confirm('Forget all pictures, sliders and projects of this visit?')) return;
    stored = '';
    remember('visit', '');
    use('readwrite', (store) => store.delete(tab)).then(() => location.reload());
  } else if ('restored' in value) {
    restored(value);
  } else if (value.projects && visit && value.visit !== visit) {
    // the server forgot ours: what it has now must not take its place
    visit = value.visit;
    use('readonly', (store) => store.get(tab)).then((record) => restore(record, true)).catch((error) => console.warn(error));
  } else if (value.projects && !restoring) {
    visit = value.visit;
    remember('visit', visit);
    const key = JSON.stringify(value.projects);
    if (key === stored || !value.worth) return;
    stored = key;
    element.querySelector('.offer').hidden = true;
    keep(value).catch((error) => { stored = ''; console.warn('the visit could not be kept:', error); });
  }
});
begin().catch((error) => { restoring = false; tab = tab || fresh(); console.warn('the last visit could not be restored:', error); });
