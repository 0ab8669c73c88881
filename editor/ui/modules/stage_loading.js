// What is large is loaded once, and only the newest: decoding a photo takes hundreds of megabytes.

/**
 * Return a place for one image that is being loaded. What another replaces before it was taken is closed when it comes.
 * @returns {{
 *   of: (key: string, load: () => Promise<ImageBitmap>) => Promise<ImageBitmap> | null,
 *   holds: (image: Promise<ImageBitmap> | null) => boolean, taken: () => void,
 * }}
 *   of: the image of a key, "" for none any more; holds: whether it is still the wanted one; taken: it is somebody's now
 */
export function newest() {
  let key = '';
  let image = /** @type {Promise<ImageBitmap> | null} */ (null);
  const taken = () => {
    key = '';
    image = null;
  };
  return {
    of(next, load) {
      if (next === key) return image;
      image?.then((one) => one.close(), () => {});
      taken();
      if (!next) return null;
      const mine = load();
      mine.catch(() => { if (image === mine) taken(); }); // the next call tries again
      key = next;
      image = mine;
      return image;
    },
    holds: (one) => one !== null && one === image,
    taken,
  };
}
