(file) => {
  if (!file || !file.uri) return;
  const link = document.createElement('a');
  link.href = file.uri;
  link.download = file.name;
  document.body.appendChild(link);
  link.click();
  link.remove();
}
