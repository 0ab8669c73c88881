// What the page asks of the server and is told: the browser tests wait for it, see `driver.settled`.
window.calls = (() => {
  const QUIET = 8; // pictures of the browser without a call: what follows a call begins in that time
  const plain = window.fetch.bind(window);
  const under = new Set(); // calls without an answer, by the server's names for them
  const seen = []; // all calls: { index, began, data }
  const ended = new Map(); // what came with the end, which may come before the name is known
  let requests = 0; // that wait for an answer's head
  let quiet = 0;
  let changed = 0;
  let stage = null; // of the page, when it has started
  document.addEventListener('idgan:changed', () => { changed = performance.now(); });
  if (location.protocol.startsWith('http')) {
    import(`${location.origin}/modules/stage.js`).then(({ overlays }) => overlays.push((one) => { stage = one; })).catch(() => {});
  }

  function end(id, data) {
    quiet = 0;
    under.delete(id);
    ended.set(id, data);
    const call = seen.findLast((one) => one.id === id);
    if (call && data) call.data = data;
  }

  async function listen(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const lines = (text + value).split('\n');
        text = lines.pop();
        for (const line of lines) {
          if (!line.startsWith('data:')) continue;
          const message = JSON.parse(line.slice(5));
          if (message.msg === 'process_completed') end(message.event_id, message.output.data || []);
          if (message.msg === 'unexpected_error') under.clear();
        }
      }
    } catch { /* the page closed the connection */ }
  }

  window.fetch = async (input, init = {}) => {
    const url = String(input.url || input);
    if (url.includes('/heartbeat')) return plain(input, init);
    const asks = url.includes('/queue/join');
    const call = asks && { index: JSON.parse(init.body).fn_index, began: performance.now() };
    if (call) seen.push(call);
    if (url.endsWith('/cancel')) end(JSON.parse(init.body).event_id);
    quiet = 0;
    requests += 1;
    let answer;
    try {
      answer = await plain(input, init);
      if (asks && answer.ok) {
        call.id = (await answer.clone().json()).event_id;
        if (ended.has(call.id)) call.data = ended.get(call.id);
        else under.add(call.id);
      }
    } finally {
      requests -= 1;
      quiet = 0;
    }
    if (!url.includes('/queue/data')) return answer;
    const [mine, theirs] = answer.body.tee();
    listen(mine);
    return new Response(theirs, { status: answer.status, headers: answer.headers });
  };

  // The number of the function that an event of a component calls.
  function index(name, event) {
    const { components, dependencies } = window.gradio_config;
    const id = components.find((one) => one.props?.elem_id === name).id;
    return dependencies.find((one) => one.targets.some(([i, e]) => i === id && e === event)).id;
  }

  function last(name, event) {
    const wanted = index(name, event);
    return seen.findLast((one) => one.index === wanted);
  }

  async function record() {
    const base = await new Promise((resolve, reject) => {
      const request = indexedDB.open('in-domain-editor', 2);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const tab = sessionStorage.getItem('in-domain-editor-tab');
    const found = await new Promise((resolve) => {
      const request = base.transaction('visits').objectStore('visits').get(tab);
      request.onsuccess = () => resolve(request.result);
    });
    base.close();
    return found;
  }

  async function same(photos) {
    const asked = last('browser-storage', 'submit');
    if (!asked?.data || asked.began < changed) return false;
    const [said] = asked.data;
    const found = await record();
    const wanted = photos ?? Object.keys(said.photos).length;
    return Boolean(found) && JSON.stringify(found.projects) === JSON.stringify(said.projects)
      && Object.keys(found.photos).length === wanted;
  }

  // A fingerprint of the photo with its edit.
  async function shown() {
    await stage.ready();
    if (!stage.view.photo().width) return '';
    const { data, width, height } = stage.compose();
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-1', data));
    return `${width}×${height} ${Array.from(sum, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }

  // Until the stage shows this, or no longer this: what it shows then, or null after a time.
  async function shows(print, same, patience) {
    for (const start = performance.now(); performance.now() - start < patience;) {
      const found = await shown();
      if ((found === print) === same) return found;
      await new Promise(requestAnimationFrame);
    }
    return null;
  }

  return {
    index,
    last,
    shown,
    shows,
    stage: () => stage,
    settled() {
      quiet = under.size || requests ? 0 : quiet + 1;
      return quiet > QUIET;
    },
    async frames(count) {
      for (let i = 0; i < count; i += 1) await new Promise(requestAnimationFrame);
    },
    async kept(photos, patience) {
      for (const start = performance.now(); performance.now() - start < patience;) {
        if (await same(photos)) return true;
        await new Promise(requestAnimationFrame);
      }
      return false;
    },
  };
})();
