// The composite by WebGL 2: an edit's difference is enlarged on the graphics card and laid in as the photo is drawn.

import { fineSide, straighten } from './composite.js';

/**
 * @typedef {import('./composite.js').Transform} Transform
 * @typedef {import('./composite.js').Square} Square
 * @typedef {import('./composite.js').Pixels} Pixels
 * @typedef {{left: number, top: number, width: number, height: number, transform: Transform, show: Show, smooth: boolean}} Pane
 *   a part of the canvas, what is shown there, and how the photo lies; all in pixels of the canvas.
 * @typedef {'after' | 'before' | 'difference'} Show
 * @typedef {{reference: ImageBitmap, picture: ImageBitmap | HTMLCanvasElement, square: Square, whole: boolean}} Difference
 * @typedef {'after' | 'before'} Side
 * @typedef {{
 *   kind: 'webgl' | 'canvas', limit: number,
 *   photo: (image: TexImageSource & CanvasImageSource, width: number, height: number) => boolean,
 *   ground: (image: (TexImageSource & CanvasImageSource) | null) => boolean,
 *   lay: (side: Side, difference: Difference | null) => void,
 *   draw: (panes: Pane[]) => void,
 *   compose: () => Pixels,
 *   end: () => void,
 * }} Compositor
 *   limit: longest side of a photo that it takes; photo: of these pixels, however large the image;
 *   ground: what the edit is laid into in place of the photo; both false where there is no room for it; lay: what either side of a comparison
 *   adds; compose: the edited photo at its own size, or at the image's if that is less.
 */

const SQUARE = '#version 300 es\nvoid main() { gl_Position = vec4(float(gl_VertexID & 1) * 4. - 1., float(gl_VertexID >> 1) * 4. - 1., 0., 1.); }';

const RESIZE = `#version 300 es
precision highp float; precision highp int;
uniform sampler2D reference, picture, wide;
uniform int from, to, down, whole;
out vec4 result;
float away(int i) { float edge = .5 - abs((float(i) + .5) / float(from) - .5); return max(0., (.16 - edge) / .16); }
float inner(float t) { return (1.25 * t - 2.25) * t * t + 1.; }
float outer(float t) { return ((-.75 * t + 3.75) * t - 6.) * t + 3.; }
vec4 texel(int k, ivec2 at) {
  if (down == 1) return texelFetch(wide, ivec2(at.x, k), 0);
  ivec2 p = ivec2(k, at.y);
  float inside = 1. - min(1., length(vec2(away(p.x), away(p.y))));
  return vec4(255. * (texelFetch(picture, p, 0).rgb - texelFetch(reference, p, 0).rgb),
    whole == 1 ? 1. : inside * inside * (3. - 2. * inside));
}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int i = down == 1 ? at.y : at.x;
  result = vec4(0.);
  if (to > from) {
    float x = (float(i) + .5) * float(from) / float(to) - .5, t = fract(x);
    int first = int(floor(x));
    float weight[4] = float[4](outer(t + 1.), inner(t), inner(1. - t), outer(2. - t));
    for (int k = 0; k < 4; k++) result += weight[k] * texel(clamp(first - 1 + k, 0, from - 1), at);
  } else {
    int start = i * from / to, end = ((i + 1) * from + to - 1) / to;
    for (int k = start; k < end; k++) result += texel(k, at);
    result /= float(end - start);
  }
  if (down == 1) result.a = clamp(result.a, 0., 1.);
}`;

const DRAW = `#version 300 es
precision highp float;
uniform sampler2D photo, ground, after, before;
uniform vec3 place;   // scale, x, y of the photo on the canvas
uniform vec2 size;    // of the photo, px
uniform vec4 square[2];  // centre, then cosine and sine over the side
uniform ivec3 has;    // a ground of its own, after, before
uniform int show;
uniform float height, bias;
out vec4 colour;
vec4 laid(vec4 base, sampler2D layer, vec2 p, vec4 s) { // colours times how opaque they are, as the textures hold them
  vec2 d = p - s.xy, uv = vec2(s.z * d.x + s.w * d.y, s.z * d.y - s.w * d.x) + .5;
  vec4 change = textureLod(layer, uv, 0.);
  bool inside = all(greaterThanEqual(uv, vec2(0.))) && all(lessThanEqual(uv, vec2(1.)));
  return inside ? vec4(clamp(base.rgb + base.a * change.a * change.rgb / 255., 0., base.a), base.a) : base;
}
vec3 heat(float t) { return clamp(vec3(2.4 * t, 2.6 * t - .9, t < .45 ? 1.6 * t : 3.2 * t - 2.2), 0., 1.); }
void main() {
  vec2 at = height > 0. ? vec2(gl_FragCoord.x, height - gl_FragCoord.y) : gl_FragCoord.xy;
  vec2 p = (at - place.yz) / place.x, uv = p / size;
  vec4 base = texture(photo, uv, bias);
  vec4 made = texture(ground, uv, bias);
  if (any(lessThan(p, vec2(0.))) || any(greaterThanEqual(p, size))) { colour = vec4(0.); return; }
  vec4 under = has.x == 1 ? made : base;
  vec4 edited = has.y == 1 ? laid(under, after, p, square[0]) : under;
  vec4 old = has.z == 1 ? laid(base, before, p, square[1]) : base;
  vec3 change = abs(edited.rgb - old.rgb);
  float most = min(1., 4. * max(change.r, max(change.g, change.b)));
  colour = show == 0 ? edited : show == 1 ? old
    : vec4(mix(vec3(dot(old.rgb, vec3(.3, .59, .11)) * .45), old.a * heat(.25 + .75 * most), smoothstep(.0, .12, most)), old.a);
}`;

/** @type {Record<Show, number>} */
const SHOWN = { after: 0, before: 1, difference: 2 };

/**
 * Return a compositor that draws on a canvas, or null where the browser has no WebGL 2 with half floats.
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @returns {Compositor | null}
 */
export function webglCompositor(canvas) {
  const gl = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext('webgl2', { antialias: false, depth: false }));
  if (!gl || !(gl.getExtension('EXT_color_buffer_float') || gl.getExtension('EXT_color_buffer_half_float'))) return null;
  const resize = program(gl, RESIZE, ['reference', 'picture', 'wide']);
  const drawing = program(gl, DRAW, ['photo', 'ground', 'after', 'before']);
  return resize && drawing && compositor(gl, resize, drawing);
}

/**
 * @param {WebGL2RenderingContext} gl
 * @param {Program} resize
 * @param {Program} drawing
 * @returns {Compositor}
 */
function compositor(gl, resize, drawing) {
  const { canvas } = gl;
  const target = gl.createFramebuffer();
  const textures = Object.fromEntries(['photo', 'ground', 'after', 'before', 'reference', 'picture', 'wide', 'strip']
    .map((name) => [name, texture(gl)]));
  /** @type {{width: number, height: number, at: [number, number], ground: boolean, squares: Record<Side, Square | null>}} */
  const now = { width: 0, height: 0, at: [0, 0], ground: false, squares: { after: null, before: null } };

  /** Say whether something went wrong, such as a card whose memory is full. */
  function failed() {
    let any = false;
    for (let flags = 0; flags < 8 && gl.getError(); flags += 1) any = true; // each kind of error is told once
    return any;
  }

  /** Return whether there was room. @param {string} name @param {TexImageSource} image @param {boolean} [small] is enough of it kept */
  function fill(name, image, small = false) {
    if (!small) failed(); // what was before is not of this image
    gl.bindTexture(gl.TEXTURE_2D, textures[name]);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, image);
    if (small) return true;
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    return !failed();
  }

  /** @param {string} name @param {number} width @param {number} height @param {number} [format] */
  function aim(name, width, height, format = gl.RGBA16F) {
    gl.bindTexture(gl.TEXTURE_2D, textures[name]);
    const half = format === gl.RGBA16F;
    gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, half ? gl.HALF_FLOAT : gl.UNSIGNED_BYTE, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, textures[name], 0);
    gl.viewport(0, 0, width, height);
  }

  /** @param {string[]} names in the order of their units */
  function bind(names) {
    names.forEach((name, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, textures[name]);
    });
    gl.activeTexture(gl.TEXTURE0);
  }

  /** @param {Side} side @param {Difference | null} difference */
  function lay(side, difference) {
    now.squares[side] = difference && difference.square;
    if (!difference) return;
    const from = difference.reference.width;
    const to = fineSide(from, difference.square.side);
    fill('reference', difference.reference, true);
    fill('picture', difference.picture, true);
    gl.useProgram(resize.program);
    gl.uniform1i(resize.at('from'), from);
    gl.uniform1i(resize.at('to'), to);
    gl.uniform1i(resize.at('whole'), Number(difference.whole));
    for (const down of [0, 1]) {
      aim(down ? side : 'wide', to, down ? to : from);
      bind(['reference', 'picture', down ? 'wide' : 'picture']);
      gl.uniform1i(resize.at('down'), down);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  /** @param {Transform} transform @param {Show} show @param {number} height 0: rows from the top @param {boolean} smooth */
  function paint({ scale, x, y }, show, height, smooth) {
    gl.useProgram(drawing.program);
    bind(['photo', now.ground ? 'ground' : 'photo', now.squares.after ? 'after' : 'photo', now.squares.before ? 'before' : 'photo']);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.bindTexture(gl.TEXTURE_2D, textures.photo);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, smooth ? gl.LINEAR : gl.NEAREST);
    gl.uniform3f(drawing.at('place'), scale, x, y);
    gl.uniform2f(drawing.at('size'), now.width, now.height);
    gl.uniform1f(drawing.at('height'), height);
    gl.uniform1f(drawing.at('bias'), scale * now.width < now.at[0] ? -0.5 : 0);
    gl.uniform1i(drawing.at('show'), SHOWN[show]);
    gl.uniform3i(drawing.at('has'), Number(now.ground), Number(!!now.squares.after), Number(!!now.squares.before));
    gl.uniform4fv(drawing.at('square'), [now.squares.after, now.squares.before]
      .flatMap((one) => (one ? [one.x, one.y, one.cos / one.side, one.sin / one.side] : [0, 0, 0, 0])));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** @param {Pane[]} panes */
  function draw(panes) {
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (!now.width) return;
    gl.enable(gl.SCISSOR_TEST);
    for (const { left, top, width, height, transform, show, smooth } of panes) {
      gl.scissor(left, canvas.height - top - height, width, height);
      paint(transform, show, canvas.height, smooth);
    }
    gl.disable(gl.SCISSOR_TEST);
  }

  /** @returns {Pixels} */
  function compose() {
    const [width, height] = now.at;
    const data = new Uint8ClampedArray(width * height * 4);
    const scale = width / Math.max(1, now.width);
    for (let top = 0; top < height; top += 512) {
      const rows = Math.min(512, height - top);
      aim('strip', width, rows, gl.RGBA8);
      paint({ scale, x: 0, y: -top }, 'after', 0, true);
      gl.readPixels(0, 0, width, rows, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(data.buffer, top * width * 4, width * rows * 4));
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    straighten(data);
    return { data, width, height };
  }

  return {
    kind: 'webgl',
    limit: gl.getParameter(gl.MAX_TEXTURE_SIZE),
    photo: (image, width, height) => {
      Object.assign(now, { width, height, at: sizeOf(image) });
      return fill('photo', image);
    },
    ground: (image) => {
      now.ground = Boolean(image);
      return !image || fill('ground', image);
    },
    lay,
    draw,
    compose,
    end: () => {
      for (const one of Object.values(textures)) gl.deleteTexture(one);
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/**
 * Return the pixels of an image.
 * @param {any} image
 * @returns {[number, number]}
 */
export const sizeOf = (image) => [image.naturalWidth || image.width, image.naturalHeight || image.height];

/** @param {WebGL2RenderingContext} gl */
function texture(gl) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const [name, value] of [
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
  ]) gl.texParameteri(gl.TEXTURE_2D, name, value);
  return made;
}

/** @typedef {{program: WebGLProgram, at: (name: string) => WebGLUniformLocation | null}} Program */

/**
 * Build a program whose samplers have the units of their order, or null where it does not build.
 * @param {WebGL2RenderingContext} gl
 * @param {string} source of its fragments
 * @param {string[]} samplers
 * @returns {Program | null}
 */
function program(gl, source, samplers) {
  const made = gl.createProgram();
  for (const [kind, text] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, SQUARE], [gl.FRAGMENT_SHADER, source]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) return null;
  gl.useProgram(made);
  /** @type {Map<string, WebGLUniformLocation | null>} */
  const places = new Map();
  /** @param {string} name */
  const at = (name) => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(made, name));
    return places.get(name) || null;
  };
  samplers.forEach((name, unit) => gl.uniform1i(at(name), unit));
  return { program: made, at };
}
