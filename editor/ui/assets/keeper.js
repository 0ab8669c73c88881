// The last visit, in the browser's own database: the project without its photos, and the photos.
const NAME = 'in-domain-editor';
const config = window.gradio_config || {};
const api = `${config.root || ''}${config.api_prefix || '/gradio_api'}`;
let waiting = null;
let stored = '';
let visit = null; // the server's name of it

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('visit');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function use(mode, work) {
  const base = await database();
  try {
    return await new Promise((resolve, reject) => {
      const request = work(base.transaction('visit', mode).objectStore('visit'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    base.close();
  }
}

async function keep({ open, projects, photos = {} }) {
  const old = (await use('readonly', (store) => store.get('last'))) || { photos: {} };
  const kept = {};
  for (const [name, path] of Object.entries(photos)) {
    if (old.photos[name]) kept[name] = old.photos[name];
    else kept[name] = await (await fetch(`${api}/file=${path}`)).blob();
  }
  await use('readwrite', (store) => store.put({ open, projects, photos: kept }, 'last'));
}

async function restore(late = false) {
  const last = await use('readonly', (store) => store.get('last'));
  if (!last || !last.projects) return;
  const photos = {};
  for (const [name, blob] of Object.entries(last.photos)) {
    const form = new FormData();
    form.append('files', blob, name.split('/').pop());
    const answer = await fetch(`${api}/upload`, { method: 'POST', body: form });
    [photos[name]] = await answer.json();
  }
  stored = JSON.stringify(last.projects);
  props.value = { restore: { open: last.open, projects: last.projects, photos, late } };
  trigger('apply');
}

document.addEventListener('idgan:changed', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger('submit'), 1500);
});
watch('value', () => {
  const value = props.value || {};
  if (value.forget) {
    if (!confirm('Forget all pictures, sliders and projects of this visit?')) return;
    stored = '';
    use('readwrite', (store) => store.delete('last')).then(() => location.reload());
  } else if (value.projects && visit && value.visit !== visit) {
    visit = value.visit; // the server forgot ours: what it has now must not take its place
    restore(true).catch((error) => console.warn('the visit could not be restored:', error));
  } else if (value.projects && JSON.stringify(value.projects) !== stored) {
    visit = value.visit;
    stored = JSON.stringify(value.projects);
    keep(value).catch((error) => console.warn('the visit could not be kept:', error));
  }
});
restore().catch((error) => console.warn('the last visit could not be restored:', error));
