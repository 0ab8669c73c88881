const find = (selector) => element.querySelector(selector);
let timer = null;
let frames = [];

function place(index) {
  find('img').src = frames[index];
  find('input').value = index;
  find('output').textContent = `${index + 1} of ${frames.length}`;
}

function play(on) {
  clearInterval(timer);
  timer = null;
  find('button').textContent = on ? '❚❚' : '▶';
  find('button').setAttribute('aria-label', on ? 'Pause' : 'Play');
  if (!on || !frames.length) return;
  timer = setInterval(() => {
    if (!element.isConnected) { clearInterval(timer); return; }
    place((Number(find('input').value) + 1) % frames.length);
  }, 1000 / ((props.value || {}).fps || 24));
}

element.addEventListener('click', (event) => {
  if (event.target.closest('button')) play(!timer);
});
element.addEventListener('input', (event) => {
  if (!event.target.matches('input')) return;
  play(false);
  place(Number(event.target.value));
});

function show() {
  const value = props.value || {};
  frames = value.frames || [];
  if (!find('.scrubber')) return;
  find('.scrubber').hidden = !frames.length;
  if (!frames.length) { play(false); return; }
  find('input').max = frames.length - 1;
  place(Math.min(Number(find('input').value), frames.length - 1));
  if (value.play) play(true);
}
watch('value', show);
show();
