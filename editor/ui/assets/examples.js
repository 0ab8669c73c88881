element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-index]');
  if (!button) return;
  props.value = { chosen: Number(button.dataset.index) };
  trigger('select');
});
