// What is wrong with what can be seen: too little contrast, cut off, outside the window, too small for a finger.
(touch) => {
  const found = [];
  const name = (element) => `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''}${[...element.classList].slice(0, 2).map((one) => `.${one}`).join('')} “${(element.getAttribute('aria-label') || element.textContent || '').trim().slice(0, 30)}”`;
  const numbers = (color) => (color.match(/[\d.]+/g) || []).map(Number);
  const rgba = (color) => {
    const [r, g, b, a = 1] = numbers(color);
    return /^color\(srgb/.test(color) ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const color = rgba(getComputedStyle(one).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1 || one.tagName === 'DIALOG') break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), document.body.classList.contains('dark') ? [20, 20, 20] : [233, 233, 233]);
  };
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const root = dialog || document.querySelector('#page') || document.body;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return null;
    return box;
  };
  const scrolledAway = (element, x, y) => { // it lies in a part that scrolls, outside of what that shows
    for (let one = element.parentElement; one; one = one.parentElement) {
      if (getComputedStyle(one).overflowY === 'visible') continue;
      const { left, right, top, bottom } = one.getBoundingClientRect();
      if (x < left || x > right || y < top || y > bottom) return true;
    }
    return false;
  };
  for (const element of root.querySelectorAll('*')) {
    const box = seen(element);
    if (!box) continue;
    const style = getComputedStyle(element);
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const idle = element.closest('[disabled], [aria-disabled=true], :disabled');
    if (text && !idle && !element.closest('svg') && box.width > 2) {
      const [front, back] = [rgba(style.color), ground(element)];
      let opacity = 1;
      for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
      const [a, b] = [light(over([...front.slice(0, 3), front[3] * opacity], back)), light(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(1)}: ${name(element)}`);
      if (style.overflow !== 'visible' && style.textOverflow !== 'ellipsis' && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 2)
        && !['auto', 'scroll'].includes(style.overflowY)) found.push(`cut off: ${name(element)}`);
      if (parseFloat(style.fontSize) < 11) found.push(`type of ${style.fontSize}: ${name(element)}`);
    }
    const control = element.matches('button, input:not([type=hidden]), select, textarea, a[href], summary, [role=slider], [role=button]');
    if (!control || idle) continue;
    if (element.matches('input.unseen, input[type=file]')) continue;
    if (box.right > innerWidth + 1 || box.left < -1) {
      let one = element.parentElement;
      while (one && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)) one = one.parentElement;
      if (!one || getComputedStyle(one).overflowX === 'hidden') found.push(`outside the window: ${name(element)}`);
      continue;
    }
    const label = element.closest('label');
    const target = label && element.matches('[type=radio], [type=checkbox]') ? label.getBoundingClientRect() : box;
    if (touch && !element.matches('[role=slider]') && (target.width < 43.5 || target.height < 43.5) && !element.closest('[data-part=frame]')) found.push(`${Math.round(target.width)}×${Math.round(target.height)} px for a finger: ${name(element)}`);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight || scrolledAway(element, x, y)) continue;
    const hit = document.elementFromPoint(x, y);
    if (hit && !element.contains(hit) && !hit.contains(element) && !hit.closest('label')?.contains(element) && style.pointerEvents !== 'none') {
      const clip = hit.getBoundingClientRect();
      found.push(`covered by ${name(hit).slice(0, 60)} at ${Math.round(clip.left)},${Math.round(clip.top)}: ${name(element)}`);
    }
    if (!(element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.textContent.trim() || element.title || element.labels?.length || element.placeholder)) found.push(`no name: ${name(element)}`);
  }
  return [...new Set(found)];
}
