const find = (selector) => element.querySelector(selector);
const kept = { before: '' };
let latest = 0;
let split = 0;

function place(percent) {
  const before = find('.before');
  if (!before) return;
  before.style.clipPath = `inset(0 ${100 - percent}% 0 0)`;
  find('.line').style.left = `${percent}%`;
  find('.frame').classList.toggle('split', percent > 0 && Boolean(kept.before));
}

function set(image, source) {
  if (!image) return;
  if (!source) image.removeAttribute('src');
  else if (image.getAttribute('src') !== source) image.src = source;
}

function show() {
  const value = props.value || {};
  if (typeof value.turn === 'number') {
    if (value.turn < latest) return;  // of a slider's earlier position
    latest = value.turn;
  }
  if (typeof value.before === 'string') kept.before = value.before;
  const after = find('.after');
  if (!after) return;
  if (!value.keep) {  // else only what it is compared to is another
    after.alt = value.alt || '';
    set(after, value.after);
    find('.frame').classList.toggle('empty', !value.after);
    find('.frame').classList.toggle('contain', value.fit === 'contain');
  }
  set(find('.before'), kept.before);
  place(value.keep ? (split = split || 50) : split);
  if (value.keep) find('.divider').value = split;
}

element.addEventListener('input', (event) => {
  if (!event.target.matches('.divider')) return;
  split = Number(event.target.value);
  place(split);
});
document.addEventListener('idgan:hold', (event) => place(event.detail ? 100 : split));
watch('value', show);
show();
