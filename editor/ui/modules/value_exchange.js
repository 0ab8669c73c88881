// What a component's value says in both directions. Server and browser write the same value, so what
// the browser sets is kept here, and put back whenever an answer has come.

/**
 * Exchange the value of a component with the server.
 * @param {{props: any, trigger: (event: string) => void, watch: (name: string, fn: () => void) => void}} handed
 * @param {() => Record<string, any>} mine what the browser sets, now
 * @param {(value: any) => void} receive takes an answer; a name that it lacks stays as it was
 * @returns {(event: string) => void} sends what the browser sets with an event; without one, with the next
 */
export function exchange({ props, trigger, watch }, mine, receive) {
  const put = () => { props.value = { ...mine(), said: true }; };
  const take = () => {
    const value = props.value;
    if (value?.said) return;
    if (value) receive(value);
    put();
  };
  watch('value', take);
  take();
  return (event) => { put(); if (event) trigger(event); };
}

/**
 * Find the elements of a component by `data-part`.
 * @param {HTMLElement} element
 * @returns {(name: string) => any}
 */
export const partsOf = (element) => (name) => element.querySelector(`[data-part="${name}"]`);

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [properties] a name with a hyphen is an attribute
 * @param {(Node|string)[]} children
 * @returns {any}
 */
export function made(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}
