// Sets theme and density before the first paint. A file of its own, because the content security policy allows no inline script.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("longpole.theme");
    if (localStorage.getItem("longpole.density") === "compact")
      document.documentElement.dataset.density = "compact";
  } catch {
    // Storage may be switched off; then the system decides.
  }
  if (theme !== "light" && theme !== "dark") {
    theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.dataset.mantineColorScheme = theme;
  document.documentElement.style.background = theme === "dark" ? "#0D1015" : "#F6F7F9";
})();
