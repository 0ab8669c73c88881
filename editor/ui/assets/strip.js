const root = () => element.querySelector('.strip');

function act(action, index) {
  props.value = { ...props.value, chosen: index };
  trigger(action);
}

function thumb(node, at) {
  const item = document.createElement('div');
  item.setAttribute('role', 'listitem');
  item.className = node.index === at ? 'node at' : 'node';
  const go = document.createElement('button');
  go.type = 'button';
  go.className = 'go';
  go.title = node.label;
  go.setAttribute('aria-label', `Go to: ${node.label}`);
  if (node.index === at) go.setAttribute('aria-current', 'true');
  const image = document.createElement('img');
  Object.assign(image, { src: node.src, alt: '', width: 56, height: 56 });
  go.append(image);
  go.addEventListener('click', () => act('select', node.index));
  const compare = document.createElement('button');
  compare.type = 'button';
  compare.className = 'compare';
  compare.textContent = '⇄';
  compare.title = 'Compare the picture with this one';
  compare.setAttribute('aria-label', `Compare the picture with: ${node.label}`);
  compare.addEventListener('click', () => act('edit', node.index));
  item.append(go, compare);
  return item;
}

function show() {
  const { nodes = [], at = -1, undo = false, redo = false } = props.value || {};
  if (!root()) return;
  root().replaceChildren(...nodes.map((node) => thumb(node, at)));
  const current = root().querySelector('.at');
  if (current) root().scrollLeft = current.offsetLeft - root().clientWidth / 2;
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
