const root = () => element.querySelector('.rows');

function choose(row, column) {
  props.value = { ...props.value, chosen: { row, column } };
  trigger('select');
}

function picture(source, name, row, column, open) {
  const image = document.createElement('img');
  Object.assign(image, { src: source, alt: open ? '' : name });
  if (!open) return image;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'cell';
  button.dataset.place = `${row} ${column}`;
  button.title = `Keep: ${name}`;
  button.setAttribute('aria-label', `Keep: ${name}`);
  button.append(image);
  button.addEventListener('click', () => choose(row, column));
  return button;
}

function show() {
  const { rows = [], button = '', cells = false } = props.value || {};
  if (!root()) return;
  const active = document.activeElement;
  const place = root().contains(active) && active.dataset.place;
  root().replaceChildren(...rows.map((row, index) => {
    const line = document.createElement('div');
    line.className = 'row';
    if (row.title && !row.closed) {
      const title = document.createElement('span');
      title.className = 'title';
      title.textContent = row.title;
      line.append(title);
    }
    const pictures = document.createElement('div');
    pictures.className = 'pictures';
    if (row.closed) {
      const corner = document.createElement('span');
      corner.className = 'corner';
      corner.textContent = row.title;
      pictures.append(corner);
    } else if (row.lead) {
      const lead = document.createElement('img');
      Object.assign(lead, { src: row.lead, alt: row.leadAlt || '', className: 'lead' });
      pictures.append(lead);
    }
    row.sources.forEach((source, column) => {
      const name = (row.names || [])[column] || `${row.title || 'picture'} ${column + 1}`;
      pictures.append(picture(source, name, index, column, cells && !row.closed));
    });
    line.append(pictures);
    if (button) {
      const keep = document.createElement('button');
      keep.type = 'button';
      keep.className = 'keep';
      keep.dataset.place = `${index} -1`;
      keep.textContent = button;
      keep.setAttribute('aria-label', `${button}: ${row.title}`);
      keep.addEventListener('click', () => choose(index, -1));
      line.append(keep);
    }
    return line;
  }));
  if (place) root().querySelector(`[data-place="${place}"]`)?.focus({ preventScroll: true });
}
watch('value', show);
show();
