() => {
  const dark = document.body.classList.toggle('dark');
  try { localStorage.setItem('in-domain-editor-theme', dark ? 'dark' : 'light'); } catch { /* private mode */ }
}
