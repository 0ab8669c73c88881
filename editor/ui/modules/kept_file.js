// A file that the page keeps for the visit: its address, and taking it home.

/**
 * Return the address of a file by the path that the server told.
 * @param {string} path
 * @returns {string}
 */
export function addressOf(path) {
  const config = /** @type {any} */ (window).gradio_config || {};
  const api = `${config.root || ''}${config.api_prefix || '/gradio_api'}`;
  return `${api}/file=${path.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Let the browser save a file.
 * @param {string} path
 * @param {string} name
 */
export function takeHome(path, name) {
  const link = document.createElement('a');
  link.href = addressOf(path);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
