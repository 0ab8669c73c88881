const root = () => element.querySelector('.picker');

function toggle(id) {
  const { chosen = [], most = 0 } = props.value;
  let next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
  if (most > 0) next = next.slice(-most);
  props.value = { ...props.value, chosen: next };
  show();
  trigger('select');
}

function card(item, chosen, most) {
  const button = document.createElement('button');
  const place = chosen.indexOf(item.id);
  button.type = 'button';
  button.className = place >= 0 ? 'card on' : 'card';
  button.title = item.name;
  button.dataset.id = item.id;
  button.setAttribute('aria-pressed', String(place >= 0));
  button.setAttribute('aria-label', item.name);
  const image = document.createElement('img');
  Object.assign(image, { src: item.src, alt: '', width: 64, height: 64 });
  button.append(image);
  if (place >= 0 && most !== 1) {
    const number = document.createElement('span');
    number.textContent = place + 1;
    button.append(number);
  }
  button.addEventListener('click', () => toggle(item.id));
  return button;
}

function show() {
  const { items = [], chosen = [], most = 0 } = props.value || {};
  if (!root()) return;
  const focused = document.activeElement && document.activeElement.dataset.id;
  root().replaceChildren(...items.map((item) => card(item, chosen, most)));
  if (focused) [...root().children].find((one) => one.dataset.id === focused)?.focus();
}
watch('value', show);
show();
