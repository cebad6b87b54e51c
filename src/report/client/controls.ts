// Runs in the report's page, before charts.ts: the theme, and the button that copies.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

/** @param theme undefined: as the system has it */
function setTheme(theme: string | undefined): void {
  if (theme === undefined) delete root.dataset.theme;
  else root.dataset.theme = theme;
  const toggle = document.getElementById("theme");
  if (toggle) toggle.textContent = isDark() ? "Light" : "Dark";
  dispatchEvent(new Event("themechange"));
}

// report.html#dark opens in the dark, whatever the system says.
setTheme(/^#(light|dark)$/.exec(location.hash)?.[1]);
dark.addEventListener("change", () => setTheme(root.dataset.theme));
document.getElementById("theme")?.addEventListener("click", () => {
  setTheme(isDark() ? "light" : "dark");
});

// Paper is white.
let onScreen: string | undefined;
addEventListener("beforeprint", () => {
  onScreen = root.dataset.theme;
  setTheme("light");
});
addEventListener("afterprint", () => setTheme(onScreen));

const copy = document.querySelector<HTMLButtonElement>("button[data-copy]");
copy?.addEventListener("click", async () => {
  const source = document.getElementById(copy.dataset.copy ?? "");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    copy.textContent = "Copied";
  } catch {
    // Without leave to write the clipboard: what is selected can be copied by hand.
    getSelection()?.selectAllChildren(source);
    copy.textContent = "Selected";
  }
  setTimeout(() => {
    copy.textContent = "Copy";
  }, 2000);
});
