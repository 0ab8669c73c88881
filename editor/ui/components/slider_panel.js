const root = () => element.querySelector('.panel');
let built = '';
let turn = 0;  // counts the moves, so that a picture of an older one never covers a newer one

function text(tag, content, className) {
  const node = document.createElement(tag);
  node.textContent = content;
  if (className) node.className = className;
  return node;
}

function row(info) {
  const node = document.createElement('div');
  node.className = 'move';
  node.id = `slider-${info.name}`;
  const label = document.createElement('label');
  label.append(text('span', info.title), text('output', '0.0'));
  label.title = 'Double click: back to 0';
  const input = document.createElement('input');
  Object.assign(input, { type: 'range', min: -info.end, max: info.end, step: 0.1, value: 0 });
  input.dataset.name = info.name;
  input.setAttribute('aria-label', info.title);
  const part = (value) => `${(50 + (50 * value) / info.end).toFixed(1)}%`;
  const range = document.createElement('div');
  range.className = 'range';
  range.style.left = part(info.low);
  range.style.right = `${(50 - (50 * info.high) / info.end).toFixed(1)}%`;
  range.title = 'Here it was measured to work';
  const track = document.createElement('div');
  track.className = 'track';
  track.append(range);
  node.append(label, input, track);
  node.dataset.low = info.low;
  node.dataset.high = info.high;
  return node;
}

function build(groups) {
  const nodes = [];
  for (const group of groups) {
    nodes.push(text('h3', group.title));
    for (const info of group.sliders) nodes.push(row(info));
  }
  if (!nodes.length) nodes.push(text('p', 'This domain has no sliders yet.'));
  root().replaceChildren(...nodes);
}

function mark(input) {
  const node = input.closest('.move');
  const value = Number(input.value);
  const share = 50 + (50 * value) / Number(input.max);
  input.style.setProperty('--from', `${Math.min(50, share)}%`);
  input.style.setProperty('--to', `${Math.max(50, share)}%`);
  node.querySelector('output').textContent = value.toFixed(1);
  node.classList.toggle('beyond', value < Number(node.dataset.low) || value > Number(node.dataset.high));
}

function show() {
  if (!root()) return;
  const { groups = [], moves = {} } = props.value || {};
  const key = JSON.stringify(groups);
  if (key !== built) {
    build(groups);
    built = key;
  }
  for (const input of root().querySelectorAll('input')) {
    const wanted = moves[input.dataset.name] || 0;
    if (Number(input.value) !== wanted) input.value = wanted;
    mark(input);
  }
}

function moved() {
  const moves = {};
  for (const input of root().querySelectorAll('input')) {
    if (Number(input.value) !== 0) moves[input.dataset.name] = Number(input.value);
    mark(input);
  }
  turn += 1;
  props.value = { ...props.value, moves, turn };
  trigger('input');
}

element.addEventListener('input', (event) => {
  if (event.target.matches('.move input')) moved();
});
// an edit is what stands when the hand has left the slider for a moment
let resting = null;
function rested() {
  clearTimeout(resting);
  resting = setTimeout(() => trigger('release'), 400);
}
element.addEventListener('change', (event) => {
  if (event.target.matches('.move input')) rested();
});
element.addEventListener('dblclick', (event) => {
  const label = event.target.closest('.move label');
  if (!label) return;
  label.parentElement.querySelector('input').value = 0;
  moved();
  rested();
});
function given() {
  show();
  if (props.value && props.value.turn === undefined) props.value = { ...props.value, turn };
}
watch('value', given);
given();
