() => {
  let theme = null;  // chosen by hand, which the system's does not undo
  try { theme = localStorage.getItem('in-domain-editor-theme'); } catch { /* private mode */ }
  if (theme) document.body.classList.toggle('dark', theme === 'dark');
}
