const root = () => element.querySelector('.marks');
const KINDS = [['has', 'has', '✓'], ['not', 'has not', '✗']];

function mark(id, kind) {
  const items = props.value.items.map((item) => (
    item.id === id ? { ...item, mark: item.mark === kind ? '' : kind } : item
  ));
  props.value = { ...props.value, items };
  show();
}

function card(item, index) {
  const node = document.createElement('div');
  node.className = `mark-card ${item.mark || 'open'}`;
  node.dataset.id = item.id;
  const image = document.createElement('img');
  Object.assign(image, { src: item.src, alt: `Picture ${index + 1}` });
  node.append(image);
  const row = document.createElement('div');
  for (const [kind, name, sign] of KINDS) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.kind = kind;
    button.textContent = `${sign} ${name}`;
    button.setAttribute('aria-pressed', String(item.mark === kind));
    button.setAttribute('aria-label', `Picture ${index + 1} ${name}`);
    button.addEventListener('click', () => mark(item.id, kind));
    row.append(button);
  }
  node.append(row);
  return node;
}

function show() {
  const { items = [] } = props.value || {};
  if (!root()) return;
  const active = document.activeElement && root().contains(document.activeElement) ? document.activeElement : null;
  const place = active ? [active.closest('.mark-card').dataset.id, active.dataset.kind] : null;
  root().replaceChildren(...items.map(card));
  if (place) {
    const again = [...root().children].find((one) => one.dataset.id === place[0]);
    again?.querySelector(`[data-kind=${place[1]}]`)?.focus();
  }
}
watch('value', show);
show();
