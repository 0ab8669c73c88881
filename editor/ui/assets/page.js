() => {
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
}
