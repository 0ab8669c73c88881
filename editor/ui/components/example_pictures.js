let built = null;

function show() {
  const sources = (props.value && props.value.sources) || [];
  const key = sources.join();
  const root = element.querySelector('.examples');
  if (!root || key === built) return;
  built = key;
  root.replaceChildren(...sources.map((source, index) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.index = index;
    button.setAttribute('aria-label', `Try generated picture ${index + 1}`);
    const image = document.createElement('img');
    Object.assign(image, { src: source, alt: '', width: 64, height: 64 });
    button.append(image);
    return button;
  }));
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-index]');
  if (!button) return;
  props.value = { ...props.value, chosen: Number(button.dataset.index) };
  trigger('select');
});
watch('value', show);
show();
