/** Keys of the player. They work wherever the focus is, but where they mean something else. */

const takesText = (element) => element.matches("input, textarea, select, [contenteditable]");
const takesSpace = (element) => element.matches("button, summary, a[href]");

/** Calls what belongs to a key; `actions` are by key, as events name it. */
export function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (!(target instanceof Element) || takesText(target)) return;
    if (event.key === " " && takesSpace(target)) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
