const root = () => element.querySelector('.strip');

function act(action, index) {
  props.value = { ...props.value, chosen: index };
  trigger(action);
}

// A thumb dragged onto the picture mixes it in. Not the browser's own dragging: Firefox drags no
// buttons, and telephones nothing.
const REACH = 6;  // px before a press becomes a drag
let drag = null;

function target(event) {
  const under = document.elementFromPoint(event.clientX, event.clientY);
  return under && under.closest('#picture .frame');
}

function endDrag() {
  if (drag && drag.ghost) drag.ghost.remove();
  document.querySelector('#picture .frame')?.classList.remove('mixing', 'over');
  drag = null;
}

function startGhost() {
  drag.ghost = drag.image.cloneNode();
  drag.ghost.className = 'strip-ghost';
  document.body.append(drag.ghost);
  document.querySelector('#picture .frame')?.classList.add('mixing');
}

document.addEventListener('pointermove', (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > REACH;
  if (!drag.ghost && far) startGhost();
  if (!drag.ghost) return;
  drag.ghost.style.transform = `translate(${event.clientX - 28}px, ${event.clientY - 28}px)`;
  document.querySelector('#picture .frame')?.classList.toggle('over', Boolean(target(event)));
});
document.addEventListener('pointerup', (event) => {
  if (!drag || event.pointerId !== drag.pointer) return;
  const { index, ghost } = drag;
  const hit = ghost && target(event);
  endDrag();
  if (hit) act('apply', index);
});
document.addEventListener('pointercancel', endDrag);
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') endDrag(); });

function small(className, sign, title, label, press) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = className;
  button.textContent = sign;
  button.title = title;
  button.setAttribute('aria-label', label);
  button.addEventListener('click', press);
  return button;
}

function thumb(node, at) {
  const item = document.createElement('div');
  item.setAttribute('role', 'listitem');
  item.className = node.index === at ? 'node at' : 'node';
  item.dataset.index = node.index;
  const go = document.createElement('button');
  go.type = 'button';
  go.className = 'go';
  go.title = node.label;
  go.setAttribute('aria-label', `Go to: ${node.label}`);
  if (node.index === at) go.setAttribute('aria-current', 'true');
  const image = document.createElement('img');
  Object.assign(image, { src: node.src, alt: '', width: 56, height: 56, draggable: false });
  go.append(image);
  go.addEventListener('click', () => act('select', node.index));
  const compare = small('compare', '⇄', 'Compare the picture with this one',
    `Compare the picture with: ${node.label}`, () => act('edit', node.index));
  item.append(go, compare);
  if (node.index === at) return item;  // is what the picture shows
  go.title = `${node.label} (drag onto the picture: mix)`;
  go.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    drag = { index: node.index, image, pointer: event.pointerId, x: event.clientX, y: event.clientY };
  });
  item.append(small('mix', '+', 'Mix this one into the picture',
    `Mix into the picture: ${node.label}`, () => act('apply', node.index)));
  return item;
}

// What of the strip has the focus: an edit and one of its buttons.
function focused() {
  const item = root().contains(document.activeElement) && document.activeElement.closest('.node');
  return item ? [item.dataset.index, document.activeElement.className] : null;
}

function show() {
  const { nodes = [], at = -1, undo = false, redo = false } = props.value || {};
  if (!root()) return;
  const place = focused();
  root().replaceChildren(...nodes.map((node) => thumb(node, at)));
  const current = root().querySelector('.at');
  if (current) root().scrollLeft = current.offsetLeft - root().clientWidth / 2;
  if (place) {
    const again = [...root().children].find((one) => one.dataset.index === place[0]);
    (again?.querySelector(`.${place[1]}`) || again?.querySelector('.go'))?.focus({ preventScroll: true });
  }
  for (const [id, on] of [['undo', undo], ['redo', redo]]) {
    const button = document.getElementById(id);
    if (button) button.classList.toggle('idle', !on);
  }
}
watch('value', () => {
  show();
  document.dispatchEvent(new CustomEvent('idgan:changed'));
});
show();
