// A browser keeps the cookie of a session back when a link from elsewhere leads here (SameSite=Strict). Asked from this
// page it sends the cookie: whoever is logged in goes on to where the link led.
(async () => {
  const answer = await fetch("/login/session");
  if (await answer.json()) location.replace(document.querySelector("input[name=next]").value);
})();
