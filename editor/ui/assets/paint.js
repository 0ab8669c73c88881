const SIDE = 256;
const find = (selector) => element.querySelector(selector);
const mask = document.createElement('canvas');
mask.width = mask.height = SIDE;
const pen = mask.getContext('2d', { willReadFrequently: true });
let tool = 'brush';
let last = null;
let from = null;
let held = null;
let shown = null;
const cursor = { x: SIDE / 2, y: SIDE / 2 };

function black() {
  pen.fillStyle = '#000';
  pen.fillRect(0, 0, SIDE, SIDE);
}

function draw() {
  const canvas = find('canvas');
  if (!canvas) return;
  const context = canvas.getContext('2d');
  const pixels = pen.getImageData(0, 0, SIDE, SIDE);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const inside = pixels.data[i];
    pixels.data[i] = 40; pixels.data[i + 1] = 140; pixels.data[i + 2] = 255;
    pixels.data[i + 3] = inside * 0.55;
  }
  context.putImageData(pixels, 0, 0);
  if (document.activeElement === canvas) {
    context.strokeStyle = '#fff';
    context.beginPath();
    context.arc(cursor.x, cursor.y, radius(), 0, 7);
    context.stroke();
  }
}

const radius = () => (Number(find('.size input').value) / 100) * SIDE / 2;

function stroke(a, b) {
  pen.strokeStyle = pen.fillStyle = tool === 'eraser' ? '#000' : '#fff';
  pen.lineWidth = 2 * radius();
  pen.lineCap = 'round';
  pen.beginPath();
  pen.moveTo(a.x, a.y);
  pen.lineTo(b.x + 0.01, b.y);
  pen.stroke();
}

function commit() {
  const { data } = pen.getImageData(0, 0, SIDE, SIDE);
  let any = false;
  for (let i = 0; i < data.length && !any; i += 4) any = data[i] > 0;
  shown = any ? mask.toDataURL('image/png') : '';
  props.value = { ...props.value, mask: shown };
  trigger('input');
}

function place(event) {
  const box = find('canvas').getBoundingClientRect();
  return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
}

element.addEventListener('pointerdown', (event) => {
  if (!event.target.matches('canvas')) return;
  event.preventDefault();
  event.target.focus({ preventScroll: true });
  event.target.setPointerCapture(event.pointerId);
  last = from = place(event);
  held = pen.getImageData(0, 0, SIDE, SIDE);
  if (tool !== 'rectangle') stroke(last, last);
  draw();
});
element.addEventListener('pointermove', (event) => {
  if (!last || !event.target.matches('canvas')) return;
  const now = place(event);
  if (tool === 'rectangle') {
    pen.putImageData(held, 0, 0);
    pen.fillStyle = '#fff';
    pen.fillRect(Math.min(from.x, now.x), Math.min(from.y, now.y), Math.abs(now.x - from.x), Math.abs(now.y - from.y));
  } else stroke(last, now);
  last = now;
  draw();
});
const end = () => { if (last) { last = null; draw(); commit(); } };
element.addEventListener('pointerup', end);
element.addEventListener('pointercancel', end);
element.addEventListener('focusin', draw);
element.addEventListener('focusout', draw);
element.addEventListener('keydown', (event) => {
  if (!event.target.matches('canvas')) return;
  const step = event.shiftKey ? 16 : 6;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) {
    cursor.x = Math.min(SIDE, Math.max(0, cursor.x + moves[event.key][0]));
    cursor.y = Math.min(SIDE, Math.max(0, cursor.y + moves[event.key][1]));
  } else if (event.key === ' ') {
    stroke(cursor, cursor);
    commit();
  } else return;
  event.preventDefault();
  draw();
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.tool) {
    tool = button.dataset.tool;
    for (const one of element.querySelectorAll('[data-tool]')) {
      one.setAttribute('aria-pressed', String(one === button));
    }
    return;
  }
  black();
  draw();
  commit();
});

function show() {
  const value = props.value || {};
  const image = find('img');
  if (!image) return;
  find('.paint').classList.toggle('empty', !value.src);
  if (value.src && image.getAttribute('src') !== value.src) image.src = value.src;
  if ((value.mask || '') === shown) return;
  shown = value.mask || '';
  black();
  draw();
  if (!shown) return;
  const loaded = new Image();
  loaded.onload = () => { pen.drawImage(loaded, 0, 0, SIDE, SIDE); draw(); };
  loaded.src = shown;
}
watch('value', show);
show();
