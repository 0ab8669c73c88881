const find = (selector) => element.querySelector(selector);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
let crop = null;
let drag = null;

function draw() {
  const box = find('.crop');
  if (!box) return;
  box.hidden = !crop;
  if (!crop) preview();
  if (!crop) return;
  for (const mark of box.querySelectorAll('.mark')) {
    const place = (crop.marks || {})[mark.dataset.name];
    mark.hidden = !place;
    if (place) [mark.style.left, mark.style.top] = place.map((share) => `${100 * share}%`);
  }
  const image = box.querySelector('img');
  if (image.getAttribute('src') !== crop.src) image.src = crop.src;
  const short = Math.min(crop.width, crop.height);
  const square = box.querySelector('.square');
  square.style.width = `${(100 * crop.side * short) / crop.width}%`;
  square.style.left = `${100 * crop.x}%`;
  square.style.top = `${100 * crop.y}%`;
  square.style.transform = `translate(-50%, -50%) rotate(${crop.angle}deg)`;
  preview();
}

function preview() {
  const canvas = find('.preview canvas');
  const image = find('.crop img');
  find('.preview').hidden = !crop;
  if (!crop || !image.naturalWidth) return;
  const context = canvas.getContext('2d');
  const width = image.naturalWidth;
  const height = image.naturalHeight;
  const scale = canvas.width / (crop.side * Math.min(width, height));
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = '#7f7f7f';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((-crop.angle * Math.PI) / 180);
  context.scale(scale, scale);
  context.drawImage(image, -crop.x * width, -crop.y * height);
}

function boxes() {
  const says = find('.says');
  says.hidden = !(crop && crop.says);
  says.textContent = (crop && crop.says) || '';
  const found = (crop && crop.found) || [];
  const short = crop ? Math.min(crop.width, crop.height) : 1;
  find('.found').replaceChildren(...(found.length < 2 ? [] : found).map((one, index) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-label', `Take ${crop.subject || 'picture'} ${index + 1} of ${found.length}`);
    button.style.width = `${(100 * one.side * short) / crop.width}%`;
    button.style.left = `${100 * one.x}%`;
    button.style.top = `${100 * one.y}%`;
    button.style.transform = `translate(-50%, -50%) rotate(${one.angle}deg)`;
    button.addEventListener('click', () => {
      change({ x: one.x, y: one.y, side: one.side, angle: one.angle });
      commit();
    });
    return button;
  }));
}

function change(values) {
  if (!crop) return;
  crop = { ...crop, ...values };
  crop.x = clamp(crop.x, 0, 1);
  crop.y = clamp(crop.y, 0, 1);
  crop.side = clamp(crop.side, 0.02, 2);
  draw();
}

function commit() {
  if (!crop) return;
  props.value = { ...crop };
  trigger('release');
}

element.addEventListener('pointerdown', (event) => {
  const square = event.target.closest('.square');
  if (!square || !crop) return;
  event.preventDefault();
  square.focus();
  square.setPointerCapture(event.pointerId);
  const rect = find('img').getBoundingClientRect();
  const corner = event.target.matches('.corner');
  drag = { rect, corner, startX: event.clientX, startY: event.clientY, from: { ...crop } };
});
element.addEventListener('pointermove', (event) => {
  if (!drag) return;
  const dx = event.clientX - drag.startX;
  const dy = event.clientY - drag.startY;
  if (drag.corner) {
    const cx = drag.rect.left + drag.from.x * drag.rect.width;
    const cy = drag.rect.top + drag.from.y * drag.rect.height;
    const before = Math.hypot(drag.startX - cx, drag.startY - cy);
    const now = Math.hypot(event.clientX - cx, event.clientY - cy);
    change({ side: drag.from.side * (now / Math.max(before, 1)) });
  } else {
    change({ x: drag.from.x + dx / drag.rect.width, y: drag.from.y + dy / drag.rect.height });
  }
});
const end = () => { if (drag) { drag = null; commit(); } };
element.addEventListener('pointerup', end);
element.addEventListener('pointercancel', end);
element.addEventListener('wheel', (event) => {
  if (!crop || !event.target.closest('.square')) return;
  event.preventDefault();
  change({ side: crop.side * Math.exp(-event.deltaY / 800) });
  commit();
}, { passive: false });
element.addEventListener('keydown', (event) => {
  const step = event.shiftKey ? 0.05 : 0.01;
  const moves = {
    ArrowLeft: () => ({ x: crop.x - step }), ArrowRight: () => ({ x: crop.x + step }),
    ArrowUp: () => ({ y: crop.y - step }), ArrowDown: () => ({ y: crop.y + step }),
    '+': () => ({ side: crop.side * 1.05 }), '=': () => ({ side: crop.side * 1.05 }),
    '-': () => ({ side: crop.side / 1.05 }),
  };
  if (!crop || !moves[event.key]) return;
  event.preventDefault();
  change(moves[event.key]());
  commit();
});
find('.crop img').addEventListener('load', preview);
function load() {
  crop = props.value && props.value.src ? { ...props.value } : null;
  boxes();
  draw();
}
watch('value', load);
load();
