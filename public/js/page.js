/** What every page does: says when it is out of date, copies addresses, names the time zone where it differs. */

const lost = document.getElementById("lost");
let freshMs = Date.now();

document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden) event.preventDefault();
});

document.addEventListener("htmx:after:swap", () => {
  freshMs = Date.now();
  lost.hidden = true;
});

function sayLost(why) {
  const since = new Date(freshMs).toLocaleTimeString("en-GB");
  const words = `Not up to date since ${since}: ${why} Trying again.`;
  if (lost.textContent !== words) lost.textContent = words;
  lost.hidden = false;
}

document.addEventListener("htmx:error", () => sayLost("Nightjar does not answer."));
document.addEventListener("htmx:response:error", () => sayLost("Nightjar answered with an error."));

const offsetOf = (zone, ms) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(ms);

function showZone() {
  const note = document.getElementById("zone-note");
  const zone = document.documentElement.dataset.zone;
  const now = Date.now();
  const half = now + 182 * 86_400_000;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  note.hidden = offsetOf(zone, now) === offsetOf(here, now) && offsetOf(zone, half) === offsetOf(here, half);
}

/** Copies a text; also where the page is not served over HTTPS and browsers withhold the clipboard. */
export async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copyBySelection(text);
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "skip";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}

/** Says on the button whether it worked, and takes it back after two seconds. */
export async function copyWithAnswer(button, text) {
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  button.textContent = (await copyText(text)) ? "Copied" : "Select and copy it by hand";
  setTimeout(() => {
    button.textContent = label;
  }, 2000);
}

const showCopyButtons = () => {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
};
showCopyButtons();
document.addEventListener("htmx:after:swap", showCopyButtons);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  button.focus();
  void copyWithAnswer(button, document.getElementById(button.dataset.copy).value);
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches(".address input")) event.target.select();
});

showZone();
