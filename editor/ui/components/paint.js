const SIDE = 256;
const find = (selector) => element.querySelector(selector);
const mask = document.createElement('canvas');
mask.width = mask.height = SIDE;
const pen = mask.getContext('2d', { willReadFrequently: true });
let tool = 'brush';
let last = null;
let from = null;
let held = null;
let src = '';
let turn = 0;  // counts what was drawn and what came, so that nothing old covers what is newer
// What was painted here, the newest last. An answer to an older one is late: what is drawn stays.
let known = [{ uri: '', grey: new Uint8Array(SIDE * SIDE) }];
const KEPT = 20;
const CLOSE = 2;  // of 255: what rounding changes
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

function levels() {
  const { data } = pen.getImageData(0, 0, SIDE, SIDE);
  return new Uint8Array(SIDE * SIDE).map((_, i) => data[4 * i]);
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
  const grey = levels();
  const uri = grey.some((level) => level > 0) ? mask.toDataURL('image/png') : '';
  turn += 1;
  known = [...known, { uri, grey }].slice(-KEPT);
  props.value = { ...props.value, mask: uri };
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

// Who asks for something else, as by Undo, may get what was painted before.
document.addEventListener('click', (event) => {
  if (event.target.closest('button') && !element.contains(event.target)) known = known.slice(-1);
});

// Whether a mask, at the size `side` of the domain, is what was painted, at the size of the canvas.
function alike(painted, given, side) {
  const step = Math.max(1, Math.floor(SIDE / side));
  for (let top = 0; top < SIDE; top += step) {
    for (let left = 0; left < SIDE; left += step) {
      let sum = 0;
      for (let y = top; y < top + step; y += 1) {
        for (let x = left; x < left + step; x += 1) sum += painted[y * SIDE + x];
      }
      if (Math.abs(sum / (step * step) - given[top * SIDE + left]) > CLOSE) return false;
    }
  }
  return true;
}

async function read(uri) {
  if (!uri) return null;
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

// Enlarged without smoothing, so that the server's reduction gives the same mask again.
function put(image) {
  black();
  pen.imageSmoothingEnabled = Boolean(image) && image.naturalWidth > SIDE;
  if (image) pen.drawImage(image, 0, 0, SIDE, SIDE);
}

async function take(uri) {
  turn += 1;
  const mine = turn;
  const image = await read(uri);
  if (turn !== mine || last) return;  // a stroke says at its end what is painted
  const before = pen.getImageData(0, 0, SIDE, SIDE);
  put(image);
  const grey = levels();
  const side = image ? image.naturalWidth : SIDE;
  if (known.some((one) => alike(one.grey, grey, side))) {
    pen.putImageData(before, 0, 0);
    props.value = { ...props.value, mask: known.at(-1).uri };
    return;
  }
  known = [{ uri, grey }];
  draw();
}

function show() {
  const value = props.value || {};
  const image = find('img');
  if (!image) return;
  find('.paint').classList.toggle('empty', !value.src);
  if (value.src && image.getAttribute('src') !== value.src) image.src = value.src;
  if ((value.src || '') !== src) {  // another picture: nothing of this one stays
    src = value.src || '';
    last = null;
    known = [];
    put(null);
  }
  if ((value.mask || '') !== known.at(-1)?.uri) take(value.mask || '');
}
black();
watch('value', show);
show();
