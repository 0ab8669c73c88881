// The last visit, in the browser's own database: the project without its photos, and the photos.
const NAME = 'in-domain-editor';
const config = window.gradio_config || {};
const api = `${config.root || ''}${config.api_prefix || '/gradio_api'}`;
let waiting = null;
let stored = '';

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

async function keep({ project, photos = {} }) {
  const old = (await use('readonly', (store) => store.get('last'))) || { photos: {} };
  const kept = {};
  for (const [name, path] of Object.entries(photos)) {
    if (old.photos[name]) kept[name] = old.photos[name];
    else kept[name] = await (await fetch(`${api}/file=${path}`)).blob();
  }
  await use('readwrite', (store) => store.put({ project, photos: kept }, 'last'));
}

async function restore() {
  const last = await use('readonly', (store) => store.get('last'));
  if (!last || !last.project) return;
  const photos = {};
  for (const [name, blob] of Object.entries(last.photos)) {
    const form = new FormData();
    form.append('files', blob, name.split('/').pop());
    const answer = await fetch(`${api}/upload`, { method: 'POST', body: form });
    [photos[name]] = await answer.json();
  }
  stored = last.project;
  props.value = { restore: { project: last.project, photos } };
  trigger('apply');
}

document.addEventListener('idgan:changed', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger('submit'), 1500);
});
watch('value', () => {
  const value = props.value || {};
  if (value.forget) {
    stored = '';
    use('readwrite', (store) => store.delete('last')).then(() => location.reload());
  } else if (value.project && value.project !== stored) {
    stored = value.project;
    keep(value).catch((error) => console.warn('the visit could not be kept:', error));
  }
});
restore().catch((error) => console.warn('the last visit could not be restored:', error));
