const SIDE = 256;
const find = (selector) => element.querySelector(selector);
const images = {};
const patch = document.createElement('canvas');
patch.width = patch.height = SIDE;
let offset = [0, 0];
let drag = null;

function load(name, source) {
  const old = images[name];
  if (old && old.src === source) return;
  const image = new Image();
  image.onload = draw;
  image.src = source;
  images[name] = image;
}

function cut() {
  const pen = patch.getContext('2d', { willReadFrequently: true });
  pen.clearRect(0, 0, SIDE, SIDE);
  if (!images.target || !images.mask || !images.mask.naturalWidth) return;
  pen.drawImage(images.mask, 0, 0, SIDE, SIDE);
  const pixels = pen.getImageData(0, 0, SIDE, SIDE);
  for (let i = 0; i < pixels.data.length; i += 4) pixels.data[i + 3] = pixels.data[i];
  pen.putImageData(pixels, 0, 0);
  pen.globalCompositeOperation = 'source-in';
  pen.drawImage(images.target, 0, 0, SIDE, SIDE);
  pen.globalCompositeOperation = 'source-over';
}

function draw() {
  const canvas = find('canvas');
  if (!canvas) return;
  cut();
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, SIDE, SIDE);
  if (images.context && images.context.naturalWidth) context.drawImage(images.context, 0, 0, SIDE, SIDE);
  context.drawImage(patch, offset[0] * SIDE, offset[1] * SIDE);
}

function change(dx, dy) {
  const bound = (value) => Math.min(0.5, Math.max(-0.5, value));
  offset = [bound(dx), bound(dy)];
  draw();
}

function commit() {
  props.value = { ...props.value, offset };
  trigger('release');
}

element.addEventListener('pointerdown', (event) => {
  if (!event.target.matches('canvas')) return;
  event.target.setPointerCapture(event.pointerId);
  drag = { x: event.clientX, y: event.clientY, from: offset, size: event.target.getBoundingClientRect().width };
});
element.addEventListener('pointermove', (event) => {
  if (!drag) return;
  change(drag.from[0] + (event.clientX - drag.x) / drag.size, drag.from[1] + (event.clientY - drag.y) / drag.size);
});
const end = () => { if (drag) { drag = null; commit(); } };
element.addEventListener('pointerup', end);
element.addEventListener('pointercancel', end);
element.addEventListener('keydown', (event) => {
  const step = event.shiftKey ? 0.05 : 0.01;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (!moves[event.key]) return;
  event.preventDefault();
  change(offset[0] + moves[event.key][0], offset[1] + moves[event.key][1]);
  commit();
});

function show() {
  const value = props.value || {};
  const ready = value.target && value.mask && value.context;
  if (!find('.place')) return;
  find('.place').hidden = !ready;
  if (!ready) return;
  offset = value.offset || [0, 0];
  load('target', value.target);
  load('mask', value.mask);
  load('context', value.context);
  draw();
}
watch('value', show);
show();
