() => {
  const stored = (storage, name) => { try { return storage.getItem(`in-domain-editor-${name}`); } catch { return null; } };
  const theme = stored(localStorage, 'theme');  // chosen by hand, which the system's does not undo
  if (theme) document.body.classList.toggle('dark', theme === 'dark');
  const tabs = () => [...document.querySelectorAll('#tabs [role=tab]')];
  const place = tabs().find((tab) => tab.textContent.trim() === stored(sessionStorage, 'place'));
  if (place && place.getAttribute('aria-selected') !== 'true') place.click();
  document.addEventListener('click', (event) => {
    const tab = event.target.closest?.('#tabs [role=tab]');
    if (!tab) return;
    try { sessionStorage.setItem('in-domain-editor-place', tab.textContent.trim()); } catch { /* private mode */ }
  });
  const hold = (on) => document.dispatchEvent(new CustomEvent('idgan:hold', { detail: on }));
  const bind = () => {
    const button = document.querySelector('#compare');
    if (!button) { setTimeout(bind, 200); return; }
    button.addEventListener('pointerdown', () => hold(true));
    for (const name of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) {
      button.addEventListener(name, () => hold(false));
    }
    button.addEventListener('keydown', (e) => { if (e.key === ' ' || e.key === 'Enter') hold(true); });
    button.addEventListener('keyup', () => hold(false));
  };
  bind();
  const typing = (target) => target.closest('textarea, [contenteditable=true], input:not([type=range]):not([type=radio]):not([type=checkbox])');
  const editing = () => document.getElementById('main')?.getClientRects().length > 0;  // its tab is open
  const press = (id) => { const button = document.getElementById(id); if (button) button.click(); };
  document.addEventListener('keydown', (event) => {
    if (!editing() || typing(event.target) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key === 'z') press(event.shiftKey ? 'redo' : 'undo');
      else if (key === 'y') press('redo');
      else if (key === 's') press('save');
      else return;
      event.preventDefault();
    } else if (key === 'c' && !event.repeat) hold(true);
  });
  document.addEventListener('keyup', (event) => { if (event.key.toLowerCase() === 'c') hold(false); });
}
