// What lies over the picture in Edit: faces, frame, brush, patch, pucks; and what of the live path others ask for.
import { brush } from './brush.js';
import { faces, nearest } from './faces.js';
import { frame } from './frame.js';
import { pictures, setMaker } from './live_pictures.js';
import { patch } from './patch.js';
import { pucks } from './pucks.js';
import { pullsOf, sharesOf, withShare } from './pulls.js';
import { change, hear, now, tell } from './page_state.js';
import { keepFrame, keptFrame, remembersView } from './stage_memory.js';

/** @typedef {import('./stage.js').Stage} Stage */

/**
 * Lay everything over a stage.
 * @param {Stage} stage
 */
export function layOver(stage) {
  const { view } = stage;
  if (stage.live && 'many' in stage.live) setMaker(/** @type {import('./live_pictures.js').Maker} */ (stage.live));
  /** @type {{picture: string, mask: string, offset?: [number, number]} | null} */
  let laid = null; // the patch
  let sizes = '';

  const choosing = faces(view, { choose: (face) => stage.send(stage.value().faces[face]?.picture ? 'select' : 'expand', { face }) });
  const placing = frame(view, {
    asks: false,
    changed: (crop) => { tell('frame', crop); keepFrame(stage.value().photo?.key || '', crop); },
    use: (crop) => stage.send('release', { frame: crop }),
    cancel: () => stage.send('clear', {}),
  });
  const painting = brush(view, { painted: (mask) => stage.send('input', { mask }), bake: () => stage.send('apply', {}) });
  const laying = patch(view, { moved: (offset) => tell('patch-moved', offset) });
  const pulling = pucks(view, {
    pulls: () => pullsOf(now().ranges), // which may come later than the stage, and change with the domain
    pull: (name, share) => change({ moves: withShare(now().moves, now().ranges, name, share) }),
    rest: () => tell('rest'),
  });

  const suggests = /** @type {HTMLButtonElement | null} */ (stage.element.querySelector('.suggest'));
  const switches = () => stage.send('edit', { domain: stage.value().suggest?.domain || '' });
  let offered = ''; // for which photo
  suggests?.addEventListener('click', switches);
  /** Say that the photo is for another domain: on the frame's bar, or in passing where it was read already. */
  function suggest() {
    const { suggest: other, photo, state } = stage.value();
    if (!suggests) return;
    suggests.hidden = !other || state !== 'frame';
    if (!other) return;
    suggests.textContent = `Looks like a ${other.subject}: switch`;
    if (state !== 'done' || offered === photo?.key) return;
    offered = photo?.key || '';
    tell('said', { text: `This looks like a ${other.subject}.`, actions: [{ title: `Switch to ${other.title}`, run: switches }] });
  }

  function show() {
    suggest();
    const value = stage.value();
    const { place, tool, ranges } = now();
    const here = place === 'edit' && value.photo;
    const done = here && ['done', 'working', 'error'].includes(value.state) && Boolean(value.picture); // after an error the old picture stays
    if (here && value.state === 'frame') {
      const crop = keptFrame(value.photo?.key || '');
      if (crop) tell('frame', crop);
      placing.show(crop || value.crop, value.marks, value.subject);
    }
    if (!here || value.state !== 'frame') placing.hide();
    if (done && tool === 'sliders' && value.faces.length > 1) {
      choosing.show(value.faces, value.crop ? nearest(value.faces, value.crop) : -1, value.subject);
    } else choosing.hide();
    if (done && tool === 'brush') painting.show({ crop: value.crop, mask: value.mask, picture: value.picture });
    else painting.hide();
    if (place === 'edit' && tool === 'patch' && laid) laying.show({ crop: value.crop, ...laid });
    else laying.hide();
    const known = JSON.stringify(ranges);
    if (done && tool === 'sliders' && value.crop && value.marks && known !== '{}') {
      pulling.show({ crop: value.crop, marks: value.marks, shares: sharesOf(now().moves, ranges, pullsOf(ranges)) });
    } else pulling.hide();
    sizes = known;
  }
  stage.onValue(show);
  remembersView(stage);
  for (const name of ['tool', 'place', 'ranges']) hear(name, show);
  hear('moves', () => {
    const value = stage.value();
    if (sizes === '{}' || !value.crop || !value.marks || now().tool !== 'sliders') return;
    if (value.photo && value.state !== 'frame') show();
  });
  hear('patch', (made) => { laid = made; show(); });
  hear('ends', async (name) => {
    const [low, high] = now().ranges[name] || [0, 0];
    if (!low && !high) return;
    const { moves } = now();
    const [least, most] = await pictures([{ ...moves, [name]: low }, { ...moves, [name]: high }]);
    if (least && most) tell('ends-pictures', { name, low: least, high: most }); // else the picture is another by now
  });
  show();
}
